"""The operators' page of live rooms: what is on now, with its video and events, and replays."""

from typing import Any
from urllib.parse import urlsplit

import orjson
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.capture import selectors as captured
from apps.capture.models import Category
from apps.contract.urls import media_url
from apps.dashboard.pages import operators_page
from apps.live import services
from apps.live.addresses import playing_addresses
from apps.live.models import LiveRoom, Recording
from apps.live.passes import QUERY_KEY, make_pass
from apps.videos.models import Video
from config.admin import note_rows

SEE = "live.view_liveroom"
PAGE_SIZE = 25
MOST_LIVE = 60
FEED_SIZE = 60


@require_safe
@operators_page(SEE)
def rooms(request: HttpRequest) -> HttpResponse:
    """Rooms that are on, the largest with its video and events, and those that have ended."""
    return show(request, chosen=None)


@require_safe
@operators_page(SEE)
def room(request: HttpRequest, room_id: int) -> HttpResponse:
    """The same with this room's video and events, or its replay."""
    return show(request, chosen=get_object_or_404(every_room(), pk=room_id))


@require_POST
@operators_page("live.change_liveroom")
def end(request: HttpRequest, room_id: int) -> HttpResponse:
    """End a room; its video is cut off at once."""
    chosen = LiveRoom.objects.filter(pk=room_id)
    note_rows("end room", chosen, request.POST.get("reason", ""))
    if services.end_rooms(chosen, LiveRoom.EndReason.OPERATOR):
        services.reconcile_rooms()
        messages.success(request, "The room has ended.")
    return redirect("live:room", room_id=room_id)


def every_room() -> QuerySet[LiveRoom]:
    pieces = Recording.objects.select_related("video").order_by("recorded_at")
    kept = Prefetch("recordings", queryset=pieces, to_attr="pieces")
    return LiveRoom.objects.select_related("host", "session").prefetch_related(kept)


def show(request: HttpRequest, *, chosen: LiveRoom | None) -> HttpResponse:
    live = list(
        every_room().filter(services.open_rooms).order_by("-viewers_now", "-id")[:MOST_LIVE]
    )
    live.sort(key=lambda room: room.status != LiveRoom.Status.LIVE)
    ended = every_room().filter(status=LiveRoom.Status.ENDED).order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        ended = ended.filter(pk__lt=int(before))
    page = list(ended[: PAGE_SIZE + 1])
    chosen = chosen or next((room for room in live if room.status == LiveRoom.Status.LIVE), None)
    stage = on_stage(request, chosen) if chosen else {}
    shown = {
        "live": live,
        "chosen": chosen,
        "ended": [(room, replays_of(room)) for room in page[:PAGE_SIZE]],
        "next": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "now": timezone.now(),
        "media": media_url(request),
    }
    response = render(request, "live/rooms.html", shown | stage)
    response["Content-Security-Policy"] = policy(media_url(request), stage.get("playlist", ""))
    return response


def on_stage(request: HttpRequest, room: LiveRoom) -> dict[str, Any]:
    """The chosen room: where its video plays for this operator, and its newest events."""
    session = room.session
    if session is None:
        return {}
    events = captured.list_events(
        session_id=session.pk, day=session.day, where=captured.EventFilter(), limit=FEED_SIZE
    )
    playlist = ""
    if room.is_open:
        ticket = f"?{QUERY_KEY}={make_pass(room_id=room.pk, user_id=request.user.pk or 0)}"
        playlist = playing_addresses(request, room.path, ticket)["hls_url"]
    snapshot = {
        "session": captured.find_session(session.pk),
        "events": events.items,
        "categories": Category.values,
    }
    return {
        "snapshot": orjson.loads(orjson.dumps(snapshot)),
        "playlist": playlist,
        "replays": replays_of(room),
    }


def replays_of(room: LiveRoom) -> list[Video]:
    """The videos that were made of a room and can be played, in order. `room` has its pieces."""
    found = {piece.video for piece in getattr(room, "pieces", []) if piece.video}
    ready = [video for video in found if video.state == Video.State.READY]
    return sorted(ready, key=lambda video: video.pk)


def policy(*sources: str) -> str:
    """What the page may load: our own files, video from our storage and from MediaMTX."""
    parts = [urlsplit(source) for source in sources if source]
    origins = " ".join(sorted({f"{part.scheme}://{part.netloc}" for part in parts}))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {origins}; media-src 'self' blob: {origins}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
