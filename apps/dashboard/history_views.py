"""The pages of what was: history, streamers, sessions side by side, exports."""

import uuid
from datetime import date, timedelta
from typing import Any

import orjson
from django.contrib import messages
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.analytics import selectors as analytics
from apps.capture import services, watching
from apps.capture.models import Session, Source, Streamer
from apps.dashboard.pages import CAPTURE, SEE_SESSIONS, operators_page, parse_uuid
from apps.exports import services as exports
from apps.exports.models import Export
from apps.exports.shapes import list_exports

PAGE_SIZE = 25
COMPARED_BY_DEFAULT = 3


@require_safe
@operators_page(SEE_SESSIONS)
def history(request: HttpRequest) -> HttpResponse:
    """Every session that has ended, by name, outcome, source and day."""
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = filtered(Session.objects.exclude(status__in=Session.OPEN), asked)
    page, following = one_page(found, request.GET.get("before", ""))
    kept = {name: value for name, value in asked.items() if value}
    return render(
        request,
        "dashboard/history.html",
        {
            "sessions": page,
            "asked": asked,
            "is_filtered": bool(kept),
            "is_first": not request.GET.get("before"),
            "next": urlencode(kept | {"before": following}) if following else "",
            "first": urlencode(kept),
            "sources": Source.choices,
        },
    )


FILTERS = ("name", "outcome", "source", "since", "until")


def filtered(sessions: QuerySet[Session], asked: dict[str, str]) -> QuerySet[Session]:
    """What can't be understood filters nothing."""
    name = asked["name"].removeprefix("@").replace("\x00", "")
    if name:
        sessions = sessions.filter(
            Q(streamer__username__icontains=name) | Q(streamer__nickname__icontains=name)
        )
    if asked["outcome"] in (Session.Status.ENDED, Session.Status.FAILED):
        sessions = sessions.filter(status=asked["outcome"])
    if asked["source"] in Source.values:
        sessions = sessions.filter(source=asked["source"])
    if since := day_of(asked["since"]):
        sessions = sessions.filter(created_at__date__gte=since)
    if until := day_of(asked["until"]):
        sessions = sessions.filter(created_at__date__lt=until + timedelta(days=1))
    return sessions


