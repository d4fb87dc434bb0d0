"""Gifts that can be bought with coins, and those that were sent."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.gifts import files
from apps.users.models import User

MAX_COIN = 1_000_000
MAX_COUNT = 9_999


class Gift(models.Model):
    """A gift of the catalogue."""

    class Type(models.TextChoices):
        NORMAL = "normal"
        PREMIUM = "premium"
        LUXURY = "luxury"

    title = models.CharField(max_length=50)
    image = models.ImageField(upload_to="gifts/", validators=[files.check_image])
    animation = models.FileField(
        upload_to="gifts/animations/", blank=True, validators=[files.check_animation]
    )
    sound = models.FileField(upload_to="gifts/sounds/", blank=True, validators=[files.check_sound])
    coin = models.PositiveIntegerField(help_text="price of one")
    type = models.CharField(max_length=10, choices=Type, default=Type.NORMAL)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(
                name="gifts_gift_price", condition=Q(coin__gte=1, coin__lte=MAX_COIN)
            )
        ]

    def __str__(self) -> str:
        return self.title


class SentGift(models.Model):
    """One sending: who gave what to whom. Written by the SQL function `gifts_send`."""

    # Two without constraints: each insert would lock the row of the star or of the gift that
    # everybody sends (FOR KEY SHARE). People are never deleted, and the audit looks for strays.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="gifts_sent", db_index=False
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="gifts_received",
        db_index=False,
        db_constraint=False,
    )
    gift = models.ForeignKey(
        Gift, models.PROTECT, related_name="sent", db_index=False, db_constraint=False
    )
    transfer = models.OneToOneField("wallet.Transfer", models.PROTECT, related_name="sent_gift")
    count = models.PositiveIntegerField()
    coins = models.PositiveBigIntegerField(help_text="all that the sender paid")
    video_id = models.BigIntegerField(null=True, blank=True)
    live_streaming_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["sender", "-id"], name="gifts_sent_by"),
            models.Index(fields=["receiver", "-id"], name="gifts_sent_to"),
            models.Index(
                fields=["video_id", "-id"],
                name="gifts_sent_on_video",
                condition=Q(video_id__isnull=False),
            ),
            models.Index(
                fields=["live_streaming_id", "-id"],
                name="gifts_sent_in_room",
                condition=Q(live_streaming_id__isnull=False),
            ),
            BrinIndex(fields=["created_at"], name="gifts_sent_when"),
        ]

    def __str__(self) -> str:
        return f"{self.count} x gift {self.gift_id} to user {self.receiver_id}"


class Flag(models.Model):
    """Something about a receiver's gifts that an operator should look at."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="gift_flags", db_index=False
    )
    day = models.DateField(help_text="a person is flagged once a day")
    senders = models.PositiveIntegerField(help_text="new accounts that sent gifts")
    coins = models.PositiveBigIntegerField(help_text="what they paid")
    reviewed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "day", name="gifts_flag_once_a_day")]

    def __str__(self) -> str:
        return f"{self.senders} new accounts gave to user {self.user_id}"


class Bulletin(models.Model):
    """Until when receivers were told of their gifts (bulletins.py). One row."""

    SINGLE = 1

    id = models.SmallIntegerField(primary_key=True, default=SINGLE)
    told_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"told until {self.told_until}"


class Giver(User):
    """A person as somebody who sends gifts, for the operators' list of the most generous."""

    class Meta:
        proxy = True
        verbose_name = "top sender"


class Star(User):
    """A person as somebody who gets gifts, for the operators' list of the most gifted."""

    class Meta:
        proxy = True
        verbose_name = "top receiver"
