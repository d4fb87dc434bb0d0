"""Audio rooms of the Android client, which it calls spaces.

The voice goes over the app's own provider; who is in a room and in which role is kept here.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.users.models import User

MAX_TITLE = 100


class Topic(models.Model):
    """What a room is about; the app asks for one when a room is made."""

    title = models.CharField(max_length=50, unique=True)
    image = models.ImageField(upload_to="topics/", blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True, help_text="is offered in the app")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class AudioRoom(models.Model):
    """A room to talk in, from its making to its end. Its members go at the end."""

    host = models.ForeignKey(User, models.CASCADE, related_name="audio_rooms")
    title = models.CharField(max_length=MAX_TITLE)
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, blank=True, related_name="rooms")
    is_private = models.BooleanField(default=False, help_text="for members and invited people")
    active_at = models.DateTimeField(db_default=Now(), help_text="somebody came, left or spoke up")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-id"], name="rooms_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.title


class Member(models.Model):
    """Somebody who is in a room. A person is in one room at a time."""

    class Role(models.IntegerChoices):
        """The app's numbers."""

        AUDIENCE = 0
        MODERATOR = 1
        SPEAKER = 2

    room = models.ForeignKey(AudioRoom, models.CASCADE, related_name="members")
    user = models.OneToOneField(User, models.CASCADE, related_name="audio_room_member")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.AUDIENCE)
    appointed = models.BooleanField(
        default=False,
        help_text="moderator by a moderator's word; one's own word gives no say over others",
    )
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(appointed=False) | Q(role=1), name="rooms_only_moderators_are_appointed"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in audio room {self.room_id}"


class Invitation(models.Model):
    """Opens a private room to somebody."""

    room = models.ForeignKey(AudioRoom, models.CASCADE, related_name="invitations")
    user = models.ForeignKey(User, models.CASCADE, related_name="audio_room_invitations")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("room", "user", name="rooms_invited_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} invited to audio room {self.room_id}"
