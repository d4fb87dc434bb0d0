"""Operators' view of money, a file a topic."""

from apps.wallet.admin import books, payouts

__all__ = ["books", "payouts"]
