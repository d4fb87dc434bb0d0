"""Operators' view of gifts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from apps.gifts import models, totals
from config.admin import KeptAdmin, ModelAdmin
from config.csv_export import CsvExport


@admin.register(models.Gift)
class GiftAdmin(ModelAdmin):
    list_display = (
        "picture",
        "title",
        "coin",
        "type",
        "has_animation",
        "has_sound",
        "order",
        "active",
    )
    list_display_links = ("picture", "title")
    list_editable = ("order", "active")
    list_filter = ("type", "active")
    search_fields = ("title",)

    @admin.display(description="")
    def picture(self, gift: models.Gift) -> str:
        if not gift.image:
            return ""
        return format_html('<img src="{}" alt="" width="32" height="32">', gift.image.url)

    @admin.display(description="animation", boolean=True)
    def has_animation(self, gift: models.Gift) -> bool:
        return bool(gift.animation)

    @admin.display(description="sound", boolean=True)
    def has_sound(self, gift: models.Gift) -> bool:
        return bool(gift.sound)


@admin.register(models.SentGift)
class SentGiftAdmin(CsvExport, KeptAdmin):
    csv_columns = (
        *("id", "created_at", "sender_id", "sender__username", "receiver_id"),
        *("receiver__username", "gift__title", "count", "coins", "video_id"),
        *("live_streaming_id", "transfer__key"),
    )
    list_display = (
        "id",
        "sender",
        "receiver",
        "gift",
        "count",
        "coins",
        "video_id",
        "live_streaming_id",
        "transfer",
        "created_at",
    )
    list_filter = ("gift", "created_at")
    search_fields = (
        *("=id", "sender__username", "receiver__username", "transfer__key"),
        *("=video_id", "=live_streaming_id"),
    )
    list_select_related = ("sender", "receiver", "gift", "transfer")
    ordering = ("-id",)


@admin.register(models.Flag)
class FlagAdmin(ModelAdmin):
    list_display = ("user", "day", "senders", "coins", "reviewed", "created_at")
    list_editable = ("reviewed",)
    list_filter = ("reviewed", "day")
    search_fields = ("=user__id", "user__username")
    list_select_related = ("user",)
    readonly_fields = ("user", "day", "senders", "coins", "created_at")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class TopAdmin(KeptAdmin):
    """People by what their gifts of the last weeks come to; the list is all there is."""

    side = ""
    list_display = ("place_of", "username", "coins", "gifts", "others")
    list_display_links = None
    search_fields = ("=id", "username")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return totals.with_totals(super().get_queryset(request), self.side)

    @admin.display(description="id")
    def place_of(self, person: Any) -> int:
        return person.pk

    @admin.display(description="coins", ordering="coins")
    def coins(self, person: Any) -> int:
        return person.coins

    @admin.display(description="gifts", ordering="gifts")
    def gifts(self, person: Any) -> int:
        return person.gifts

    @admin.display(description="other people", ordering="others")
    def others(self, person: Any) -> int:
        return person.others


@admin.register(models.Giver)
class GiverAdmin(TopAdmin):
    side = "gifts_sent"


@admin.register(models.Star)
class StarAdmin(TopAdmin):
    side = "gifts_received"
