"""What statistics read instead of a million events: counts by minute and by person.

Kept in the transaction that stores the events, under the lock of the session's row, so they
always agree with the events; `rebuild` makes them anew from a session's events.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.capture.copying import at

if TYPE_CHECKING:
    from apps.capture.copying import NewEvent

MINUTE_US = 60 * 1_000_000


@dataclass(slots=True)
class Person:
    """What a batch says of one person in one session."""

    unique_id: str
    nickname: str
    first_us: int
    last_us: int
    events: int = 0
    chats: int = 0
    likes: int = 0
    follows: int = 0
    shares: int = 0

    def add(self, event: "NewEvent") -> None:
        form, moment = event.form, event.happened_us
        self.unique_id = form.unique_id or self.unique_id
        self.nickname = form.nickname or self.nickname
        if moment < self.first_us:
            self.first_us = moment
        elif moment > self.last_us:
            self.last_us = moment
        self.events += 1
        self.likes += form.likes
        if form.category == "chat":
            self.chats += 1
        if form.subtype == "follow":
            self.follows += 1
        elif form.subtype == "share":
            self.shares += 1

    def row(self, session_id: UUID, user_id: int) -> tuple[Any, ...]:
        return (
            *(session_id, user_id, self.unique_id, self.nickname),
            *(at(self.first_us), at(self.last_us)),
            *(self.events, self.chats, self.likes, self.follows, self.shares),
        )


def add(cursor: Any, by_session: dict[UUID, list["NewEvent"]]) -> None:
    """Count events that are being stored; the caller holds the locks of their sessions."""
    minutes: list[tuple[Any, ...]] = []
    people: list[tuple[Any, ...]] = []
    for session_id, events in by_session.items():
        minutes += [
            (session_id, at(minute * MINUTE_US), category, len(ids), min(ids), max(ids))
            for (minute, category), ids in ids_by_minute(events).items()
        ]
        people += [person.row(session_id, id_) for id_, person in people_of(events).items()]
    if minutes:
        cursor.execute(ADD_MINUTES, [list(column) for column in zip(*minutes, strict=True)])
    if people:
        cursor.execute(ADD_PEOPLE, [list(column) for column in zip(*people, strict=True)])


def ids_by_minute(events: list["NewEvent"]) -> dict[tuple[int, str], list[int]]:
    minutes: dict[tuple[int, str], list[int]] = defaultdict(list)
    for event in events:
        minutes[event.happened_us // MINUTE_US, event.form.category].append(event.id)
    return minutes


def people_of(events: list["NewEvent"]) -> dict[int, Person]:
    people: dict[int, Person] = {}
    for event in events:
        form = event.form
        if form.user_id is None:
            continue
        person = people.get(form.user_id)
        if person is None:
            moment = event.happened_us
            person = people[form.user_id] = Person("", "", moment, moment)
        person.add(event)
    return people


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
