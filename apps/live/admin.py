"""Operators' view of live rooms."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.gifts import totals
from apps.live import services
from apps.live.models import Happening, LiveRoom, PublishKey, Recording, Viewer
from config.admin import ReadOnlyAdmin, asks, noted


@admin.register(LiveRoom)
class LiveRoomAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "host", "title", "status", "privacy", "price_coins"),
        *("viewers_now", "viewers_peak", "started_at", "ended_at", "end_reason"),
    )
    list_display_links = ("id", "title")
    list_filter = ("status", "privacy", "end_reason", "created_at")
    search_fields = ("=id", "host__username", "=host__id", "title")
    list_select_related = ("host",)
    ordering = ("-id",)
    actions = ("end_rooms",)
    readonly_fields = ("gifts", "top_senders")

    @admin.display(description="gifts")
    def gifts(self, room: LiveRoom) -> str:
        total = totals.total(live_streaming_id=room.pk)
        return f"{total.gifts}, for {total.coins} coins"

    @admin.display(description="top senders of gifts")
    def top_senders(self, room: LiveRoom) -> str:
        top = totals.top_senders(live_streaming_id=room.pk)
        return ", ".join(f"{name} ({coins} coins)" for name, _, coins in top)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("live.change_liveroom")

    @admin.action(description="End the room and cut off its publisher", permissions=["end"])
    @asks("End these rooms and cut off who broadcasts?", button="End them")
    @noted("end room")
    def end_rooms(self, request: HttpRequest, queryset: QuerySet[LiveRoom], reason: str) -> None:
        ended = services.end_rooms(queryset, LiveRoom.EndReason.OPERATOR)
        services.reconcile_rooms()
        if ended:
            messages.success(request, f"Rooms ended: {ended}.")
        else:
            messages.warning(request, "These rooms had ended before.")


@admin.register(PublishKey)
class PublishKeyAdmin(ReadOnlyAdmin):
    """Who may publish where. The secret itself is known to nobody but its owner."""

    list_display = ("id", "room", "user", "created_at")
    search_fields = ("=room__id", "user__username")
    list_select_related = ("room", "user")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Viewer)
class ViewerAdmin(ReadOnlyAdmin):
    """Who came into which room, what they paid, and what moderators did about them."""

    list_display = (
        *("id", "room", "user", "present", "moderator", "muted", "kicked"),
        *("paid_coins", "transfer", "created_at"),
    )
    list_filter = ("moderator", "muted", "kicked", "created_at")
    search_fields = ("=room__id", "=user__username", "=user__id")
    list_select_related = ("room", "user", "transfer")
    ordering = ("-id",)


@admin.register(Happening)
class HappeningAdmin(ReadOnlyAdmin):
    """What waits to be stored. Empty but for moments; what stays here is stuck."""

    list_display = ("id", "session", "type", "created_at")
    list_select_related = ("session",)


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """What MediaMTX recorded, and the replay that was made of it."""

    list_display = ("id", "room", "user", "segment", "size", "recorded_at", "video", "detail")
    list_filter = ("recorded_at",)
    search_fields = ("=room__id", "=user__id", "user__username", "segment")
    list_select_related = ("room", "user", "video")
    ordering = ("-id",)
