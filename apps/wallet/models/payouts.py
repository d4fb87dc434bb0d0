"""Money for coins that were earned."""

from django.conf import settings
from django.db import models
from django.db.models import Q


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
