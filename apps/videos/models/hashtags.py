"""Tags of videos, and who keeps them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from apps.videos.models.counting import LINK_TRIGGERS


class Hashtag(models.Model):
    """A tag, in lower case and without its #."""

    name = models.CharField(max_length=100, unique=True)
    videos_count = models.PositiveIntegerField(
        default=0, help_text="public ones; kept by triggers (models/counting.py)"
    )
    views = models.PositiveBigIntegerField(
        default=0, help_text="of its videos, added up from time to time"
    )
    is_hidden = models.BooleanField(
        default=False, help_text="not in the discover screen and not found by search"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & Q(name=Lower("name")),
                name="videos_hashtag_lower_case",
            )
        ]
        indexes = [
            models.Index(
                F("views").desc(),
                F("videos_count").desc(),
                F("id").desc(),
                name="videos_hashtag_popular",
                condition=Q(videos_count__gt=0, is_hidden=False),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.name}"


class VideoHashtag(models.Model):
    """A video has a tag. A tag's page is read off its index, the newest videos first."""

    video = models.ForeignKey("videos.Video", models.CASCADE, db_index=False)
    hashtag = models.ForeignKey(Hashtag, models.CASCADE, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint("video", "hashtag", name="videos_videohashtag_once")]
        indexes = [models.Index(fields=["hashtag", "-video"], name="videos_videohashtag_page")]
        triggers = LINK_TRIGGERS

    def __str__(self) -> str:
        return f"video {self.video_id} has hashtag {self.hashtag_id}"


class HashtagFavourite(models.Model):
    """Somebody keeps a hashtag."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_hashtags", db_index=False
    )
    hashtag = models.ForeignKey(Hashtag, models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "hashtag", name="videos_hashtagfavourite_once")
        ]
        indexes = [models.Index(fields=["user", "-id"], name="videos_hashtagfavourite_page")]

    def __str__(self) -> str:
        return f"user {self.user_id} keeps hashtag {self.hashtag_id}"
