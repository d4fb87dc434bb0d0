"""Reads across what is kept by minute, person, gift and word; never of the events themselves."""

import uuid
from typing import Any

import orjson

from apps.analytics.models import Word
from apps.analytics.shapes import ComparedShape, RegularShape, WordShape
from apps.capture.shapes import moment
from apps.contract.shapes import fetch_json, fetch_one_json

WORDS_LIMIT = 500
COMPARED_LIMIT = 6
EARLIER_SESSIONS = 20
REGULARS_LIMIT = 200

COUNTED_SQL = """
    SELECT to_json(s.last_event_id <= coalesce(p.up_to_id, 0)) FROM capture_session s
    LEFT JOIN analytics_progress p ON p.session_id = s.id WHERE s.id = %(session_id)s
"""


def top_words(*, session_id: uuid.UUID, limit: int = 50) -> dict[str, Any] | None:
    """`{"words": [...], "emoji": [...], "complete": bool}`; None if there is no such session.

    `complete` is false while events wait to be counted, some seconds at most.
    """
    complete = fetch_one_json(COUNTED_SQL, {"session_id": session_id})
    if complete is None:
        return None
    return {
        "words": list_words(session_id, Word.Kind.WORD, limit),
        "emoji": list_words(session_id, Word.Kind.EMOJI, limit),
        "complete": complete,
    }


def list_words(session_id: uuid.UUID, kind: str, limit: int) -> list[orjson.Fragment]:
    return fetch_json(
        f"SELECT {WordShape.sql('w')} FROM analytics_word w WHERE w.session_id = %(session_id)s "
        "AND w.kind = %(kind)s ORDER BY w.messages DESC, w.word LIMIT %(limit)s",
        {"session_id": session_id, "kind": str(kind), "limit": limit},
    )


RETURNING_SQL = f"""
WITH this AS (SELECT id, streamer_id, created_at FROM capture_session WHERE id = %(session_id)s),
earlier AS (
    SELECT s.id FROM capture_session s, this
    WHERE s.streamer_id = this.streamer_id AND s.created_at < this.created_at
    ORDER BY s.created_at DESC LIMIT {EARLIER_SESSIONS}
),
people AS MATERIALIZED (
    SELECT user_id, unique_id, nickname, last_at, events FROM capture_participant
    WHERE session_id = %(session_id)s
),
seen AS MATERIALIZED (
    SELECT p.user_id, count(*) AS sessions, min(p.first_at) AS first_at
    FROM capture_participant p
    WHERE p.session_id IN (SELECT id FROM earlier)
        AND p.user_id IN (SELECT user_id FROM people)
    GROUP BY p.user_id
)
SELECT json_build_object(
    'sessions_before', (SELECT count(*) FROM earlier),
    'unique_users', (SELECT count(*) FROM people),
    'returning_users', (SELECT count(*) FROM seen),
    'regulars', (
        SELECT coalesce(json_agg({RegularShape.sql("r")}), '[]') FROM (
            SELECT p.user_id, p.unique_id, p.nickname, p.last_at, p.events, e.first_at,
                e.sessions + 1 AS sessions
            FROM seen e JOIN people p USING (user_id)
            ORDER BY e.sessions DESC, p.events DESC, p.user_id LIMIT %(limit)s
        ) r
    )
) FROM this
"""


def returning_viewers(*, session_id: uuid.UUID, limit: int = 20) -> orjson.Fragment | None:
    """Who of a session took part in the streamer's sessions before; None if there is none."""
    return fetch_one_json(RETURNING_SQL, {"session_id": session_id, "limit": limit})


CURVE_SQL = """
    SELECT coalesce(json_agg(json_build_object('minute', c.minute, 'events', c.events,
        'diamonds', c.diamonds, 'viewers', c.viewers) ORDER BY c.minute), '[]')
    FROM (
        SELECT (extract(epoch FROM minute - date_trunc('minute', s.started_at)) / 60)::int
            AS minute, sum(events)::int8 AS events, sum(diamonds)::int8 AS diamonds,
            max(viewers) AS viewers
        FROM (
            SELECT minute, events, 0 AS diamonds, 0 AS viewers
            FROM capture_minute WHERE session_id = s.id
            UNION ALL
            SELECT date_trunc('minute', first_at), 0, count::int8 * diamonds_each, 0
            FROM capture_gift WHERE session_id = s.id
            UNION ALL
            SELECT minute, 0, 0, viewers FROM analytics_viewerminute WHERE session_id = s.id
        ) parts GROUP BY 1
    ) c WHERE c.minute >= 0
"""
COMPARE_SQL = f"""
SELECT {ComparedShape.sql("c")} FROM (
    SELECT s.*,
        extract(epoch FROM coalesce(s.ended_at, now()) - s.started_at)::float8 AS duration_s,
        (SELECT count(*) FROM capture_participant WHERE session_id = s.id) AS unique_users,
        (SELECT count(DISTINCT user_id) FROM capture_gift WHERE session_id = s.id) AS gifters,
        ({CURVE_SQL}) AS curve
    FROM capture_session s WHERE s.id = ANY(%(ids)s)
) c JOIN capture_streamer st ON st.id = c.streamer_id
ORDER BY c.created_at, c.id
"""


def compare(ids: list[uuid.UUID]) -> list[orjson.Fragment]:
    """Sessions side by side, the oldest first; ids of no session are left out."""
    return fetch_json(COMPARE_SQL, {"ids": ids})


VIEWERS_SQL = f"""
SELECT json_build_object('minutes', (
    SELECT coalesce(json_agg(json_build_object('minute', {moment("minute").sql("v")},
        'viewers', v.viewers) ORDER BY v.minute), '[]')
    FROM analytics_viewerminute v WHERE v.session_id = s.id
)) FROM capture_session s WHERE s.id = %(session_id)s
"""


def viewers(*, session_id: uuid.UUID) -> orjson.Fragment | None:
    """The most viewers in each minute; None if there is no such session."""
    return fetch_one_json(VIEWERS_SQL, {"session_id": session_id})
