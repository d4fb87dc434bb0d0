"""Live rooms: who broadcasts, who may watch, and the secrets that admit a publisher."""

import re

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.users.models import User

MAX_PRICE_COINS = 1_000_000
ROOM_PATH = re.compile(r"(?:pub|prv)/([1-9][0-9]{0,17})(?:/([1-9][0-9]{0,17}))?")


def room_id_of(path: str) -> int | None:
    """The room that a stream's name at MediaMTX belongs to, or None."""
    match = ROOM_PATH.fullmatch(path)
    return int(match[1]) if match else None


def stream_name(*, room_id: int, privacy: str, price_coins: int) -> str:
    """A room's name at MediaMTX, which asks us only about `prv/` when someone watches."""
    for_everyone = settings.ROOM_GUESTS and privacy == "public" and price_coins == 0
    return f"{'pub' if for_everyone else 'prv'}/{room_id}"


def co_host_id_of(path: str) -> int | None:
    """The co-host whose stream it is; None for the host's own."""
    match = ROOM_PATH.fullmatch(path)
    return int(match[2]) if match and match[2] else None


class LiveRoom(models.Model):
    """One broadcast of one person. A person has at most one room that has not ended.

    created -> live <-> interrupted -> ended; every open room may also end at once. What MediaMTX
    reports decides between live and interrupted (services.reconcile_rooms).
    """

    class Status(models.TextChoices):
        CREATED = "created"
        LIVE = "live"
        INTERRUPTED = "interrupted"
        ENDED = "ended"

    class Privacy(models.TextChoices):
        PUBLIC = "public"
        FOLLOWERS = "followers"
        PRIVATE = "private"

    class EndReason(models.TextChoices):
        HOST = "host", "ended by the host"
        OPERATOR = "operator", "ended by an operator"
        BANNED = "banned", "host banned or deleted"
        NOT_STARTED = "not_started", "nobody published"
        GONE = "gone", "publisher did not come back"

    host = models.ForeignKey(User, models.CASCADE, related_name="live_rooms")
    title = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=500, blank=True)
    privacy = models.CharField(max_length=10, choices=Privacy, default=Privacy.PUBLIC)
    price_coins = models.PositiveIntegerField(default=0, help_text="to enter; 0 is free")
    status = models.CharField(max_length=11, choices=Status, default=Status.CREATED)
    end_reason = models.CharField(max_length=11, choices=EndReason, blank=True)
    publisher_id = models.CharField(
        max_length=64, blank=True, help_text="MediaMTX's id of the connection that publishes"
    )
    viewers_now = models.PositiveIntegerField(default=0)
    viewers_peak = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(help_text="when its addresses were last handed out")
    started_at = models.DateTimeField(null=True, blank=True, help_text="first seen online")
    interrupted_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text="when its host had followers told"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    session = models.OneToOneField(
        "capture.Session",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="live_room",
        help_text="where its events are stored",
    )
    pinned = models.JSONField(null=True, blank=True, help_text="the comment shown to everybody")

    class Meta:
        permissions = [("go_live", "May go live when GO_LIVE is 'permission'")]
        constraints = [
            models.UniqueConstraint(
                "host", name="live_room_one_open", condition=~Q(status="ended")
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False)
                | (~Q(status="ended") & Q(ended_at__isnull=True)),
                name="live_room_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(status="interrupted") | Q(interrupted_at__isnull=False),
                name="live_room_interrupted_at",
            ),
            models.CheckConstraint(
                condition=Q(viewers_peak__gte=F("viewers_now")), name="live_room_peak"
            ),
            models.CheckConstraint(
                condition=Q(price_coins__lte=MAX_PRICE_COINS), name="live_room_price"
            ),
        ]
        indexes = [
            models.Index(fields=["host", "-id"], name="live_room_by_host"),
            # The reconciler reads every open room; ended ones grow without end.
            models.Index(fields=["id"], name="live_room_open", condition=~Q(status="ended")),
        ]

    def __str__(self) -> str:
        return f"room {self.pk} of user {self.host_id}"

    @property
    def is_open(self) -> bool:
        return self.status != self.Status.ENDED

    @property
    def path(self) -> str:
        """The name of the host's stream at MediaMTX."""
        return stream_name(room_id=self.pk, privacy=self.privacy, price_coins=self.price_coins)

    def seat_path(self, user_id: int) -> str:
        """The name of the stream that this person publishes: the room's, or a co-host's own."""
        return self.path if user_id == self.host_id else f"{self.path}/{user_id}"


