"""The pages of lives: what runs, and one session. They work without JavaScript but for the feed."""

import uuid

import orjson
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.audit.services import Kind, note
from apps.capture import selectors, services
from apps.capture.demo import DEMO_USERNAME
from apps.capture.models import Category, Session
from apps.dashboard.pages import CAPTURE, SEE_SESSIONS, operators_page

LATEST = 8
RUNNING_LIMIT = 100
FEED_SIZE = 100


@require_safe
@operators_page(SEE_SESSIONS)
def sessions(request: HttpRequest) -> HttpResponse:
    """What runs, and what ended last."""
    every = Session.objects.select_related("streamer").order_by("-created_at", "-id")
    return render(
        request,
        "dashboard/sessions.html",
        {
            # Those that the page's script asks the API for, so that it sees when they change.
            "running": list(every.filter(status__in=Session.OPEN)[:RUNNING_LIMIT]),
            "ended": list(every.exclude(status__in=Session.OPEN)[:LATEST]),
            "demo": DEMO_USERNAME if settings.DEMO_WEBCAST_URL else "",
        },
    )


@require_POST
@operators_page(CAPTURE)
def start(request: HttpRequest) -> HttpResponse:
    """Begin a session and show it; one that runs already is shown as it is."""
    try:
        begun = services.start_session(username=request.POST.get("username", ""))
    except services.AlreadyCaptured as refusal:
        messages.info(request, str(refusal))
        begun = refusal.session
    except services.CaptureRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("dashboard:sessions")
    else:
        note(Kind.ACTION, "start capture", about=begun)
    return redirect("dashboard:session", session_id=begun.pk)


@require_safe
@operators_page(SEE_SESSIONS)
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """A session as it stands, and its newest events; the page's script goes on from there."""
    shown = get_object_or_404(Session.objects.select_related("streamer"), pk=session_id)
    events = selectors.list_events(
        session_id=shown.pk, day=shown.day, where=selectors.EventFilter(), limit=FEED_SIZE
    )
    snapshot = {
        "session": selectors.find_session(shown.pk),
        "events": events.items,
        "next_cursor": events.next_cursor,
    }
    return render(
        request,
        "dashboard/session.html",
        {
            "session": shown,
            "snapshot": orjson.loads(orjson.dumps(snapshot)),
            "categories": [(name, name.replace("_", " ")) for name in Category.values],
            "formats": EXPORT_FORMATS,
            "toplists": TOP_LISTS,
        },
    )


TOP_LISTS = [
    ("top_chatters", "Top chatters", "Messages"),
    ("top_gifters", "Top gifters", "Diamonds"),
    ("top_likers", "Top likers", "Likes"),
    ("regulars", "Returning viewers", "Lives"),
]
EXPORT_FORMATS = [
    ("csv", "CSV", "for any spreadsheet; opens everywhere"),
    ("xlsx", "Excel", "a workbook; several sheets if there are more than a million events"),
    ("json", "JSON", "one document with the session and its events"),
    ("ndjson", "NDJSON", "one event a line, for programs"),
    ("parquet", "Parquet", "for notebooks: pandas, DuckDB, Spark"),
]


@require_POST
@operators_page(CAPTURE)
def stop(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    ended = get_object_or_404(Session, pk=session_id)
    note(Kind.ACTION, "end capture", about=ended)
    services.end_session(ended)
    return redirect("dashboard:session", session_id=session_id)
