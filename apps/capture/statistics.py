"""What a session adds up to: who took part, when what happened, and streamers' histories.

Read from the counts by minute and person (rollups.py) and from the gifts, never from the
events, so that a session of a million events answers as fast as a small one.
"""

import uuid
from typing import Any

import orjson

from apps.capture.selectors import Page
from apps.capture.shapes import GiftShape, ParticipantShape, StreamerShape, moment
from apps.contract.shapes import fetch_json, fetch_one_json

PEOPLE_LIMIT = 500
GIFTS_LIMIT = 200
STREAMERS_LIMIT = 100
SORTS = ("events", "chats", "likes", "gifts", "diamonds", "follows", "shares")

PEOPLE = """
    SELECT p.*, coalesce(g.gifts, 0) AS gifts, coalesce(g.diamonds, 0) AS diamonds
    FROM capture_participant p
    LEFT JOIN (
        SELECT user_id, sum(count) AS gifts, sum(count::int8 * diamonds_each) AS diamonds
        FROM capture_gift WHERE session_id = %(session_id)s GROUP BY user_id
    ) g ON g.user_id = p.user_id
    WHERE p.session_id = %(session_id)s
"""


def list_participants(
    *, session_id: uuid.UUID, sort: str = "events", cursor: int = 0, limit: int = 50
) -> Page:
    """Those with the most first. `cursor` is how many to leave out."""
    if sort not in SORTS:
        raise ValueError(f"{sort} is not one of {SORTS}")
    rows = fetch_json(
        f"SELECT {ParticipantShape.sql('p')} FROM (SELECT * FROM ({PEOPLE}) every "
        f"ORDER BY {sort} DESC, user_id LIMIT %(limit)s OFFSET %(cursor)s) p",
        {"session_id": session_id, "limit": limit + 1, "cursor": cursor},
    )
    return Page(items=rows[:limit], next_cursor=cursor + limit if len(rows) > limit else None)


def find_participant(*, session_id: uuid.UUID, user_id: int) -> orjson.Fragment | None:
    return fetch_one_json(
        f"SELECT {ParticipantShape.sql('p')} FROM ({PEOPLE} AND p.user_id = %(user_id)s) p",
        {"session_id": session_id, "user_id": user_id},
    )


def list_gifts_of(*, session_id: uuid.UUID, user_id: int) -> list[orjson.Fragment]:
    """What a person gave in a session, the newest first."""
    return fetch_json(
        f"SELECT {GiftShape.sql('g')} FROM capture_gift g WHERE g.session_id = %(session_id)s "
        "AND g.user_id = %(user_id)s ORDER BY g.last_at DESC, g.id DESC LIMIT %(limit)s",
        {"session_id": session_id, "user_id": user_id, "limit": GIFTS_LIMIT},
    )


def session_statistics(*, session_id: uuid.UUID, top: int = 10) -> orjson.Fragment | None:
    """The object that `STATISTICS_SCHEMA` describes; None if there is no such session."""
    return fetch_one_json(STATISTICS_SQL, {"session_id": session_id, "top": top})


def list_streamers(
    *, username: str = "", watched: bool | None = None, cursor: int = 0, limit: int = 50
) -> Page:
    """Those live last first, each with the latest sessions. `cursor` is how many to leave out."""
    parameters: dict[str, Any] = {"limit": limit + 1, "cursor": cursor}
    conditions = ["true"]
    if username:
        parameters["username"] = username
        conditions.append("username = %(username)s")
    if watched is not None:
        parameters["watched"] = watched
        conditions.append("watched = %(watched)s")
    rows = fetch_json(
        f"SELECT {StreamerShape.sql('t')} FROM (SELECT * FROM capture_streamer "
        f"WHERE {' AND '.join(conditions)} "
        "ORDER BY last_live_at DESC NULLS LAST, id LIMIT %(limit)s OFFSET %(cursor)s) t",
        parameters,
    )
    return Page(items=rows[:limit], next_cursor=cursor + limit if len(rows) > limit else None)


def top_people(column: str) -> str:
    """The list is cut before anything is looked up for it: a live may have 100,000 people."""
    return top_list(
        f"""SELECT * FROM capture_participant WHERE session_id = %(session_id)s AND {column} > 0
        ORDER BY {column} DESC, user_id LIMIT %(top)s""",
        """LEFT JOIN LATERAL (
            SELECT sum(count) AS gifts, sum(count::int8 * diamonds_each) AS diamonds
            FROM capture_gift WHERE session_id = %(session_id)s AND user_id = t.user_id
        ) g ON true""",
        f"t.{column}",
    )


