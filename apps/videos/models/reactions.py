"""What people do with videos, at most once each: like, keep, repost, refuse, watch."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.videos.models.videos import Video


class Reaction(models.Model):
    """Something that a person does at most once with a video."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss", db_index=False
    )
    video = models.ForeignKey(Video, models.CASCADE, related_name="%(class)ss")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint("user", "video", name="videos_%(class)s_once")]
        indexes = [models.Index(fields=["user", "-id"], name="videos_%(class)s_list")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of user {self.user_id} on video {self.video_id}"


class VideoLike(Reaction):
    class Meta(Reaction.Meta):
        abstract = False


class VideoFavourite(Reaction):
    class Meta(Reaction.Meta):
        abstract = False


class VideoRepost(Reaction):
    class Meta(Reaction.Meta):
        abstract = False


class NotInterested(Reaction):
    """The person asked not to be shown this video again."""

    class Meta(Reaction.Meta):
        abstract = False
        verbose_name_plural = "not interested"


class VideoWatch(models.Model):
    """A video was served to someone: a person, or a guest's device; and how far they watched.

    The feed repeats nothing that is here until nothing else is left. Ten rows are written with
    every page, so the database checks no foreign keys here: each check would lock the same
    popular videos' rows. A row whose video is gone is never read.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="watches",
        db_index=False,
        db_constraint=False,
    )
    device = models.ForeignKey(
        "users.Device",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="watches",
        db_index=False,
        db_constraint=False,
    )
    video = models.ForeignKey(Video, models.CASCADE, related_name="watches", db_constraint=False)
    served_at = models.DateTimeField(auto_now_add=True, help_text="the latest time")
    plays = models.PositiveIntegerField(db_default=0, help_text="how often it was played")
    longest_s = models.FloatField(
        db_default=0, help_text="seconds of the longest play that the app told of"
    )

    class Meta:
        verbose_name_plural = "video watches"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "video"],
                name="videos_watch_once_per_user",
                condition=Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["device", "video"],
                name="videos_watch_once_per_device",
                condition=Q(device__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True, device__isnull=False)
                | Q(user__isnull=False, device__isnull=True),
                name="videos_watch_one_viewer",
            ),
        ]

    def __str__(self) -> str:
        viewer = f"user {self.user_id}" if self.user_id else f"device {self.device_id}"
        return f"video {self.video_id} served to {viewer}"
