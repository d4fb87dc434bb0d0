"""What statistics read instead of a million events: counts by minute and by person.

Kept in the transaction that stores the events, under the lock of the session's row, so they
always agree with the events; `rebuild` makes them anew from a session's events.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from apps.capture.storing import NewEvent


@dataclass(slots=True)
class Person:
    """What a batch says of one person in one session."""

    unique_id: str
    nickname: str
    first_at: datetime
    last_at: datetime
    events: int = 0
    chats: int = 0
    likes: int = 0
    follows: int = 0
    shares: int = 0

    def add(self, event: "NewEvent") -> None:
        form = event.form
        self.unique_id = form.unique_id or self.unique_id
        self.nickname = form.nickname or self.nickname
        self.first_at = min(self.first_at, event.happened_at)
        self.last_at = max(self.last_at, event.happened_at)
        self.events += 1
        self.chats += form.category == "chat"
        self.likes += form.likes
        self.follows += form.subtype == "follow"
        self.shares += form.subtype == "share"


def add(cursor: Any, events: Iterable["NewEvent"]) -> None:
    """Count events that are being stored; the caller holds the locks of their sessions."""
    minutes: dict[tuple[UUID, datetime, str], list[int]] = {}
    people: dict[tuple[UUID, int], Person] = {}
    for event in events:
        form, moment = event.form, event.happened_at
        minute = (event.session_id, moment.replace(second=0, microsecond=0), form.category)
        minutes.setdefault(minute, []).append(event.id)
        if form.user_id is not None:
            key = (event.session_id, form.user_id)
            if key not in people:
                people[key] = Person(form.unique_id, form.nickname, moment, moment)
            people[key].add(event)
    if minutes:
        rows = [(*key, len(ids), min(ids), max(ids)) for key, ids in minutes.items()]
        cursor.execute(ADD_MINUTES, [list(column) for column in zip(*rows, strict=True)])
    if people:
        rows = [person_row(*key, person) for key, person in people.items()]
        cursor.execute(ADD_PEOPLE, [list(column) for column in zip(*rows, strict=True)])


def person_row(session_id: UUID, user_id: int, person: Person) -> tuple[Any, ...]:
    return (
        *(session_id, user_id, person.unique_id, person.nickname, person.first_at),
        *(person.last_at, person.events, person.chats, person.likes, person.follows),
        person.shares,
    )


ADD_MINUTES = """
INSERT INTO capture_minute (session_id, minute, category, events, first_id, last_id)
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::int8[], %s::int8[], %s::int8[])
ON CONFLICT (session_id, minute, category) DO UPDATE SET
    events = capture_minute.events + excluded.events,
    first_id = least(capture_minute.first_id, excluded.first_id),
    last_id = greatest(capture_minute.last_id, excluded.last_id)
"""
PEOPLE_COLUMNS = (
    "session_id, user_id, unique_id, nickname, first_at, last_at, events, chats, likes, follows, "
    "shares"
)
ADD_PEOPLE = f"""
INSERT INTO capture_participant ({PEOPLE_COLUMNS})
SELECT * FROM unnest(%s::uuid[], %s::int8[], %s::text[], %s::text[], %s::timestamptz[],
    %s::timestamptz[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[])
ON CONFLICT (session_id, user_id) DO UPDATE SET
    unique_id = coalesce(nullif(excluded.unique_id, ''), capture_participant.unique_id),
    nickname = coalesce(nullif(excluded.nickname, ''), capture_participant.nickname),
    first_at = least(capture_participant.first_at, excluded.first_at),
    last_at = greatest(capture_participant.last_at, excluded.last_at),
    events = capture_participant.events + excluded.events,
    chats = capture_participant.chats + excluded.chats,
    likes = capture_participant.likes + excluded.likes,
    follows = capture_participant.follows + excluded.follows,
    shares = capture_participant.shares + excluded.shares
"""


def rebuild(cursor: Any, session_id: UUID, day: date) -> None:
    """Count a session anew from its events. The caller holds the lock of the session's row."""
    for table in ("capture_minute", "capture_participant"):
        cursor.execute(f"DELETE FROM {table} WHERE session_id = %s", [session_id])
    cursor.execute(REBUILD_MINUTES, [session_id, day])
    cursor.execute(REBUILD_PEOPLE, [session_id, day])


REBUILD_MINUTES = """
INSERT INTO capture_minute (session_id, minute, category, events, first_id, last_id)
SELECT session_id, date_trunc('minute', happened_at), category, count(*), min(id), max(id)
FROM capture_event WHERE session_id = %s AND session_day = %s GROUP BY 1, 2, 3
"""


def largest(category: str, name: str) -> str:
    return f"coalesce(max({whole(name)}) FILTER (WHERE category = '{category}'), 0)"


def whole(name: str) -> str:
    """SQL for a number in `data`; what was not an int when it was stored is no number."""
    text = f"data->>'{name}'"
    return f"(CASE WHEN {text} ~ '^[0-9]{{1,18}}$' THEN ({text})::int8 END)"


LIKES = f"coalesce(sum({whole('count')}) FILTER (WHERE category = 'like'), 0)"
REBUILD_PEOPLE = f"""
INSERT INTO capture_participant ({PEOPLE_COLUMNS})
SELECT session_id, user_id,
    coalesce((array_agg(unique_id ORDER BY id DESC) FILTER (WHERE unique_id <> ''))[1], ''),
    coalesce((array_agg(nickname ORDER BY id DESC) FILTER (WHERE nickname <> ''))[1], ''),
    min(happened_at), max(happened_at), count(*), count(*) FILTER (WHERE category = 'chat'),
    {LIKES}, count(*) FILTER (WHERE subtype = 'follow'), count(*) FILTER (WHERE subtype = 'share')
FROM capture_event WHERE session_id = %s AND session_day = %s AND user_id IS NOT NULL
GROUP BY session_id, user_id
"""
