"""What is sold for money, and what the stores still have to be asked or told."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CoinPackage(models.Model):
    """Coins for a price, as the stores sell them. What a purchase credits is written here."""

    title = models.CharField(max_length=80)
    coins = models.PositiveIntegerField(unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, help_text="US dollars")
    ios_product_id = models.CharField(max_length=150, blank=True)
    android_product_id = models.CharField(max_length=150, blank=True)
    image = models.ImageField(
        upload_to="coins/", blank=True, default="", db_default="", help_text="PNG, JPEG or WebP"
    )
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


class OrderSession(models.Model):
    """What an app parks for a web page of a checkout. Its id is what opens it, so it is random."""

    LIFE = timedelta(minutes=60)

    id = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    payload = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"of user {self.user_id}"
