"""Videos, and what people do with them."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Func, Q
from django.db.models.expressions import RawSQL

from apps.videos.models.counting import VIDEO_TRIGGERS

# Ten times the reactions weigh as much as this much youth.
HEAT_TENFOLD_S = 45_000
HEAT_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
# Rounded, so that most likes leave the value, and with it the index, as they are.
HEAT_SQL = f"""
    round(log(1 + like_count + 2 * comment_count + 3 * share_count)::numeric, 1)::float8
    + extract(epoch FROM created_at - '{HEAT_EPOCH.isoformat()}'::timestamptz)::float8
    / {HEAT_TENFOLD_S}
"""
# Words without accents, whatever their case (apps/users/migrations/0005_search.py).
SEARCH_SQL = "to_tsvector('simple', clipcast_fold(description))"
# What may be in anyone's feed. The feed's statement repeats it so that its indexes serve.
IN_FEED = Q(state="ready", privacy="public", block=False, is_story=False)


class Video(models.Model):
    """One clip. The counters are kept beside the rows that they count (services/counters.py)."""

    class State(models.TextChoices):
        RECEIVED = "received"
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"
        DELETED = "deleted", "deleted: hidden at once, its rows and files go soon"

    class Privacy(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"
        DRAFT = "draft", "draft: not posted yet"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos", db_index=False
    )
    description = models.CharField(max_length=2000, blank=True)
    file = models.CharField(max_length=500, blank=True, help_text="storage name or URL")
    thumbnail = models.CharField(max_length=500, blank=True, help_text="storage name or URL")
    gif = models.CharField(max_length=500, blank=True, help_text="storage name or URL")
    hls = models.CharField(
        max_length=500, blank=True, help_text="storage name of the master playlist"
    )
    sound = models.ForeignKey(
        "videos.Sound",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="videos",
        db_index=False,
    )
    duet_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="duets"
    )
    hashtags = models.ManyToManyField(
        "videos.Hashtag", through="videos.VideoHashtag", related_name="videos"
    )
    duration = models.FloatField(default=0, help_text="seconds")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    failure = models.CharField(max_length=300, blank=True, help_text="why it failed, for its owner")
    privacy = models.CharField(max_length=10, choices=Privacy, default=Privacy.PUBLIC)
    allow_comments = models.BooleanField(default=True)
    allow_duet = models.BooleanField(default=True)
    is_story = models.BooleanField(default=False)
    block = models.BooleanField(default=False, help_text="held back by moderation")
    min_age = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(25)],
        help_text="years; people of unknown age don't see it then. 0: for everyone",
    )

    lat = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    long = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    location = models.CharField(max_length=200, blank=True, help_text="the place's name")
    place = models.ForeignKey(
        "videos.Place",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="videos",
        db_index=False,
    )

    view_count = models.PositiveIntegerField(default=0)
    like_count = models.PositiveIntegerField(default=0)
    comment_count = models.PositiveIntegerField(default=0, help_text="without replies")
    share_count = models.PositiveIntegerField(default=0)
    favourite_count = models.PositiveIntegerField(default=0)
    download_count = models.PositiveIntegerField(default=0, db_default=0)
    timed_plays = models.PositiveIntegerField(
        default=0, db_default=0, help_text="plays whose length the apps told"
    )
    completion_sum = models.FloatField(
        default=0, db_default=0, help_text="the shares of the video that those plays saw, added up"
    )
    quick_skips = models.PositiveIntegerField(
        default=0, db_default=0, help_text="those of them that ended at once"
    )
    not_interested_count = models.PositiveIntegerField(default=0, db_default=0)
    report_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="people whose report was not dismissed"
    )
    awaits_audience = models.BooleanField(
        default=True,
        db_default=True,
        help_text="new, and still without the audience that the feed gives to each video",
    )
    pinned_at = models.DateTimeField(
        null=True, blank=True, help_text="stands first on its author's profile since then"
    )
    pinned_comment = models.ForeignKey(
        "VideoComment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="pinned_on",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    heat = models.GeneratedField(
        expression=RawSQL(HEAT_SQL, []),  # noqa: S611 (a constant)
        output_field=models.FloatField(),
        db_persist=True,
        help_text="reactions and youth in one number; the feed's trending order",
    )
    search = models.GeneratedField(
        expression=RawSQL(SEARCH_SQL, []),  # noqa: S611 (a constant)
        output_field=SearchVectorField(),
        db_persist=True,
        help_text="the description's words",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(duration__gte=0), name="videos_video_duration"),
            models.CheckConstraint(
                condition=~Q(state="ready") | ~Q(file=""), name="videos_video_ready_has_file"
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, long__isnull=True)
                | Q(lat__range=(-90, 90), long__range=(-180, 180)),
                name="videos_video_position",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="videos_video_by_user"),
            models.Index(
                fields=["-id"],
                name="videos_video_newest",
                condition=IN_FEED,
            ),
            models.Index(
                fields=["-heat"],
                name="videos_video_hottest",
                condition=IN_FEED,
            ),
            models.Index(
                fields=["id"],
                name="videos_video_fresh",
                condition=IN_FEED & Q(awaits_audience=True),
            ),
            GistIndex(
                Func("long", "lat", function="point"),
                name="videos_video_near",
                condition=IN_FEED & Q(lat__isnull=False),
            ),
            models.Index(
                fields=["user", "-pinned_at"],
                name="videos_video_pinned",
                condition=Q(pinned_at__isnull=False),
            ),
            models.Index(
                fields=["state", "id"], name="videos_video_unready", condition=~Q(state="ready")
            ),
            models.Index(fields=["sound", "-id"], name="videos_video_by_sound"),
            models.Index(fields=["place", "-id"], name="videos_video_by_place"),
            models.Index(
                fields=["user", "-id"], name="videos_video_stories", condition=Q(is_story=True)
            ),
            GinIndex(fields=["search"], name="videos_video_search"),
        ]
        triggers = VIDEO_TRIGGERS

    def __str__(self) -> str:
        return f"video {self.pk}"


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


class VideoComment(models.Model):
    """What somebody wrote under a video. A reply has a parent, which is never a reply itself."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="comments", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="comments")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replies", db_index=False
    )
    text = models.CharField(max_length=1000)
    hidden = models.BooleanField(
        default=False, db_default=False, help_text="by moderation: only its author sees it"
    )
    like_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="videos_comment_has_text")
        ]
        indexes = [
            models.Index(
                fields=["video", "-id"],
                name="videos_comment_by_video",
                condition=Q(parent__isnull=True),
            ),
            models.Index(fields=["video"], name="videos_comment_of_video"),
            models.Index(fields=["parent", "id"], name="videos_comment_replies"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} on video {self.video_id}"


class VideoCommentLike(models.Model):
    """Somebody likes a comment or a reply."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="comment_likes", db_index=False
    )
    comment = models.ForeignKey(VideoComment, models.CASCADE, related_name="likes")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "comment", name="videos_videocommentlike_once")
        ]

    def __str__(self) -> str:
        return f"like of user {self.user_id} on comment {self.comment_id}"


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


class VideoMention(models.Model):
    """Somebody is tagged in a video."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentioned_in")

    class Meta:
        constraints = [models.UniqueConstraint("video", "user", name="videos_mention_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} is tagged in video {self.video_id}"


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
