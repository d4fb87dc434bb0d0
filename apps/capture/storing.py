"""Raw messages into committed rows: decode, COPY, count; what is stored already is left out.

One transaction stores a batch of many sessions: their events, their gifts and their counters.
It locks the rows of the sessions it writes to, in the order of their ids, and writes only to
those whose lease `owner` holds; a worker that lost a lease stores nothing more. The rows are
copied straight into the table. If its unique key finds a message that is there already, the
transaction is done again without those; under the lock nobody else stores events of these
sessions meanwhile.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from apps.capture import copying, rollups
from apps.capture.copying import NewEvent, in_chunks
from apps.capture.keys import message_key
from apps.capture.normal_form import GiftGiven, NormalForm, normalise
from apps.capture.sources import RawMessage

BySession = dict[UUID, list[NewEvent]]

# A sender's clock that is further off is not believed.
CLOCK_TOLERANCE_US = 3600 * 1_000_000


def decode(session_id: UUID, message: RawMessage) -> NewEvent:
    form = normalise(message.type, message.payload)
    key = message_key(message)
    if form.gift is not None and not form.gift.key:
        form.gift.key = f"message:{UUID(bytes=key)}"
    happened_us = form.happened_ms * 1000
    if abs(happened_us - message.received_us) > CLOCK_TOLERANCE_US:
        happened_us = message.received_us
    return NewEvent(session_id, message, key, form, happened_us)


@dataclass(slots=True)
class LockedSession:
    id: UUID
    day: date
    counters: dict[str, int]
    stored: list[NewEvent] = field(default_factory=list)


def store(events: list[NewEvent], *, owner: str) -> BySession:
    """Commit the events; by session, those that are new, in the order of their new ids.

    A session that `owner` does not hold is missing from the answer. Locks the sessions' rows.
    A value that PostgreSQL refuses costs that event its normal form, never the batch.
    """
    try:
        return store_once(events, owner)
    except (psycopg.DataError, *copying.UNFIT) as error:
        refusal = error
    if len(events) == 1:
        event = events[0]
        event.form = NormalForm(event.form.category, error=f"Refused: {refusal}"[:200])
        event.packed = b""
        return store_once(events, owner)
    middle = len(events) // 2
    first = store(events[:middle], owner=owner)
    for session_id, stored in store(events[middle:], owner=owner).items():
        first.setdefault(session_id, []).extend(stored)
    return first


def store_once(events: list[NewEvent], owner: str) -> BySession:
    """Messages seldom come again, so they are looked up only if the unique key finds one."""
    by_session = without_repeated(events)
    try:
        with transaction.atomic():
            return store_in_transaction(by_session, owner, look_up=False)
    except psycopg.errors.UniqueViolation:
        with transaction.atomic():
            return store_in_transaction(by_session, owner, look_up=True)


def store_in_transaction(by_session: BySession, owner: str, *, look_up: bool) -> BySession:
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        sessions = lock_sessions(cursor, by_session.keys(), owner)
        held = {session_id: by_session[session_id] for session_id in sessions}
        for session_id, events in (without_stored(cursor, held) if look_up else held).items():
            sessions[session_id].stored = events
        copy_events(cursor, sessions.values())
        for session in sessions.values():
            if session.stored:
                count(cursor, session)
        rollups.add(cursor, {session.id: session.stored for session in sessions.values()})
    return {session.id: session.stored for session in sessions.values()}


def without_repeated(events: list[NewEvent]) -> BySession:
    """Without what is earlier in the list. A session's events mostly stand together, and what is
    done once for all of them need not be done for each."""
    new: dict[UUID, dict[bytes, NewEvent]] = {}
    for session_id, together in groupby(events, attrgetter("session_id")):
        of_session = new.setdefault(session_id, {})
        for event in together:
            of_session.setdefault(event.key, event)
    return {session_id: list(of_session.values()) for session_id, of_session in new.items()}


def without_stored(cursor: Any, by_session: BySession) -> BySession:
    """Without what is in the table. The sessions are locked, so nothing is added meanwhile."""
    keys = [UUID(bytes=event.key) for events in by_session.values() for event in events]
    cursor.execute(
        "SELECT session_id, message_key FROM capture_event "
        "JOIN capture_session s ON s.id = session_id AND s.day = session_day "
        "WHERE session_id = ANY(%s) AND message_key = ANY(%s)",
        [list(by_session), keys],
        binary=True,
    )
    stored = {(session_id, key.bytes) for session_id, key in cursor.fetchall()}
    return {
        session_id: [event for event in events if (session_id, event.key) not in stored]
        for session_id, events in by_session.items()
    }


def copy_events(cursor: Any, sessions: Iterable[LockedSession]) -> None:
    """Give the events ids, which grow within a session, and write them."""
    sessions = [session for session in sessions if session.stored]
    number = sum(len(session.stored) for session in sessions)
    cursor.execute(
        "SELECT array_agg(nextval('capture_event_id_seq')) FROM generate_series(1, %s)",
        [number],
        binary=True,
    )
    (ids,) = cursor.fetchone()
    if not ids:
        return
    fresh = iter(ids)
    with cursor.copy(copying.COPY_EVENTS) as copy:
        copy.write(copying.SIGNATURE)
        for session in sessions:
            for event in session.stored:
                event.id = next(fresh)
            for chunk in in_chunks(copying.rows(session.id, session.day, session.stored)):
                copy.write(chunk)
        copy.write(copying.TRAILER)


def lock_sessions(cursor: Any, ids: Iterable[UUID], owner: str) -> dict[UUID, LockedSession]:
    cursor.execute(
        "SELECT id, day, counters::text FROM capture_session "
        "WHERE id = ANY(%s) AND lease_owner = %s ORDER BY id FOR NO KEY UPDATE",
        [list(ids), owner],
    )
    return {
        key: LockedSession(key, day, orjson.loads(counters))
        for key, day, counters in cursor.fetchall()
    }


# --- Counters --------------------------------------------------------------------------------


def count(cursor: Any, session: LockedSession) -> None:
    """Add the stored events to the session's counters; its row is locked."""
    forms = [event.form for event in session.stored]
    counters = Counter(session.counters)
    counters.update(form.category for form in forms)
    viewers = [form.viewers for form in forms if form.viewers is not None]
    gifts, streaks, diamonds = count_gifts(cursor, session)
    cursor.execute(
        UPDATE_SESSION,
        {
            "id": session.id,
            "counters": Jsonb(dict(counters)),
            "total": len(forms),
            "unparsed": sum(1 for form in forms if form.error),
            "gifts": gifts,
            "streaks": streaks,
            "diamonds": diamonds,
            "likes": sum(form.likes for form in forms),
            "room_likes": max(form.room_likes for form in forms),
            "follows": sum(1 for form in forms if form.subtype == "follow"),
            "shares": sum(1 for form in forms if form.subtype == "share"),
            "viewers": viewers[-1] if viewers else None,
            "peak_viewers": max(viewers, default=0),
            "last_event_id": session.stored[-1].id,
            "last_event_at": session.stored[-1].received_at,
        },
    )


