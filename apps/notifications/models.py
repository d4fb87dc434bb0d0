"""The inbox of each person, and the pushes that are on their way to phones."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.users.models import Device, User


class Notification(models.Model):
    """One row of a person's activity list."""

    class Type(models.TextChoices):
        """The words that the clients choose a row's look by (contract/behaviours.md 11)."""

        FOLLOWING = "following"
        FOLLOW_REQUEST = "follow_request"
        VIDEO_LIKE = "video_like"
        VIDEO_COMMENT = "video_comment"
        COMMENT_LIKE = "comment_like"
        COMMENT_TAG = "comment_tag"
        VIDEO_TAG = "video_tag"
        VIDEO_UPDATES = "video_updates"
        VIDEO_REPOSTED = "video_reposted"
        GIFT = "gift"
        LIVE = "live"
        SINGLE = "single", "invited to stream, one guest"
        MULTIPLE = "multiple", "invited to stream, many guests"
        GROUP_INVITE = "group_invite"
        ROOM_INVITE = "room_invite"
        SYSTEM = "system", "from the operators"

    class Status(models.IntegerChoices):
        """What became of an invitation."""

        PENDING = 0
        ACCEPTED = 1
        REJECTED = 2

    receiver = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    sender = models.ForeignKey(User, models.CASCADE, related_name="notifications_caused")
    type = models.CharField(max_length=20, choices=Type)
    text = models.CharField(max_length=500)
    video = models.ForeignKey("videos.Video", models.CASCADE, null=True, blank=True)
    live_streaming_id = models.BigIntegerField(default=0, help_text="the room, or 0")
    room_id = models.BigIntegerField(default=0, help_text="the audio room, or 0")
    group_id = models.BigIntegerField(default=0, help_text="the chat group, or 0")
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.PENDING)
    read = models.BooleanField(default=False)
    collapse_key = models.CharField(
        max_length=80, blank=True, help_text="of two rows with the same key the second is not made"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(receiver=F("sender")), name="notifications_not_to_self"
            ),
            models.UniqueConstraint(
                fields=["receiver", "collapse_key"],
                name="notifications_once",
                condition=~Q(collapse_key=""),
            ),
        ]
        indexes = [
            models.Index(fields=["receiver", "-id"], name="notifications_inbox"),
            models.Index(fields=["receiver"], name="notifications_unread", condition=Q(read=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} for user {self.receiver_id}"


class Push(models.Model):
    """The outbox: one message for one phone. Written in the transaction of what it tells about."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DROPPED = "dropped", "not sent, and will not be"

    device = models.ForeignKey(Device, models.CASCADE, related_name="pushes")
    receiver = models.ForeignKey(User, models.CASCADE, related_name="pushes")
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=1000)
    data = models.JSONField(help_text="texts under the keys that the apps read")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), help_text="not sent before; a lease as well")
    problem = models.CharField(max_length=200, blank=True, help_text="why it was not sent so far")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "pushes"
        indexes = [
            models.Index(
                fields=["due_at"], name="notifications_push_due", condition=Q(state="pending")
            ),
            models.Index(fields=["created_at"], name="notifications_push_age"),
        ]

    def __str__(self) -> str:
        return f"push {self.pk} to {self.device}"
