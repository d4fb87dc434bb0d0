"""Captured live events: streamers, sessions, what was said and given, and what was missed.

`capture_event` is partitioned by week of the day its session began (migration 0001): all of a
session's events lie in one partition, its unique index can tell every repeated message of the
session, and retention drops whole partitions.
"""

import uuid
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

USERNAME_PATTERN = r"^[a-z0-9_.]{2,30}$"


def today() -> Any:
    return timezone.now().date()


class Source(models.TextChoices):
    TIKTOK = "tiktok", "TikTok LIVE"
    ROOM = "room", "own live room"


class Category(models.TextChoices):
    """What kind of thing an event is; `Session.counters` counts events by it."""

    CHAT = "chat"
    GIFT = "gift"
    LIKE = "like"
    MEMBER = "member"
    SOCIAL = "social"
    EMOTE = "emote"
    ENVELOPE = "envelope"
    QUESTION = "question"
    BATTLE = "battle"
    ROOM_UPDATE = "room_update"
    RANKING = "ranking"
    POLL = "poll"
    SHOPPING = "shopping"
    MODERATION = "moderation"
    CAPTION = "caption"
    GOAL = "goal"
    BANNER = "banner"
    LINK = "link"
    INTRO = "intro"
    OTHER = "other"


class Streamer(models.Model):
    """Someone whose lives are captured; each of them by itself if they are watched."""

    class WatchStatus(models.TextChoices):
        """What the latest look said; the names but the first two are codes of LiveError."""

        UNKNOWN = "", "not looked yet"
        LIVE = "live"
        OFFLINE = "offline"
        UNKNOWN_USER = "unknown_user", "unknown to TikTok"
        CAPTCHA = "captcha", "TikTok asks for a captcha"
        BLOCKED = "blocked", "TikTok refuses to answer"
        UNREACHABLE = "unreachable", "TikTok can't be reached"

    source = models.CharField(max_length=10, choices=Source, default=Source.TIKTOK)
    username = models.CharField(max_length=30, validators=[RegexValidator(USERNAME_PATTERN)])
    nickname = models.CharField(max_length=100, blank=True)
    last_live_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # The watch list; see watching.py.
    watched = models.BooleanField(default=False, help_text="capture every live as it begins")
    watch_status = models.CharField(
        max_length=12, choices=WatchStatus, default=WatchStatus.UNKNOWN, blank=True
    )
    watch_detail = models.CharField(max_length=300, blank=True, help_text="a sentence for people")
    watch_checked_at = models.DateTimeField(null=True, blank=True)
    watch_next_at = models.DateTimeField(null=True, blank=True, help_text="not before")
    watch_failures = models.PositiveSmallIntegerField(default=0, help_text="in a row")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "username"], name="capture_streamer_username_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["watch_next_at"], name="capture_streamer_due", condition=Q(watched=True)
            )
        ]

    def __str__(self) -> str:
        return f"@{self.username}"