class PublishKey(models.Model):
    """The secret with which one person may publish in one room; only its digest is kept.

    It is replaced each time addresses are handed out and deleted when the room ends.
    """

    room = models.ForeignKey(LiveRoom, models.CASCADE, related_name="publish_keys")
    user = models.ForeignKey(User, models.CASCADE, related_name="publish_keys")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("room", "user", name="live_key_once")]

    def __str__(self) -> str:
        return f"publish key of user {self.user_id} in room {self.room_id}"


class Viewer(models.Model):
    """One person in one room, from the first time they come in; also their ticket."""

    room = models.ForeignKey(LiveRoom, models.CASCADE, related_name="viewers")
    user = models.ForeignKey(User, models.CASCADE, related_name="watched_rooms")
    present = models.BooleanField(default=True, help_text="came in and has not said goodbye")
    moderator = models.BooleanField(default=False)
    muted = models.BooleanField(default=False, help_text="may watch but not comment")
    kicked = models.BooleanField(default=False, help_text="may not come in again")
    paid_coins = models.PositiveIntegerField(default=0, help_text="for the ticket")
    transfer = models.OneToOneField(
        "wallet.Transfer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ticket",
        help_text="with which the ticket was paid",
    )
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), help_text="last came in, or said: still here")

    class Meta:
        indexes = [
            # Counted every three seconds; whoever ever came in would be too many to read.
            models.Index(fields=["room", "seen_at"], name="live_viewer_seen"),
        ]
        constraints = [
            models.UniqueConstraint("room", "user", name="live_viewer_once"),
            models.CheckConstraint(
                condition=Q(paid_coins=0, transfer__isnull=True)
                | Q(paid_coins__gt=0, transfer__isnull=False),
                name="live_viewer_ticket_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}"


class Recording(models.Model):
    """One piece of a room's video: recorded by MediaMTX, kept in the private storage for a while.

    A piece ends with its stream or after an hour, so a room has several when it was interrupted.
    """

    # A deleted account's rows go; the files are then removed by the next look (recordings.py).
    room = models.ForeignKey(LiveRoom, models.SET_NULL, null=True, related_name="recordings")
    user = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", help_text="who broadcast"
    )
    segment = models.CharField(max_length=200, unique=True, help_text="MediaMTX's name of the file")
    recorded_at = models.DateTimeField(help_text="the end of the piece")
    size = models.PositiveBigIntegerField(help_text="bytes")
    file = models.CharField(
        max_length=200, blank=True, help_text="name in the private storage; empty once removed"
    )
    video = models.ForeignKey(
        "videos.Video", models.SET_NULL, null=True, blank=True, related_name="+", help_text="replay"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="to make a replay")
    done_at = models.DateTimeField(
        null=True, blank=True, help_text="became part of a replay, or was given up"
    )
    detail = models.CharField(max_length=500, blank=True, help_text="what went wrong")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="live_recording_kept", condition=~Q(file="")),
            models.Index(fields=["room"], name="live_recording_waiting", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.segment


class Happening(models.Model):
    """Something that happened in a room, on its way into the event store (services in feed.py).

    Written in the transaction of its cause without any lock, and deleted in the transaction
    that stores the event: it is there once, whatever stops in between.
    """

    session = models.ForeignKey(
        "capture.Session", models.CASCADE, related_name="happenings", db_index=False
    )
    type = models.CharField(max_length=40)
    content = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["session", "id"], name="live_happening_next")]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
