"""Videos, and who is tagged in them."""

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


class VideoMention(models.Model):
    """Somebody is tagged in a video."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentioned_in")

    class Meta:
        constraints = [models.UniqueConstraint("video", "user", name="videos_mention_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} is tagged in video {self.video_id}"