class Session(models.Model):
    """One capture of one live, from the request for it to its end."""

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting for a worker"
        CONNECTING = "connecting"
        LIVE = "live"
        RECONNECTING = "reconnecting"
        ENDED = "ended"
        FAILED = "failed"

    OPEN = (Status.WAITING, Status.CONNECTING, Status.LIVE, Status.RECONNECTING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=10, choices=Source, default=Source.TIKTOK)
    streamer = models.ForeignKey(Streamer, models.PROTECT, related_name="sessions")
    room_id = models.CharField(max_length=32, blank=True)
    day = models.DateField(default=today, help_text="decides the partition of its events")

    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    status_detail = models.CharField(max_length=300, blank=True, help_text="a sentence for people")
    problem = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text="a word for programs for what is wrong, e.g. offline; the codes of LiveError",
    )
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    automatic = models.BooleanField(default=False, help_text="begun by the watch list")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="first connected")
    ended_at = models.DateTimeField(null=True, blank=True)

    lease_owner = models.CharField(max_length=100, blank=True, help_text="the worker that has it")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    unowned_since = models.DateTimeField(
        null=True, blank=True, help_text="since when no worker has it; empty while one has"
    )

    # Kept in the transaction that stores the events.
    total = models.BigIntegerField(default=0, help_text="events stored")
    unparsed = models.BigIntegerField(default=0, help_text="of these, stored raw only")
    counters = models.JSONField(default=dict, blank=True, help_text="events stored by category")
    gifts = models.BigIntegerField(default=0, help_text="gifts given; a streak counts its length")
    gift_streaks = models.BigIntegerField(default=0, help_text="gifts given; a streak counts once")
    diamonds = models.BigIntegerField(default=0)
    likes = models.BigIntegerField(default=0, help_text="likes seen in this session")
    room_likes = models.BigIntegerField(default=0, help_text="the room's own running total")
    follows = models.BigIntegerField(default=0)
    shares = models.BigIntegerField(default=0)
    viewers = models.IntegerField(default=0, help_text="at the latest count")
    peak_viewers = models.IntegerField(default=0)
    last_event_id = models.BigIntegerField(default=0)
    last_event_at = models.DateTimeField(null=True, blank=True)
    reparsed_to = models.BigIntegerField(
        default=0, help_text="the event up to which an unfinished reparse has come"
    )
    events_dropped_at = models.DateTimeField(
        null=True, blank=True, help_text="its events were too old to be kept; its counts stay"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["streamer"],
                name="capture_session_one_open",
                condition=Q(status__in=["waiting", "connecting", "live", "reconnecting"]),
            )
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="capture_session_newest"),
            models.Index(fields=["streamer", "-created_at"], name="capture_session_streamer"),
            models.Index(
                fields=["lease_expires_at"],
                name="capture_session_lease",
                condition=Q(status__in=["waiting", "connecting", "live", "reconnecting"]),
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"

    @property
    def problem_words(self) -> str:
        return self.problem.replace("_", " ")

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class Event(models.Model):
    """One message, raw and in normal form. Its id grows within the session: it is the SSE id.

    Always filter by `session` and `session_day` together: then one partition is read.
    """

    pk = models.CompositePrimaryKey("session_id", "id", "session_day")
    id = models.BigIntegerField(
        db_default=Func(Value("capture_event_id_seq"), function="nextval"), editable=False
    )
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="events", db_constraint=False, db_index=False
    )
    session_day = models.DateField(help_text="the session's day, on which the table is partitioned")
    message_key = models.UUIDField(help_text="tells a repeated message; see keys.py")
    message_id = models.BigIntegerField(null=True, help_text="TikTok's id, if it gave one")
    type = models.CharField(max_length=100, help_text="TikTok's name of the message")
    category = models.CharField(max_length=12, choices=Category, default=Category.OTHER)
    subtype = models.CharField(max_length=40, blank=True, help_text="e.g. follow, share, end")
    user_id = models.BigIntegerField(null=True)
    unique_id = models.CharField(max_length=100, blank=True)
    nickname = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    happened_at = models.DateTimeField(help_text="by the sender's clock, else received_at")
    received_at = models.DateTimeField()
    data = models.JSONField(default=dict, help_text="the normal form")
    raw = models.BinaryField(help_text="the message as it came")
    parsed = models.BooleanField(default=True)
    parse_error = models.CharField(max_length=200, blank=True)

    class Meta:
        # The composite key (session, id, day) serves "newest first within a session".
        constraints = [
            models.UniqueConstraint(
                fields=["session", "message_key", "session_day"], name="capture_event_once"
            )
        ]
        indexes = [
            models.Index(fields=["session", "category", "id"], name="capture_event_category"),
            models.Index(
                fields=["session", "user_id", "id"],
                name="capture_event_user",
                condition=Q(user_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Gift(models.Model):
    """A gift that was given, however many messages told of its growing streak.

    `count` is the largest count that any message named: TikTok repeats the running count, and
    the message that closes a streak may never come.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="gift_set")
    key = models.CharField(max_length=100, help_text="giver, gift and streak, or the message")
    user_id = models.BigIntegerField(null=True)
    unique_id = models.CharField(max_length=100, blank=True)
    nickname = models.CharField(max_length=200, blank=True)
    gift_id = models.BigIntegerField()
    name = models.CharField(max_length=100, blank=True)
    count = models.PositiveIntegerField()
    diamonds_each = models.PositiveIntegerField()
    closed = models.BooleanField(help_text="no further message will raise the count")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "key"], name="capture_gift_once")]
        indexes = [models.Index(fields=["session", "user_id"], name="capture_gift_giver")]

    def __str__(self) -> str:
        return f"{self.count} x {self.name}"


class Gap(models.Model):
    """A time in which the session's socket was not open: what happened then is not known."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="gaps")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True, help_text="empty while it lasts")
    cause = models.CharField(max_length=40, help_text="a word for programs, e.g. connection_lost")
    detail = models.CharField(max_length=300, blank=True, help_text="a sentence for people")

    class Meta:
        ordering = ["from_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at")),
                name="capture_gap_forwards",
            ),
            models.UniqueConstraint(
                fields=["session"], name="capture_gap_one_open", condition=Q(to_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"gap of {self.session_id} since {self.from_at}"


class Minute(models.Model):
    """How many events of a category happened in a minute of a session; see rollups.py."""

    pk = models.CompositePrimaryKey("session_id", "minute", "category")
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="minutes", db_index=False, db_constraint=False
    )
    minute = models.DateTimeField()
    category = models.CharField(max_length=12, choices=Category)
    events = models.BigIntegerField()
    first_id = models.BigIntegerField(default=0, help_text="the smallest id of these events")
    last_id = models.BigIntegerField(default=0, help_text="the greatest")

    def __str__(self) -> str:
        return f"{self.events} {self.category} at {self.minute}"


class Participant(models.Model):
    """What one person did in one session; see rollups.py. What they gave is in Gift."""

    pk = models.CompositePrimaryKey("session_id", "user_id")
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="participants", db_index=False, db_constraint=False
    )
    user_id = models.BigIntegerField()
    unique_id = models.CharField(max_length=100, blank=True)
    nickname = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    events = models.BigIntegerField()
    chats = models.BigIntegerField()
    likes = models.BigIntegerField()
    follows = models.BigIntegerField()
    shares = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["session", "unique_id"], name="capture_participant_name")]

    def __str__(self) -> str:
        return f"{self.unique_id} in {self.session_id}"
