"""Videos that somebody pays to have shown, to whom, and who has seen them.

How coins become showings: docs/operators/promotions.md.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Random

MAX_AGE = 120
# From here on "up to" means everybody older, too, and people who don't say how old they are.
ANY_AGE_FROM = 100
MAX_COINS = 1_000_000
MAX_REACH_PER_COIN = 10_000


class Audience(models.Model):
    """A group of people whom a promotion is for. Removed ones stay for the promotions of then."""

    class Gender(models.TextChoices):
        ALL = "all"
        MALE = "male"
        FEMALE = "female"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="audiences")
    name = models.CharField(max_length=100)
    min_age = models.PositiveSmallIntegerField(default=0)
    max_age = models.PositiveSmallIntegerField(default=MAX_AGE)
    gender = models.CharField(max_length=6, choices=Gender, default=Gender.ALL)
    locations = models.JSONField(
        default=list,
        blank=True,
        help_text='places in small letters, [{"country": "italy", "city": "rome"}]; none: anywhere',
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="promotions_audience_ages",
                condition=Q(min_age__lte=F("max_age"), max_age__lte=MAX_AGE),
            )
        ]

    def __str__(self) -> str:
        return self.name


class AdSettings(models.Model):
    """What promotions cost and who lets them run. One row; without it the defaults hold."""

    SINGLE = 1

    id = models.SmallIntegerField(primary_key=True, default=SINGLE, editable=False)
    views_per_coin = models.PositiveIntegerField(
        default=100,
        validators=[MinValueValidator(1)],
        help_text="people reached for a coin when the goal is more views",
    )
    website_per_coin = models.PositiveIntegerField(
        default=50,
        validators=[MinValueValidator(1)],
        help_text="people reached for a coin when the goal is visits of a website",
    )
    followers_per_coin = models.PositiveIntegerField(
        default=50,
        validators=[MinValueValidator(1)],
        help_text="people reached for a coin when the goal is more followers",
    )
    min_coins = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="for one promotion"
    )
    needs_approval = models.BooleanField(
        default=False, help_text="an operator looks at each promotion before it runs"
    )

    class Meta:
        verbose_name = verbose_name_plural = "ad settings"
        constraints = [
            models.CheckConstraint(name="promotions_settings_single", condition=Q(id=1)),
            models.CheckConstraint(
                name="promotions_settings_rates",
                condition=Q(
                    views_per_coin__range=(1, MAX_REACH_PER_COIN),
                    website_per_coin__range=(1, MAX_REACH_PER_COIN),
                    followers_per_coin__range=(1, MAX_REACH_PER_COIN),
                    min_coins__range=(1, MAX_COINS),
                ),
            ),
        ]

    def __str__(self) -> str:
        return "ad settings"

    @classmethod
    def current(cls) -> "AdSettings":
        return cls.objects.first() or cls()


class Promotion(models.Model):
    """Coins paid up front for showings of a video. Unspent coins go back when it ends.

    pending (an operator has to approve it) -> running -> ended. `reach` is counted by the statement
    that shows it (showing.py) and never passes `total_reach`.
    """

    class Destination(models.TextChoices):
        """What the owner wants, in the words of the Android client."""

        VIEWS = "views"
        WEBSITE = "website"
        FOLLOWER = "follower"

    class State(models.TextChoices):
        PENDING = "pending", "waits for approval"
        RUNNING = "running"
        ENDED = "ended"

    class EndReason(models.TextChoices):
        TIME = "time", "its time was over"
        BUDGET = "budget", "everybody paid for was reached"
        STOPPED = "stopped", "stopped by an operator"
        REJECTED = "rejected", "rejected by an operator: all coins went back"
        VIDEO = "video", "the video can't be shown any more"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="promotions")
    video = models.ForeignKey(
        "videos.Video", models.SET_NULL, null=True, blank=True, related_name="promotions"
    )
    audience = models.ForeignKey(
        Audience,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="promotions",
        help_text="empty: everybody",
    )
    key = models.CharField(max_length=120, help_text="the same for every try of one booking")
    destination = models.CharField(max_length=10, choices=Destination)
    website_url = models.CharField(max_length=500, blank=True)
    action_button = models.CharField(max_length=50, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()

    coins = models.PositiveIntegerField(help_text="paid up front")
    coins_bought = models.PositiveIntegerField(help_text="of them: bought ones")
    reach_per_coin = models.PositiveBigIntegerField(help_text="the rate when it was booked")
    total_reach = models.PositiveBigIntegerField(help_text="people paid for")
    returned = models.PositiveIntegerField(default=0, help_text="coins that went back at its end")

    reach = models.PositiveBigIntegerField(default=0, help_text="showings, one a person and day")
    taps = models.PositiveBigIntegerField(default=0, help_text="one a person and day")
    followers = models.PositiveBigIntegerField(
        default=0, help_text="of the people reached, who followed afterwards"
    )

    state = models.CharField(max_length=8, choices=State)
    end_reason = models.CharField(max_length=8, choices=EndReason, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    turn = models.FloatField(db_default=Random(), help_text="a place in the draw, by chance")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "key", name="promotions_promotion_once"),
            models.CheckConstraint(
                name="promotions_promotion_coins",
                condition=Q(
                    coins__range=(1, MAX_COINS),
                    coins_bought__lte=F("coins"),
                    returned__lte=F("coins"),
                ),
            ),
            models.CheckConstraint(
                name="promotions_promotion_reach",
                condition=Q(
                    total_reach=F("coins") * F("reach_per_coin"), reach__lte=F("total_reach")
                ),
            ),
            models.CheckConstraint(
                name="promotions_promotion_ended",
                condition=(Q(state="ended", ended_at__isnull=False) & ~Q(end_reason=""))
                | (~Q(state="ended") & Q(ended_at__isnull=True, end_reason="", returned=0)),
            ),
            models.CheckConstraint(
                name="promotions_promotion_time", condition=Q(end_at__gt=F("start_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="promotions_by_user"),
            models.Index(fields=["turn"], name="promotions_running", condition=Q(state="running")),
            models.Index(fields=["user"], name="promotions_gave_back", condition=Q(returned__gt=0)),
        ]

    def __str__(self) -> str:
        return f"promotion {self.pk} of user {self.user_id}"

    @property
    def spent(self) -> int:
        """Coins for the people reached so far; a coin that was begun is spent."""
        if self.state == self.State.ENDED:
            return self.coins - self.returned
        return -(-self.reach // self.reach_per_coin)


class PromotionEvent(models.Model):
    """A promotion was shown to somebody, or tapped by them; at most one of a kind a day.

    Written with the count that it is part of (showing.py). Goes some weeks after the promotion's
    end; the counts stay.
    """

    class Kind(models.TextChoices):
        SHOWN = "s", "shown"
        TAPPED = "t", "tapped"

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="events", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField(help_text="UTC")
    kind = models.CharField(max_length=1, choices=Kind)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["promotion", "user", "day", "kind"], name="promotions_event_once"
            )
        ]

    def __str__(self) -> str:
        return f"promotion {self.promotion_id} {self.get_kind_display()} to user {self.user_id}"
