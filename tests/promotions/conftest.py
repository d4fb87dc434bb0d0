"""Every test here ends with the proof that the books balance."""

from tests.books import books_balance

__all__ = ["books_balance"]
