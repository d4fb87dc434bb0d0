"""Operators' pages of captured lives. What was captured is looked at here, not changed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from apps.capture import services, watching
from apps.capture.models import Event, Gap, Gift, Session, Source, Streamer
from config.admin import KeptAdmin, ModelAdmin, asks, noted

LATEST_EVENTS = 50


@admin.register(Streamer)
class StreamerAdmin(ModelAdmin):
    list_display = [
        *("username", "source", "nickname", "last_live_at", "watched", "watch_status"),
        *("watch_checked_at", "created_at"),
    ]
    list_filter = ["watched", "watch_status", "source"]
    search_fields = ["username", "nickname"]
    readonly_fields = [
        *("last_live_at", "created_at", "watched", "watch_status", "watch_detail"),
        *("watch_checked_at", "watch_next_at", "watch_failures"),
    ]
    actions = ["watch", "unwatch"]

    @admin.action(description="Capture every live of the chosen streamers", permissions=["change"])
    @noted("watch streamer")
    def watch(self, request: HttpRequest, queryset: QuerySet[Streamer]) -> None:
        for streamer in queryset.filter(source=Source.TIKTOK):
            watching.watch(username=streamer.username)
        self.message_user(request, "Their lives are captured as they begin.")

    @admin.action(description="Stop watching the chosen streamers", permissions=["change"])
    @noted("unwatch streamer")
    def unwatch(self, request: HttpRequest, queryset: QuerySet[Streamer]) -> None:
        for streamer in queryset.filter(source=Source.TIKTOK):
            watching.unwatch(username=streamer.username)
        self.message_user(request, "They are watched no longer.")


class GapInline(TabularInline):
    model = Gap
    extra = 0
    can_delete = False
    fields = readonly_fields = ["from_at", "to_at", "cause", "detail"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(KeptAdmin):
    list_display = [
        *("streamer", "source", "status", "problem", "total", "diamonds", "likes"),
        *("peak_viewers", "created_at", "ended_at"),
    ]
    list_filter = ["status", "source", "automatic", "created_at"]
    list_select_related = ["streamer"]
    search_fields = ["=id", "streamer__username", "room_id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    inlines = [GapInline]
    actions = ["end_sessions"]
    readonly_fields = ["latest_events"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("capture.change_session")

    @admin.action(description="End the chosen sessions", permissions=["end"])
    @asks("End these captures? What happens in the lives from then on is not kept.", button="End")
    @noted("end capture")
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[Session], reason: str) -> None:
        for session in queryset.filter(status__in=Session.OPEN):
            services.end_session(session)
        self.message_user(request, "The sessions end within a second or two.")

    @admin.display(description="latest events")
    def latest_events(self, session: Session) -> SafeString:
        # Django's admin has no pages of its own for tables with a composite key.
        events = Event.objects.filter(session=session, session_day=session.day).order_by("-id")
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (event.id, event.received_at, event.type, event.unique_id, event.text[:200])
                for event in events.defer("raw", "data")[:LATEST_EVENTS]
            ),
        )
        return format_html('<div class="staff-scroll"><table>{}</table></div>', rows)


@admin.register(Gift)
class GiftAdmin(KeptAdmin):
    list_display = ["name", "count", "diamonds_each", "unique_id", "session", "closed", "last_at"]
    list_filter = ["closed", "last_at"]
    list_select_related = ["session"]
    search_fields = ["name", "unique_id", "nickname", "=session__id"]
    ordering = ["-last_at"]


@admin.register(Gap)
class GapAdmin(KeptAdmin):
    list_display = ["session", "cause", "from_at", "to_at", "detail"]
    list_filter = ["cause", "from_at"]
    list_select_related = ["session"]
    search_fields = ["=session__id", "session__streamer__username"]
    ordering = ["-from_at"]
