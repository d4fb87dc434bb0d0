"""What the capture API shows of sessions and events: REST, SSE and dashboard alike.

Ids that TikTok gave are texts here: they exceed what a JavaScript number holds.
"""

from apps.capture.models import Category, Session, Streamer
from apps.contract import shapes
from apps.contract.shapes import Field, Shape


def moment(source: str) -> Field:
    """RFC 3339 in UTC with milliseconds, null for null."""
    template = "to_char({source} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    return Field(source, template, {"type": "string", "format": "date-time", "nullable": True})


def big_id(source: str) -> Field:
    """An id as text, null for null."""
    return Field(source, "{source}::text", {"type": "string", "nullable": True})


def yes_no(source: str) -> Field:
    return Field(source, "{source}", {"type": "boolean"})


def one_of(source: str, choices: list[str]) -> Field:
    return Field(source, "{source}", {"type": "string", "enum": choices})


def json_object(source: str) -> Field:
    return Field(source, "{source}", {"type": "object", "additionalProperties": True})


class EventShape(Shape):
    id = shapes.integer("id")
    session_id = Field("session_id", "{source}", {"type": "string", "format": "uuid"})
    type = shapes.text("type")
    category = one_of("category", Category.values)
    subtype = shapes.text("subtype")
    user_id = big_id("user_id")
    unique_id = shapes.text("unique_id")
    nickname = shapes.text("nickname")
    text = shapes.text("text")
    happened_at = moment("happened_at")
    received_at = moment("received_at")
    message_id = big_id("message_id")
    parsed = yes_no("parsed")
    parse_error = shapes.text("parse_error")
    data = json_object("data")


class SessionShape(Shape):
    """Needs `capture_streamer st` joined to the session."""

    id = Field("id", "{source}", {"type": "string", "format": "uuid"})
    username = shapes.text("st.username")
    nickname = shapes.text("st.nickname")
    source = shapes.text("source")
    room_id = shapes.text("room_id")
    status = one_of("status", Session.Status.values)
    status_detail = shapes.text("status_detail")
    problem = shapes.text("problem")
    stop_requested = yes_no("{t}.stop_requested_at IS NOT NULL")
    automatic = yes_no("automatic")
    created_at = moment("created_at")
    started_at = moment("started_at")
    ended_at = moment("ended_at")
    total = shapes.integer("total")
    unparsed = shapes.integer("unparsed")
    counters = json_object("counters")
    gifts = shapes.integer("gifts")
    gift_streaks = shapes.integer("gift_streaks")
    diamonds = shapes.integer("diamonds")
    likes = shapes.integer("likes")
    room_likes = shapes.integer("room_likes")
    follows = shapes.integer("follows")
    shares = shapes.integer("shares")
    viewers = shapes.integer("viewers")
    peak_viewers = shapes.integer("peak_viewers")
    last_event_id = shapes.integer("last_event_id")
    last_event_at = moment("last_event_at")
    events_dropped_at = moment("events_dropped_at")


class GapShape(Shape):
    from_at = moment("from_at")
    to_at = moment("to_at")
    cause = shapes.text("cause")
    detail = shapes.text("detail")


LATEST_GAPS = "SELECT * FROM capture_gap WHERE session_id = s.id ORDER BY from_at DESC LIMIT 100"


class SessionDetailShape(SessionShape):
    gaps = shapes.listed(
        GapShape,
        "g",
        f"FROM ({LATEST_GAPS}) g",
    )


class ParticipantShape(Shape):
    """Needs gifts and diamonds beside the columns of `capture_participant`."""

    user_id = big_id("user_id")
    unique_id = shapes.text("unique_id")
    nickname = shapes.text("nickname")
    first_at = moment("first_at")
    last_at = moment("last_at")
    events = shapes.integer("events")
    chats = shapes.integer("chats")
    likes = shapes.integer("likes")
    gifts = shapes.integer("gifts")
    diamonds = shapes.integer("diamonds")
    follows = shapes.integer("follows")
    shares = shapes.integer("shares")


class GiftShape(Shape):
    gift_id = big_id("gift_id")
    name = shapes.text("name")
    count = shapes.integer("count")
    diamonds_each = shapes.integer("diamonds_each")
    diamonds = shapes.integer("{t}.count::int8 * {t}.diamonds_each")
    closed = yes_no("closed")
    first_at = moment("first_at")
    last_at = moment("last_at")


class HistoryShape(Shape):
    """A session in its streamer's history."""

    id = Field("id", "{source}", {"type": "string", "format": "uuid"})
    status = one_of("status", Session.Status.values)
    started_at = moment("started_at")
    ended_at = moment("ended_at")
    total = shapes.integer("total")
    diamonds = shapes.integer("diamonds")
    likes = shapes.integer("likes")
    follows = shapes.integer("follows")
    peak_viewers = shapes.integer("peak_viewers")


LATEST_SESSIONS = (
    "SELECT * FROM capture_session WHERE streamer_id = {t}.id ORDER BY created_at DESC LIMIT 10"
)


class StreamerShape(Shape):
    username = shapes.text("username")
    nickname = shapes.text("nickname")
    source = shapes.text("source")
    last_live_at = moment("last_live_at")
    watched = yes_no("watched")
    watch_status = one_of("watch_status", Streamer.WatchStatus.values)
    watch_detail = shapes.text("watch_detail")
    watch_checked_at = moment("watch_checked_at")
    watch_next_at = moment("watch_next_at")
    sessions = shapes.integer("(SELECT count(*) FROM capture_session WHERE streamer_id = {t}.id)")
    history = shapes.listed(HistoryShape, "h", f"FROM ({LATEST_SESSIONS}) h")
