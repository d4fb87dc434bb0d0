"""What an overlay shows, and which sessions it may watch."""

from typing import Any
from uuid import UUID

from django.db.models import Case, When
from django.http import HttpRequest

from apps.capture.models import Session
from apps.capture.selectors import find_session
from apps.capture.streaming.permission import Grant
from apps.contract import shapes
from apps.contract.shapes import Shape, fetch_json
from apps.overlays.models import Overlay
from apps.overlays.services import find_overlay

TOP_GIFTERS = 5
TOKEN_PARAMETER = "overlay"
MOST_BACK = 2_000  # events of all kinds


class GifterShape(Shape):
    unique_id = shapes.text("unique_id")
    nickname = shapes.text("nickname")
    diamonds = shapes.integer("diamonds")
    gifts = shapes.integer("gifts")


GIFTERS_SQL = f"""
    SELECT {GifterShape.sql("g")} FROM (
        SELECT max(unique_id) AS unique_id, max(nickname) AS nickname,
            sum(count::int8 * diamonds_each) AS diamonds, sum(count) AS gifts
        FROM capture_gift WHERE session_id = %(session_id)s
        GROUP BY coalesce(user_id::text, unique_id)
        ORDER BY diamonds DESC, gifts DESC LIMIT %(limit)s
    ) g
"""


def may_watch(request: HttpRequest, session_id: UUID) -> Grant | bool:
    """What the overlay that the request names, if any, may watch of a session: of the one that
    it shows now the events that it shows, and no more of the past than a lost connection needs."""
    token = request.GET.get(TOKEN_PARAMETER, "")
    overlay = find_overlay(token) if token else None
    if overlay is None or current_session_id(overlay) != session_id:
        return False
    return Grant(frozenset(Overlay.CATEGORIES[Overlay.Kind(overlay.kind)]), MOST_BACK)


def current_session_id(overlay: Overlay) -> UUID | None:
    """The session it is bound to, or its streamer's: the open one, else the latest."""
    if overlay.session_id:
        return overlay.session_id
    is_open = Case(When(status__in=Session.OPEN, then=1), default=0)
    return (
        Session.objects.filter(streamer=overlay.streamer_id)
        .order_by(is_open.desc(), "-created_at")
        .values_list("id", flat=True)
        .first()
    )


def state(overlay: Overlay) -> dict[str, Any]:
    """All that the page needs besides the stream of events."""
    session_id = current_session_id(overlay)
    session = find_session(session_id) if session_id else None
    answer = {
        "kind": overlay.kind,
        "title": overlay.title,
        "metric": overlay.metric,
        "target": overlay.target,
        "min_diamonds": overlay.min_diamonds,
        "session": session,
    }
    if overlay.kind == Overlay.Kind.GIFTERS and session_id:
        answer["gifters"] = fetch_json(
            GIFTERS_SQL, {"session_id": session_id, "limit": TOP_GIFTERS}
        )
    return answer
