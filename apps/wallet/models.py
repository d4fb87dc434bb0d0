"""The books: accounts, transfers and their entries, and what is sold for money.

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


class CoinPackage(models.Model):
    """Coins for a price, as the stores sell them. What a purchase credits is written here."""

    title = models.CharField(max_length=80)
    coins = models.PositiveIntegerField(unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, help_text="US dollars")
    ios_product_id = models.CharField(max_length=150, blank=True)
    android_product_id = models.CharField(max_length=150, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["order", "coins"]
        constraints = [
            models.CheckConstraint(name="wallet_package_has_coins", condition=Q(coins__gt=0)),
            models.CheckConstraint(name="wallet_package_has_price", condition=Q(price__gt=0)),
        ]

    def __str__(self) -> str:
        return self.title


class Purchase(models.Model):
    """A store transaction that was verified and credited, once."""

    class Device(models.TextChoices):
        IOS = "ios", "iOS"
        ANDROID = "android", "Android"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="purchases")
    store = models.CharField(max_length=20, help_text="who verified it")
    transaction_id = models.CharField(max_length=500)
    package = models.ForeignKey(CoinPackage, models.PROTECT, related_name="purchases")
    coins = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=8, decimal_places=2, help_text="US dollars")
    device = models.CharField(max_length=10, choices=Device)
    claimed_title = models.CharField(max_length=200, blank=True, help_text="as the app sent it")
    claimed_price = models.CharField(max_length=50, blank=True, help_text="as the app sent it")
    created_at = models.DateTimeField(auto_now_add=True)
    refunded_at = models.DateTimeField(null=True, blank=True)
    refund_note = models.CharField(max_length=300, blank=True, help_text="who refunded, and why")
    refunds = models.PositiveSmallIntegerField(default=0, help_text="more than one: reversed")
    restored_coins = models.PositiveIntegerField(
        default=0, help_text="coins that reversed refunds put into the wallet again"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("store", "transaction_id", name="wallet_purchase_once")
        ]
        indexes = [
            models.Index(
                fields=["user"], name="wallet_purchase_restored", condition=Q(restored_coins__gt=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.coins} coins for user {self.user_id}"


class Outstanding(models.Model):
    """Something that a store still has to be asked or told (services/errands.py)."""

    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), help_text="not tried before; a lease as well")
    done_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["due_at"], name="wallet_%(class)s_due", condition=Q(done_at__isnull=True)
            )
        ]


class WaitingPurchase(Outstanding):
    """A purchase whose store could not be asked. It is asked again until it says yes or no."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    store = models.CharField(max_length=20)
    transaction_id = models.CharField(max_length=500)
    proof = models.TextField(blank=True)
    package = models.ForeignKey(CoinPackage, models.PROTECT, related_name="+")
    device = models.CharField(max_length=10, choices=Purchase.Device)
    claimed_title = models.CharField(max_length=200, blank=True)
    claimed_price = models.CharField(max_length=50, blank=True)
    purchase = models.OneToOneField(
        Purchase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="what it became",
    )

    class Meta(Outstanding.Meta):
        constraints = [
            models.UniqueConstraint(
                "user", "store", "transaction_id", name="wallet_waiting_purchase_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.store} {self.transaction_id}"


class Fulfilment(Outstanding):
    """The word to the store that a purchase's coins are there, or it gives the money back."""

    purchase = models.OneToOneField(Purchase, models.PROTECT, related_name="fulfilment")
    handle = models.TextField(help_text="by which the store knows the purchase")

    def __str__(self) -> str:
        return f"of purchase {self.purchase_id}"


class StripeCustomer(models.Model):
    """Under which name a person's cards lie in Stripe's vault."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.customer_id


class PaymentCard(models.Model):
    """A card in Stripe's vault, as far as one shows it to its owner. Its number is never here."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="payment_cards", db_index=False
    )
    payment_method_id = models.CharField(max_length=100, unique=True)
    brand = models.CharField(max_length=30)
    last4 = models.CharField(max_length=4)
    name = models.CharField(max_length=100, blank=True)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "id"], name="wallet_card_of")]
        constraints = [
            models.UniqueConstraint(
                "user", name="wallet_card_one_default", condition=Q(is_default=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"


class CardRemoval(Outstanding):
    """A card that its owner has removed, and that has to leave Stripe's vault."""

    payment_method_id = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.payment_method_id


class PayoutMethod(models.Model):
    """Where a person's money goes; one of each type."""

    class Type(models.TextChoices):
        PAYPAL = "paypal", "PayPal"
        BANK = "bank", "bank account"
        WALLET = "wallet", "wallet address"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="payout_methods", db_index=False
    )
    type = models.CharField(max_length=10, choices=Type)
    value = models.CharField(max_length=200, help_text="address or account")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "type", name="wallet_payoutmethod_once")]

    def __str__(self) -> str:
        return f"{self.type}: {self.value}"


class Payout(models.Model):
    """A person's request to be paid for earned coins, which are held from that moment."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        PAID = "paid"
        REJECTED = "rejected"

    OPEN = ["pending", "approved"]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="payouts")
    coins = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, help_text="US dollars")
    method_type = models.CharField(max_length=10, choices=PayoutMethod.Type)
    destination = models.CharField(max_length=200, help_text="as it was when it was asked for")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user",
                name="wallet_payout_one_open",
                condition=Q(status__in=["pending", "approved"]),
            ),
            models.CheckConstraint(name="wallet_payout_has_coins", condition=Q(coins__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.coins} coins of user {self.user_id}"


class PayoutStep(models.Model):
    """Who did what to a payout, and why. Never changed."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="steps")
    status = models.CharField(max_length=10, choices=Payout.Status, help_text="from then on")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="empty: the person themselves",
    )
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.status


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


class Revocation(models.Model):
    """A store's word that a transaction was refunded. It may come before the purchase does."""

    store = models.CharField(max_length=20)
    transaction_id = models.CharField(max_length=500)
    reversed = models.BooleanField(default=False, help_text="the refund was taken back later")
    happened_at = models.DateTimeField(db_default=Now(), help_text="by the store's clock")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("store", "transaction_id", name="wallet_revocation_once")
        ]

    def __str__(self) -> str:
        return f"{self.store} {self.transaction_id}"
