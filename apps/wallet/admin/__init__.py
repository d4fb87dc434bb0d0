"""Operators' view of money, a file a topic."""

from apps.wallet.admin import books, payouts, proof

__all__ = ["books", "payouts", "proof"]
