"""Pages for operators. They work without JavaScript but for the live feed."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe

from apps.capture import selectors, services
from apps.capture.demo import DEMO_USERNAME
from apps.capture.models import Category, Session

PAGE_SIZE = 25
FEED_SIZE = 100
# What is captured is strangers' text: no page here may run or load anything but our own files.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def operators_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Others are sent to the sign-in page."""

    @wraps(view)
    def protected(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        add_never_cache_headers(response)
        return response

    return staff_member_required(protected, login_url="admin:login")


@require_safe
@operators_page
def sessions(request: HttpRequest) -> HttpResponse:
    """All sessions, those that run first."""
    every = Session.objects.select_related("streamer")
    ended = every.exclude(status__in=Session.OPEN).order_by("-created_at", "-id")
    before = parse_uuid(request.GET.get("before", ""))
    if before and (cursor := Session.objects.filter(pk=before).first()):
        ended = ended.filter(created_at__lt=cursor.created_at)
    page = list(ended[: PAGE_SIZE + 1])
    return render(
        request,
        "dashboard/sessions.html",
        {
            "running": [] if before else every.filter(status__in=Session.OPEN)[:100],
            "ended": page[:PAGE_SIZE],
            "next": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
            "before": before,
            "demo": DEMO_USERNAME if settings.DEMO_WEBCAST_URL else "",
        },
    )


def parse_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
@operators_page
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
    return redirect("dashboard:session", session_id=begun.pk)


@require_safe
@operators_page
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """A session as it stands, and its newest events; the page's script goes on from there."""
    shown = get_object_or_404(Session.objects.select_related("streamer"), pk=session_id)
    events = selectors.list_events(
        session_id=shown.pk, day=shown.day, where=selectors.EventFilter(), limit=FEED_SIZE
    )
    snapshot = {"session": selectors.find_session(shown.pk), "events": events.items}
    return render(
        request,
        "dashboard/session.html",
        {
            "session": shown,
            "snapshot": orjson.loads(orjson.dumps(snapshot)),
            "categories": [(name, name.replace("_", " ")) for name in Category.values],
        },
    )


@require_POST
@operators_page
def stop(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    services.end_session(get_object_or_404(Session, pk=session_id))
    return redirect("dashboard:session", session_id=session_id)
