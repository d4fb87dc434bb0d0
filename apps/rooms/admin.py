"""Operators' view of audio rooms."""

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from apps.rooms import services
from apps.rooms.models import AudioRoom, Invitation, Member, Topic
from config.admin import ModelAdmin, ReadOnlyAdmin, asks, noted


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    list_display = ("title", "position", "is_active")
    list_editable = ("position", "is_active")
    search_fields = ("title",)


class MemberInline(TabularInline):
    model = Member
    fields = readonly_fields = ("user", "role", "appointed", "joined_at")
    extra = 0
    can_delete = False


@admin.register(AudioRoom)
class AudioRoomAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "title", "host", "topic", "is_private"),
        *("people", "created_at", "active_at", "ended_at"),
    )
    list_display_links = ("id", "title")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "is_private", "topic", "created_at")
    search_fields = ("=id", "title", "host__username", "=host__id")
    list_select_related = ("host", "topic")
    ordering = ("-id",)
    inlines = (MemberInline,)
    actions = ("end_rooms",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AudioRoom]:
        return super().get_queryset(request).annotate(people=Count("members"))

    @admin.display(description="people inside")
    def people(self, room: AudioRoom) -> int:
        return room.people  # type: ignore[attr-defined]  # annotated above

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_audioroom")

    @admin.action(description="End the room", permissions=["end"])
    @asks("End these rooms? Everybody in them is sent out.", button="End them")
    @noted("end audio room")
    def end_rooms(self, request: HttpRequest, queryset: QuerySet[AudioRoom], reason: str) -> None:
        rooms = queryset.values_list("pk", flat=True)
        ended = sum(services.end_room(room_id=room_id) for room_id in rooms)
        messages.success(request, f"Rooms ended: {ended}.")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("id", "room", "user", "created_at")
    search_fields = ("=room__id", "user__username")
    list_select_related = ("room", "user")
