"""Operators' view of videos."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from apps.videos import models, review
from apps.videos.admin.files import picture, player
from apps.videos.services import counters, uploads
from config.admin import ModelAdmin, OptionalReasonForm, ReadOnlyAdmin, asks, noted


def decide(
    request: HttpRequest, chosen: QuerySet[models.Video], *, hidden: bool, reason: str
) -> int:
    """Hide or show the chosen videos that are not so already; how many."""
    there = chosen.exclude(state=models.Video.State.DELETED).filter(block=not hidden)
    ids = list(there.values_list("pk", flat=True))
    for video_id in ids:
        review.reviewer.decide(
            operator_id=int(request.user.pk or 0),
            video_id=video_id,
            hidden=hidden,
            reason=reason,
        )
    return len(ids)


class HashtagInline(TabularInline):
    model = models.VideoHashtag
    autocomplete_fields = ("hashtag",)
    extra = 0


# What the feed's score is made of besides.
FEED_COUNTS = (
    *("timed_plays", "completion_sum", "quick_skips", "not_interested_count", "report_count"),
    "awaits_audience",
)


@admin.register(models.Video)
class VideoAdmin(ModelAdmin):
    list_display = (
        *("still", "id", "user", "description", "state", "privacy", "block"),
        *("view_count", "like_count", "created_at"),
    )
    list_display_links = ("still", "id")
    list_filter = ("state", "block", "privacy", "is_story", "created_at")
    list_select_related = ("user",)
    search_fields = ("=id", "description", "user__username")
    autocomplete_fields = ("user", "sound")
    ordering = ("-id",)
    inlines = (HashtagInline,)
    actions = ("hold_back", "let_pass", "count_again", "try_again")
    readonly_fields = (
        *(
            "show_player",
            "block",
            "state",
            "failure",
            "duration",
            "width",
            "height",
            "heat",
            "created_at",
        ),
        *("view_count", "like_count", "comment_count", "share_count", "favourite_count"),
        *FEED_COUNTS,
    )
    fieldsets = (
        (None, {"fields": ("show_player", "user", "description", "sound")}),
        (
            "Who may see it",
            {
                "fields": (
                    *("privacy", "block", "min_age", "allow_comments", "allow_duet", "is_story"),
                )
            },
        ),
        ("Files", {"fields": ("file", "thumbnail", "gif", "hls", "duration", "width", "height")}),
        ("Processing", {"fields": ("state", "failure")}),
        ("Place", {"fields": ("location", "lat", "long")}),
        (
            "Numbers",
            {
                "fields": (
                    *("view_count", "like_count", "comment_count", "share_count"),
                    *("favourite_count", "heat", "created_at"),
                    *FEED_COUNTS,
                )
            },
        ),
    )

    @admin.display(description="")
    def still(self, video: models.Video) -> str:
        return picture(video.thumbnail)

    @admin.display(description="")
    def show_player(self, video: models.Video) -> str:
        return player(video)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # videos come from people, through the app

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.change_heldvideo")

    @admin.action(description="Hold back from everyone", permissions=["review"])
    @asks("Hide these videos from everyone but their owners?", button="Hold back")
    def hold_back(self, request: HttpRequest, chosen: QuerySet[models.Video], reason: str) -> None:
        held = decide(request, chosen, hidden=True, reason=reason)
        self.message_user(request, f"{held} held back.")

    @admin.action(description="Let pass", permissions=["review"])
    @asks("Let everyone see these videos?", OptionalReasonForm, button="Let pass")
    def let_pass(self, request: HttpRequest, chosen: QuerySet[models.Video], reason: str) -> None:
        passed = decide(request, chosen, hidden=False, reason=reason)
        self.message_user(request, f"{passed} let pass.")

    @admin.action(description="Count likes, favourites and comments again", permissions=["change"])
    @noted("count again")
    def count_again(self, request: HttpRequest, chosen: QuerySet[models.Video]) -> None:
        counters.recount(chosen.values_list("pk", flat=True))
        self.message_user(request, "Counted again.")

    @admin.action(description="Try failed uploads again", permissions=["change"])
    @noted("try upload again")
    def try_again(self, request: HttpRequest, chosen: QuerySet[models.Video]) -> None:
        count = uploads.retry(chosen.values_list("pk", flat=True))
        self.message_user(request, f"{count} tried again. Others play, or their file is gone.")


@admin.register(models.VideoUpload)
class VideoUploadAdmin(ReadOnlyAdmin):
    """How far the making of each video has come, and what went wrong."""

    list_display = (
        *("video", "user", "state", "reason", "detail", "size", "attempts", "claimed_until"),
        *("done_at", "created_at"),
    )
    list_filter = ("video__state", "created_at", "done_at")
    list_select_related = ("video", "user")
    search_fields = ("=video__id", "user__username", "detail")
    ordering = ("-video",)

    @admin.display(description="state")
    def state(self, upload: models.VideoUpload) -> str:
        return upload.video.state

    @admin.display(description="reason, as its owner sees it")
    def reason(self, upload: models.VideoUpload) -> str:
        return upload.video.failure


class ReactionAdmin(ReadOnlyAdmin):
    """What people do with videos: looked up, never edited."""

    list_display: Any = ("id", "user", "video", "created_at")
    list_filter: Any = ("created_at",)
    list_select_related: Any = ("user", "video")
    search_fields: Any = ("=id", "user__username", "=video__id")
    ordering = ("-id",)


for reaction in (
    models.VideoLike,
    models.VideoFavourite,
    models.VideoRepost,
    models.NotInterested,
):
    admin.site.register(reaction, ReactionAdmin)


@admin.register(models.VideoWatch)
class VideoWatchAdmin(ReactionAdmin):
    list_display = ("id", "user", "device", "video", "plays", "longest_s", "served_at")
    list_filter = ("served_at",)
    list_select_related = ("user", "device", "video")
    search_fields = ("=id", "user__username", "=device__id", "=video__id")


@admin.register(models.VideoComment)
class VideoCommentAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "video", "text", "parent", "like_count", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("user", "video", "parent")
    search_fields = ("=id", "text", "user__username", "=video__id")
    ordering = ("-id",)


@admin.register(models.VideoCommentLike)
class VideoCommentLikeAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "comment", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("user", "comment")
    search_fields = ("=id", "user__username", "=comment__id")
    ordering = ("-id",)


@admin.register(models.VideoMention)
class VideoMentionAdmin(ReadOnlyAdmin):
    list_display = ("video", "user")
    list_select_related = ("video", "user")
    search_fields = ("=video__id", "user__username")
    ordering = ("-id",)


@admin.register(models.FileRemoval)
class FileRemovalAdmin(ReadOnlyAdmin):
    """Files that are still to be removed from the storage."""

    list_display = ("name", "storage", "is_folder", "attempts", "due_at", "problem", "created_at")
    list_filter = ("storage", "created_at")
    search_fields = ("name", "problem")
    ordering = ("due_at",)


@admin.register(models.VideoDownload)
class VideoDownloadAdmin(ReadOnlyAdmin):
    """The watermarked files that people have asked for."""

    list_display = ("video", "file", "attempts", "done_at", "asked_at", "detail")
    list_filter = ("asked_at", "done_at")
    list_select_related = ("video",)
    search_fields = ("=video__id", "detail")
    ordering = ("-asked_at",)
