"""Money: the books, what is sold, what is paid out. A file a topic."""

from apps.wallet.models.books import Account, AuditRun, Entry, Freeze, PendingEntry, Transfer
from apps.wallet.models.payouts import Payout, PayoutMethod, PayoutStep
from apps.wallet.models.sales import (
    CardRemoval,
    CoinPackage,
    Fulfilment,
    OrderSession,
    Outstanding,
    PaymentCard,
    Purchase,
    Revocation,
    StripeCustomer,
    WaitingPurchase,
)

__all__ = [
    "Account",
    "AuditRun",
    "CardRemoval",
    "CoinPackage",
    "Entry",
    "Freeze",
    "Fulfilment",
    "OrderSession",
    "Outstanding",
    "PaymentCard",
    "Payout",
    "PayoutMethod",
    "PayoutStep",
    "PendingEntry",
    "Purchase",
    "Revocation",
    "StripeCustomer",
    "Transfer",
    "WaitingPurchase",
]