UPDATE_SESSION = """
UPDATE capture_session SET
    counters = %(counters)s,
    total = total + %(total)s,
    unparsed = unparsed + %(unparsed)s,
    gifts = gifts + %(gifts)s,
    gift_streaks = gift_streaks + %(streaks)s,
    diamonds = diamonds + %(diamonds)s,
    likes = likes + %(likes)s,
    room_likes = greatest(room_likes, %(room_likes)s),
    follows = follows + %(follows)s,
    shares = shares + %(shares)s,
    viewers = coalesce(%(viewers)s, viewers),
    peak_viewers = greatest(peak_viewers, %(peak_viewers)s),
    last_event_id = %(last_event_id)s,
    last_event_at = %(last_event_at)s
WHERE id = %(id)s
"""


@dataclass(slots=True)
class Streak:
    """What a batch says about one gift: the first event that told of it, and the latest state."""

    first: NewEvent
    last: NewEvent
    gift: GiftGiven


def count_gifts(cursor: Any, session: LockedSession) -> tuple[int, int, int]:
    """Store the gifts' latest counts; how many gifts, streaks and diamonds are new.

    A streak's messages carry its running count, so only the growth is added, and a streak that
    never closes, or whose messages come twice or late, is counted right at every moment.
    """
    streaks = streaks_of(session.stored)
    if not streaks:
        return 0, 0, 0
    cursor.execute(
        "SELECT key, count FROM capture_gift WHERE session_id = %s AND key = ANY(%s)",
        [session.id, list(streaks)],
    )
    known = dict(cursor.fetchall())
    gifts = diamonds = 0
    for key, streak in streaks.items():
        growth = max(streak.gift.count - known.get(key, 0), 0)
        gifts += growth
        diamonds += growth * streak.gift.diamonds_each
    rows = [gift_row(session.id, streak) for streak in streaks.values()]
    cursor.execute(UPSERT_GIFTS, [list(column) for column in zip(*rows, strict=True)])
    return gifts, len(streaks.keys() - known.keys()), diamonds


def streaks_of(events: Iterable[NewEvent]) -> dict[str, Streak]:
    streaks: dict[str, Streak] = {}
    for event in events:
        gift = event.form.gift
        if gift is None:
            continue
        streak = streaks.setdefault(gift.key, Streak(event, event, gift))
        streak.last = event
        if gift.count > streak.gift.count or (gift.closed and gift.count == streak.gift.count):
            streak.gift = gift
    return streaks


def gift_row(session_id: UUID, streak: Streak) -> tuple[Any, ...]:
    gift, giver = streak.gift, streak.first.form
    return (
        *(session_id, gift.key[:100], giver.user_id, giver.unique_id, giver.nickname),
        *(gift.gift_id, gift.name, gift.count, gift.diamonds_each, gift.closed),
        *(streak.first.happened_at, streak.last.happened_at),
    )


UPSERT_GIFTS = """
INSERT INTO capture_gift (session_id, key, user_id, unique_id, nickname, gift_id, name, count,
    diamonds_each, closed, first_at, last_at)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::int8[], %s::text[], %s::text[], %s::int8[],
    %s::text[], %s::int4[], %s::int4[], %s::bool[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (session_id, key) DO UPDATE SET
    count = greatest(capture_gift.count, excluded.count),
    closed = capture_gift.closed OR excluded.closed,
    last_at = greatest(capture_gift.last_at, excluded.last_at)
"""
