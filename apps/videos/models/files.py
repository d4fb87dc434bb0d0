"""The files of videos: what they are made from, what is made when asked for, what is to go."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.videos.models.videos import Video


class VideoUpload(models.Model):
    """The file that a video is made from, and how far its making has come.

    The row, not a queue's message, says what is to be done: whoever sets `claimed_until` works on
    it, and after that time somebody else may (services/uploads.py).
    """

    class Layout(models.TextChoices):
        NONE = ""
        SIDE_BY_SIDE = "h"
        ONE_ABOVE_THE_OTHER = "v"

    OF_ROOM = "room:"  # keys of the apps begin otherwise

    video = models.OneToOneField(Video, models.CASCADE, primary_key=True, related_name="upload")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=100, help_text="the same for every try of one upload")
    source = models.CharField(
        max_length=200, blank=True, help_text="name in the private storage; empty once removed"
    )
    size = models.PositiveBigIntegerField(help_text="bytes")
    folder = models.CharField(max_length=100, help_text="where the made files go")
    layout = models.CharField(max_length=1, choices=Layout, default=Layout.NONE, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(help_text="nobody else works on it before")
    done_at = models.DateTimeField(null=True, blank=True, help_text="made or given up")
    bells_due = models.BooleanField(
        default=False, help_text="followers with a bell are still to be told"
    )
    move_due = models.BooleanField(
        default=False, help_text="its files may be in the wrong storage (services/moving.py)"
    )
    detail = models.TextField(blank=True, help_text="what went wrong, for operators")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "key", name="videos_upload_once")]
        indexes = [
            models.Index(
                fields=["claimed_until"], name="videos_upload_waiting", condition=Q(done_at=None)
            ),
            models.Index(fields=["video"], name="videos_upload_bells", condition=Q(bells_due=True)),
            models.Index(fields=["video"], name="videos_upload_moves", condition=Q(move_due=True)),
            models.Index(fields=["folder"], name="videos_upload_folder"),
        ]

    def __str__(self) -> str:
        return f"upload of video {self.video_id}"

    @property
    def is_replay(self) -> bool:
        """Of a live room, recorded by our own media server."""
        return self.key.startswith(self.OF_ROOM)


class VideoDownload(models.Model):
    """The watermarked file of a video, made when somebody asks for it and kept for a while.

    Claimed like an upload: by `claimed_until`.
    """

    video = models.OneToOneField(Video, models.CASCADE, primary_key=True, related_name="download")
    file = models.CharField(max_length=200, blank=True, help_text="in the private storage")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(help_text="nobody else works on it before")
    done_at = models.DateTimeField(null=True, blank=True, help_text="made or given up")
    detail = models.CharField(max_length=300, blank=True, help_text="why it was given up")
    asked_at = models.DateTimeField(help_text="the latest time")

    class Meta:
        indexes = [
            models.Index(
                fields=["claimed_until"], name="videos_download_waiting", condition=Q(done_at=None)
            ),
            models.Index(fields=["asked_at"], name="videos_download_asked"),
        ]

    def __str__(self) -> str:
        return f"download of video {self.video_id}"


class FileRemoval(models.Model):
    """A stored file, or a folder of them, that nothing refers to any more: an outbox.

    Written in the transaction that removes the last row which named it; removed once the storage
    has deleted it, however long the storage is away.
    """

    storage = models.CharField(max_length=20, help_text="a key of STORAGES")
    name = models.CharField(max_length=500)
    is_folder = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(auto_now_add=True, help_text="not tried before")
    problem = models.CharField(max_length=300, blank=True, help_text="of the latest try")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="videos_removal_due")]

    def __str__(self) -> str:
        return f"{self.storage}: {self.name}"