def top_gifters() -> str:
    return top_list(
        """SELECT p.*, g.gifts, g.diamonds FROM (
            SELECT user_id, sum(count) AS gifts, sum(count::int8 * diamonds_each) AS diamonds
            FROM capture_gift WHERE session_id = %(session_id)s GROUP BY user_id
        ) g JOIN capture_participant p
            ON p.session_id = %(session_id)s AND p.user_id = g.user_id
        WHERE g.diamonds > 0 ORDER BY g.diamonds DESC, p.user_id LIMIT %(top)s""",
        "",
        "t.diamonds",
    )


def top_list(people: str, join: str, order: str) -> str:
    gifts = ", coalesce(g.gifts, 0) AS gifts, coalesce(g.diamonds, 0) AS diamonds" if join else ""
    return (
        f"(SELECT coalesce(json_agg({ParticipantShape.sql('p')}), '[]') FROM (SELECT t.*{gifts} "
        f"FROM ({people}) t {join} ORDER BY {order} DESC, t.user_id) p)"
    )


MINUTE_TEXT = moment("minute").sql("m")
STATISTICS_SQL = f"""
WITH minutes AS MATERIALIZED (
    SELECT minute, sum(events)::int8 AS events, json_object_agg(category, events) AS categories
    FROM capture_minute WHERE session_id = %(session_id)s GROUP BY minute
),
gift_minutes AS (
    SELECT date_trunc('minute', first_at) AS minute, sum(count)::int8 AS gifts,
        sum(count::int8 * diamonds_each)::int8 AS diamonds
    FROM capture_gift WHERE session_id = %(session_id)s GROUP BY 1
),
time AS (
    SELECT s.id, s.total, s.diamonds, s.gifts, s.likes, s.peak_viewers, s.counters,
        coalesce(extract(epoch FROM coalesce(s.ended_at, now()) - s.started_at), 0)::float8
            AS duration_s
    FROM capture_session s WHERE s.id = %(session_id)s
)
SELECT json_build_object(
    'session_id', t.id,
    'duration_s', round(t.duration_s::numeric, 1),
    'gap_s', (
        SELECT coalesce(round(sum(extract(epoch FROM coalesce(to_at, now()) - from_at)), 1), 0)
        FROM capture_gap WHERE session_id = t.id
    ),
    'total', t.total, 'gifts', t.gifts, 'diamonds', t.diamonds, 'likes', t.likes,
    'peak_viewers', t.peak_viewers,
    'unique_users', (
        SELECT count(*) FROM capture_participant WHERE session_id = %(session_id)s
    ),
    'rate_per_minute', (
        SELECT coalesce(json_object_agg(key, round(
            value::numeric / greatest(t.duration_s / 60, 1)::numeric, 2)), '{{}}')
        FROM jsonb_each_text(t.counters)
    ),
    'peak_minute', (
        SELECT json_build_object('minute', {MINUTE_TEXT}, 'events', m.events)
        FROM minutes m ORDER BY m.events DESC, m.minute LIMIT 1
    ),
    'minutes', (
        SELECT coalesce(json_agg(json_build_object('minute', {MINUTE_TEXT}, 'events', m.events,
            'categories', m.categories) ORDER BY m.minute), '[]') FROM minutes m
    ),
    'gift_minutes', (
        SELECT coalesce(json_agg(json_build_object('minute', {MINUTE_TEXT}, 'gifts', m.gifts,
            'diamonds', m.diamonds) ORDER BY m.minute), '[]') FROM gift_minutes m
    ),
    'top_chatters', {top_people("chats")},
    'top_gifters', {top_gifters()},
    'top_likers', {top_people("likes")}
) FROM time t
"""
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
RATES = {"type": "object", "additionalProperties": {"type": "number"}}
PEOPLE_SCHEMA = {"type": "array", "items": ParticipantShape.schema()}
WHEN = {"type": "string", "format": "date-time"}
GIFT_MINUTE = {"minute": WHEN, "gifts": {"type": "integer"}, "diamonds": {"type": "integer"}}
STATISTICS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "session_id": {"type": "string", "format": "uuid"},
        "duration_s": {"type": "number", "description": "from the first connection on"},
        "gap_s": {"type": "number", "description": "of it without a connection"},
        **{
            name: {"type": "integer"}
            for name in ("total", "gifts", "diamonds", "likes", "peak_viewers", "unique_users")
        },
        "rate_per_minute": RATES,
        "peak_minute": {
            "type": "object",
            "nullable": True,
            "properties": {"minute": WHEN, "events": {"type": "integer"}},
        },
        "minutes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"minute": WHEN, "events": {"type": "integer"}, "categories": COUNTS},
            },
        },
        "gift_minutes": {"type": "array", "items": {"type": "object", "properties": GIFT_MINUTE}},
        "top_chatters": PEOPLE_SCHEMA,
        "top_gifters": PEOPLE_SCHEMA,
        "top_likers": PEOPLE_SCHEMA,
    },
}
