"""The books: accounts, transfers and their entries.

How they fit together: docs/operators/books.md. Rows are written by the SQL functions of
migrations/0002_ledger.py (called through ledger.py) and by nothing else.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Account(models.Model):
    """A balance of coins. A person has two: coins bought, and coins earned from others.

    A third is below zero while a person owes coins for refunded purchases.
    """

    class Kind(models.TextChoices):
        BOUGHT = "bought", "coins bought"
        EARNED = "earned", "coins earned"
        DEBT = "debt", "owed for refunds"
        STORE = "store", "sold by the stores"
        PLATFORM = "platform", "platform's share of gifts"
        PAYOUTS = "payouts", "payouts pending"
        PAID_OUT = "paid_out", "paid out"
        PROMO = "promo", "given away"
        PROMOTIONS = "promotions", "held for promotions"
        ADS = "ads", "spent on promotions"

    # Of a person, and never below zero.
    PERSONAL_KINDS = ["bought", "earned"]

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="wallet_accounts",
    )
    kind = models.CharField(max_length=10, choices=Kind)
    balance = models.BigIntegerField(db_default=0, help_text="coins, without pending entries")
    credited = models.BigIntegerField(db_default=0, help_text="coins that ever came in")
    entry_count = models.BigIntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner", "kind", name="wallet_account_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="wallet_account_not_overdrawn",
                condition=Q(balance__gte=0) | ~Q(kind__in=["bought", "earned"]),
            ),
            models.CheckConstraint(
                name="wallet_account_owner",
                condition=Q(owner__isnull=False, kind__in=["bought", "earned", "debt"])
                | (Q(owner__isnull=True) & ~Q(kind__in=["bought", "earned", "debt"])),
            ),
            models.CheckConstraint(
                name="wallet_account_debt", condition=Q(balance__lte=0) | ~Q(kind="debt")
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner"],
                name="wallet_account_in_debt",
                condition=Q(kind="debt", balance__lt=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of user {self.owner_id}" if self.owner_id else self.kind


class Transfer(models.Model):
    """One event that moved coins. Its entries and pending entries sum to zero. Never changed."""

    class Reason(models.TextChoices):
        PURCHASE = "purchase"
        GIFT = "gift"
        PROMO = "promo", "given away"
        TICKET = "ticket", "ticket of a live room"
        SETTLEMENT = "settlement", "settlement of pending entries"
        PAYOUT = "payout", "held for a payout"
        PAYOUT_BACK = "payout_back", "given back: payout rejected"
        PAYOUT_PAID = "payout_paid", "paid out"
        REFUND = "refund", "refunded purchase"
        REFUND_BACK = "refund_back", "reversed refund"
        REPAYMENT = "repayment", "repayment of debt"
        PROMOTION = "promotion", "promotion booked"
        PROMOTION_END = "promo_end", "promotion ended"

    key = models.CharField(max_length=200, unique=True, help_text="idempotency key")
    reason = models.CharField(max_length=12, choices=Reason)
    subject_id = models.BigIntegerField(
        null=True, blank=True, help_text="id of the gift, purchase or payout that is the reason"
    )
    share_percent = models.PositiveSmallIntegerField(
        db_default=0, help_text="the platform's share at that moment"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["reason", "subject_id"], name="wallet_transfer_subject")]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """Coins into (+) or out of (-) an account, numbered per account. Never changed."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="entries", db_index=False)
    sequence = models.BigIntegerField(help_text="1, 2, 3 ... within the account")
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint("account", "sequence", name="wallet_entry_sequence"),
            models.CheckConstraint(name="wallet_entry_not_zero", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"


class PendingEntry(models.Model):
    """Coins that an account owns but that are not in its balance yet.

    A thousand gifts a second to one person would queue for the lock on one row; instead each
    appends a row here, and a settlement posts the sum of many as one entry.
    """

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="pending_entries")
    # Without the constraint: each insert would lock the row of a star's account (FOR KEY SHARE).
    # The audit looks for strays.
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        related_name="pending_entries",
        db_index=False,
        db_constraint=False,
    )
    amount = models.BigIntegerField()
    settled_by = models.ForeignKey(
        Transfer,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="settled_entries",
    )

    class Meta:
        verbose_name_plural = "pending entries"
        constraints = [
            models.CheckConstraint(name="wallet_pending_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="wallet_pending_not_by_itself", condition=~Q(settled_by=F("transfer"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "id"],
                name="wallet_pending_due",
                condition=Q(settled_by__isnull=True),
            ),
            models.Index(
                fields=["settled_by"],
                name="wallet_pending_settled",
                condition=Q(settled_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d} pending"


class Freeze(models.Model):
    """An operator's stop: the person neither spends nor cashes out until this is deleted."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="wallet_freeze"
    )
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "frozen wallet"

    def __str__(self) -> str:
        return f"wallet of user {self.user_id}"


class AuditRun(models.Model):
    """One proof of the books: each rule, and the rows that broke it."""

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    broken = models.PositiveSmallIntegerField(help_text="how many rules did not hold")
    results = models.JSONField(help_text="of each rule, the rows that break it")

    def __str__(self) -> str:
        return "the books balance" if not self.broken else f"{self.broken} rules broken"
