"""Operators' view of sounds, hashtags, places and playlists."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline

from apps.videos import models
from apps.videos.admin.files import picture, stored_url
from apps.videos.services import popularity
from config.admin import ModelAdmin, ReadOnlyAdmin, asks, noted


@admin.register(models.SoundSection)
class SoundSectionAdmin(ModelAdmin):
    """The shelves of the sound library; sounds are put on them on the sounds' own page."""

    list_display = ("name", "position", "created_at")
    list_editable = ("position",)
    search_fields = ("name",)


@admin.register(models.Sound)
class SoundAdmin(ModelAdmin):
    list_display = (
        *("cover", "name", "player", "section", "duration", "videos_count"),
        *("uploaded_by", "user", "publish"),
    )
    list_display_links = ("cover", "name")
    list_filter = ("publish", "section", "uploaded_by", "created_at")
    list_select_related = ("user", "section")
    search_fields = ("=id", "name", "description", "user__username")
    autocomplete_fields = ("user", "section")
    readonly_fields = ("videos_count", "created_at")
    ordering = ("-id",)
    actions = ("count_again",)

    @admin.display(description="")
    def cover(self, sound: models.Sound) -> str:
        return picture(sound.thumbnail, 40)

    @admin.display(description="")
    def player(self, sound: models.Sound) -> str:
        return format_html(
            '<audio src="{}" controls preload="none"></audio>', stored_url(sound.audio)
        )

    @admin.action(description="Count videos again", permissions=["change"])
    @noted("count again")
    def count_again(self, request: HttpRequest, chosen: QuerySet[models.Sound]) -> None:
        popularity.recount_sounds(chosen.values_list("pk", flat=True))
        self.message_user(request, "Counted again.")


@admin.register(models.Hashtag)
class HashtagAdmin(ModelAdmin):
    list_display = ("name", "videos_count", "views", "is_hidden", "created_at")
    list_filter = ("is_hidden", "created_at")
    search_fields = ("name",)
    readonly_fields = ("videos_count", "views", "created_at")
    ordering = ("-views", "-videos_count", "-id")
    actions = ("hide", "show", "count_again")

    @admin.action(description="Hide from discovery and search", permissions=["change"])
    @asks("Hide these hashtags from discovery and search?", button="Hide")
    @noted("hide hashtag")
    def hide(self, request: HttpRequest, chosen: QuerySet[models.Hashtag], reason: str) -> None:
        self.message_user(request, f"{chosen.update(is_hidden=True)} hidden.")

    @admin.action(description="Show again", permissions=["change"])
    @noted("show hashtag")
    def show(self, request: HttpRequest, chosen: QuerySet[models.Hashtag]) -> None:
        self.message_user(request, f"{chosen.update(is_hidden=False)} shown.")

    @admin.action(description="Count videos and views again", permissions=["change"])
    @noted("count again")
    def count_again(self, request: HttpRequest, chosen: QuerySet[models.Hashtag]) -> None:
        popularity.recount_hashtags(chosen.values_list("pk", flat=True))
        self.message_user(request, "Counted again.")


@admin.register(models.Place)
class PlaceAdmin(ModelAdmin):
    list_display = ("name", "address", "lat", "long", "google_place_id", "created_at")
    search_fields = ("name", "address", "=google_place_id")
    ordering = ("-id",)


class PlaylistVideoInline(TabularInline):
    model = models.PlaylistVideo
    autocomplete_fields = ("video",)
    extra = 0


@admin.register(models.Playlist)
class PlaylistAdmin(ModelAdmin):
    list_display = ("name", "user", "created_at")
    list_select_related = ("user",)
    search_fields = ("=id", "name", "user__username")
    autocomplete_fields = ("user",)
    inlines = (PlaylistVideoInline,)
    ordering = ("-id",)


class FavouriteAdmin(ReadOnlyAdmin):
    """Who keeps what: looked up, never edited."""

    list_filter: Any = ("created_at",)
    ordering = ("-id",)


@admin.register(models.SoundFavourite)
class SoundFavouriteAdmin(FavouriteAdmin):
    list_display = ("id", "user", "sound", "created_at")
    list_select_related = ("user", "sound")
    search_fields = ("=id", "user__username", "=sound__id")


@admin.register(models.HashtagFavourite)
class HashtagFavouriteAdmin(FavouriteAdmin):
    list_display = ("id", "user", "hashtag", "created_at")
    list_select_related = ("user", "hashtag")
    search_fields = ("=id", "user__username", "hashtag__name")