def day_of(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and day.year < 9999 else None


def one_page(sessions: QuerySet[Session], before: str) -> tuple[list[Session], str]:
    """The newest first, after the session `before`; and where the next page begins."""
    cursor = Session.objects.filter(pk=known).first() if (known := parse_uuid(before)) else None
    if cursor:
        older = Q(created_at__lt=cursor.created_at)
        sessions = sessions.filter(older | Q(created_at=cursor.created_at, pk__lt=cursor.pk))
    ordered = sessions.select_related("streamer").order_by("-created_at", "-id")
    page = list(ordered[: PAGE_SIZE + 1])
    following = str(page[PAGE_SIZE - 1].pk) if len(page) > PAGE_SIZE else ""
    return page[:PAGE_SIZE], following


@require_safe
@operators_page(SEE_SESSIONS)
def streamers(request: HttpRequest) -> HttpResponse:
    """Whose lives were captured, and who is on the watch list."""
    name = request.GET.get("name", "").strip().removeprefix("@").replace("\x00", "")
    only_watched = request.GET.get("watched") == "1"
    found = Streamer.objects.annotate(
        lives=Count("sessions"),
        open_session=Subquery(
            Session.objects.filter(streamer=OuterRef("pk"), status__in=Session.OPEN).values("id")[
                :1
            ]
        ),
    ).order_by("-watched", F("last_live_at").desc(nulls_last=True), "username")
    if name:
        found = found.filter(Q(username__icontains=name) | Q(nickname__icontains=name))
    if only_watched:
        found = found.filter(watched=True)
    number = max(to_int(request.GET.get("page", "")), 1)
    begin = (number - 1) * PAGE_SIZE
    page = list(found[begin : begin + PAGE_SIZE + 1])
    kept = {"name": name} | ({"watched": "1"} if only_watched else {})
    return render(
        request,
        "dashboard/streamers.html",
        {
            "streamers": page[:PAGE_SIZE],
            "name": name,
            "only_watched": only_watched,
            "next": urlencode(kept | {"page": number + 1}) if len(page) > PAGE_SIZE else "",
            "previous": urlencode(kept | {"page": number - 1}) if number > 1 else "",
        },
    )


def to_int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


@require_POST
@operators_page(CAPTURE)
def watch(request: HttpRequest) -> HttpResponse:
    """Put somebody on the watch list, or take them off it."""
    name = request.POST.get("username", "")
    try:
        if request.POST.get("on") == "1":
            watched = watching.watch(username=name)
            messages.success(
                request, f"@{watched.username} is watched: every live is captured as it begins."
            )
        else:
            watching.unwatch(username=name)
            messages.info(request, f"@{services.clean_username(name)} is watched no longer.")
    except services.CaptureRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("dashboard:streamers")


@require_safe
@operators_page(SEE_SESSIONS)
def streamer(request: HttpRequest, username: str) -> HttpResponse:
    """One streamer's lives over time."""
    source = Source.ROOM if request.GET.get("source") == Source.ROOM else Source.TIKTOK
    shown = get_object_or_404(Streamer, username=username, source=source)
    sums = shown.sessions.aggregate(
        lives=Count("id"),
        diamonds=Sum("diamonds", default=0),
        gifts=Sum("gifts", default=0),
        follows=Sum("follows", default=0),
        peak=Max("peak_viewers", default=0),
    )
    page, following = one_page(shown.sessions.all(), request.GET.get("before", ""))
    points = [
        {
            "id": str(each.pk),
            "at": (each.started_at or each.created_at).timestamp(),
            "diamonds": each.diamonds,
            "viewers": each.peak_viewers,
        }
        for each in reversed(page)
        if each.started_at
    ]
    return render(
        request,
        "dashboard/streamer.html",
        {
            "streamer": shown,
            "sums": sums,
            "sessions": page,
            "points": points,
            "next": following,
            "checked": [each.pk for each in page if each.started_at][:COMPARED_BY_DEFAULT],
        },
    )


@require_safe
@operators_page(SEE_SESSIONS)
def compare(request: HttpRequest) -> HttpResponse:
    """Up to six sessions side by side."""
    asked = [found for text in request.GET.getlist("session") if (found := parse_uuid(text))]
    compared = as_values(analytics.compare(list(dict.fromkeys(asked))[: analytics.COMPARED_LIMIT]))
    return render(
        request,
        "dashboard/compare.html",
        {
            "sessions": compared,
            "rows": [comparison(label, compared, name) for label, name in COMPARED],
            "too_many": len(asked) > analytics.COMPARED_LIMIT,
            "limit": analytics.COMPARED_LIMIT,
        },
    )


COMPARED = [
    ("Peak viewers", "peak_viewers"),
    ("People seen", "unique_users"),
    ("Diamonds", "diamonds"),
    ("Gifts", "gifts"),
    ("Gifters", "gifters"),
    ("Likes", "likes"),
    ("Follows", "follows"),
    ("Shares", "shares"),
    ("Events", "total"),
]


def comparison(label: str, compared: list[dict[str, Any]], name: str) -> dict[str, Any]:
    values = [each[name] for each in compared]
    best = max(values, default=0)
    cells = [{"value": value, "best": bool(best) and value == best} for value in values]
    return {"label": label, "cells": cells}


def as_values(fragments: list[orjson.Fragment]) -> list[dict[str, Any]]:
    return orjson.loads(orjson.dumps(fragments))


@require_safe
@operators_page("exports.view_export")
def export_list(request: HttpRequest) -> HttpResponse:
    """Files that are being made or are ready."""
    return render(request, "dashboard/exports.html", {"exports": as_values(list_exports())})


@require_POST
@operators_page("exports.delete_export")
def export_remove(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    exports.cancel(get_object_or_404(Export, pk=export_id))
    messages.info(request, "The export is removed.")
    return redirect("dashboard:exports")
