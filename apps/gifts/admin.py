"""Operators' view of gifts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from apps.gifts import models
from config.admin import ReadOnlyAdmin


@admin.register(models.Gift)
class GiftAdmin(ModelAdmin):
    list_display = ("picture", "title", "coin", "type", "order", "active")
    list_display_links = ("picture", "title")
    list_editable = ("order", "active")
    list_filter = ("type", "active")
    search_fields = ("title",)

    @admin.display(description="")
    def picture(self, gift: models.Gift) -> str:
        if not gift.image:
            return ""
        return format_html('<img src="{}" alt="" width="32" height="32">', gift.image.url)


@admin.register(models.SentGift)
class SentGiftAdmin(ReadOnlyAdmin):
    list_display = ("id", "sender", "receiver", "gift", "count", "coins", "transfer", "created_at")
    list_filter = ("gift", "created_at")
    search_fields = ("=id", "sender__username", "receiver__username", "transfer__key")
    list_select_related = ("sender", "receiver", "gift", "transfer")
    ordering = ("-id",)
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
