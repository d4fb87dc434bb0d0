"""What people write under videos."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.videos.models.videos import Video


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
