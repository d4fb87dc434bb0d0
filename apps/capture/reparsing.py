"""Stored messages parsed again from their bytes, after the parser has learnt more.

A session is done in batches of events by id, each in a transaction that notes how far it came
(`Session.reparsed_to`), so a run that was interrupted goes on where it was. Once all events are
done, gifts and counts are built anew from them. Ids, bytes and moments of receipt stay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from apps.capture import rollups, storing
from apps.capture.channel import announce
from apps.capture.copying import NewEvent, dump_json, microseconds
from apps.capture.models import Event, Gift, Session, Source
from apps.capture.sources import RawMessage
from apps.capture.storing import LockedSession, decode

BATCH_EVENTS = 1_000
FIELDS = (
    *("category", "subtype", "user_id", "unique_id", "nickname", "text", "happened_at"),
    *("parsed", "parse_error"),
)


@dataclass
class Outcome:
    events: int = 0
    changed: int = 0
    newly_parsed: int = 0


def sessions_between(since: datetime | None, until: datetime | None) -> QuerySet[Session]:
    """TikTok's sessions that began in the span and still have events, the oldest first."""
    sessions = Session.objects.filter(source=Source.TIKTOK, events_dropped_at=None, total__gt=0)
    if since:
        sessions = sessions.filter(created_at__gte=since)
    if until:
        sessions = sessions.filter(created_at__lt=until)
    return sessions.order_by("created_at")


def reparse(session: Session, *, told: Callable[[Outcome], None] = lambda so_far: None) -> Outcome:
    """Parse a session's messages again; `told` hears after each batch how far it is.

    Locks the session's row for a batch at a time, and for the count at the end.
    """
    outcome = Outcome()
    while reparse_batch(session, outcome):
        told(outcome)
    recount(session)
    announce(session.pk)
    return outcome


@transaction.atomic
def reparse_batch(session: Session, outcome: Outcome) -> bool:
    """The next events after the latest run's last; whether there were any."""
    locked = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    events = list(
        Event.objects.filter(
            session=locked, session_day=locked.day, id__gt=locked.reparsed_to
        ).order_by("id")[:BATCH_EVENTS]
    )
    if not events:
        return False
    changed = []
    for event in events:
        new = decoded(event)
        if differs(event, new):
            changed.append(new)
            outcome.newly_parsed += not event.parsed and not new.form.error
    write(locked, changed)
    Session.objects.filter(pk=locked.pk).update(reparsed_to=events[-1].id)
    outcome.events += len(events)
    outcome.changed += len(changed)
    return True


def decoded(event: Event) -> NewEvent:
    received_us = microseconds(event.received_at)
    message = RawMessage(event.type, bytes(event.raw), event.message_id or 0, received_us)
    new = decode(event.session_id, message)
    new.id = event.id
    return new


def differs(event: Event, new: NewEvent) -> bool:
    return tuple(getattr(event, name) for name in FIELDS) != fields(new) or event.data != (
        orjson.loads(dump_json(new.form.data))
    )


def fields(event: NewEvent) -> tuple[Any, ...]:
    """In the order of FIELDS."""
    form = event.form
    return (
        *(form.category, form.subtype[:40], form.user_id, form.unique_id, form.nickname),
        *(form.text, event.happened_at, not form.error, form.error.replace("\x00", "")),
    )


UPDATE_EVENT = f"""
UPDATE capture_event SET {" = %s, ".join(FIELDS)} = %s, data = %s
WHERE session_id = %s AND session_day = %s AND id = %s
"""


def write(session: Session, events: list[NewEvent]) -> None:
    rows = [
        (
            *fields(event),
            Jsonb(event.form.data, dumps=dump_json),
            *(session.pk, session.day, event.id),
        )
        for event in events
    ]
    if rows:
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.executemany(UPDATE_EVENT, rows)


# --- Counts ----------------------------------------------------------------------------------


@transaction.atomic
def recount(session: Session) -> None:
    """Gifts and counts anew from the events. Locks the session's row: capture waits meanwhile."""
    locked = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    with psycopg.Cursor(connection.connection) as cursor:
        rollups.rebuild(cursor, locked.pk, locked.day)
        Gift.objects.filter(session=locked).delete()
        gifts = streaks = diamonds = 0
        for batch in gift_events(locked):
            counted = storing.count_gifts(cursor, LockedSession(locked.pk, locked.day, {}, batch))
            gifts, streaks, diamonds = (
                gifts + counted[0],
                streaks + counted[1],
                diamonds + counted[2],
            )
        parameters = {"id": locked.pk, "day": locked.day, "gifts": gifts}
        cursor.execute(RECOUNT, parameters | {"streaks": streaks, "diamonds": diamonds})
    forget_words(locked.pk)


def forget_words(session_id: UUID) -> None:
    """They are counted anew in the background."""
    from apps.analytics import counting  # it stands above this app

    counting.recount(session_id)


def gift_events(session: Session) -> Iterator[list[NewEvent]]:
    after = 0
    while True:
        batch = list(
            Event.objects.filter(
                session=session, session_day=session.day, category="gift", id__gt=after
            ).order_by("id")[:BATCH_EVENTS]
        )
        if not batch:
            return
        yield [decoded(event) for event in batch]
        after = batch[-1].id


RECOUNT = f"""
UPDATE capture_session SET
    counters = e.counters, total = e.total, unparsed = e.unparsed, likes = e.likes,
    room_likes = e.room_likes, follows = e.follows, shares = e.shares,
    peak_viewers = greatest(e.peak_viewers, capture_session.viewers),
    gifts = %(gifts)s, gift_streaks = %(streaks)s, diamonds = %(diamonds)s, reparsed_to = 0
FROM (
    SELECT coalesce(jsonb_object_agg(category, number), '{{}}') AS counters,
        coalesce(sum(number), 0) AS total, coalesce(sum(unparsed), 0) AS unparsed,
        coalesce(sum(likes), 0) AS likes, coalesce(max(room_likes), 0) AS room_likes,
        coalesce(sum(follows), 0) AS follows, coalesce(sum(shares), 0) AS shares,
        coalesce(max(peak_viewers), 0) AS peak_viewers
    FROM (
        SELECT category, count(*) AS number, count(*) FILTER (WHERE NOT parsed) AS unparsed,
            {rollups.LIKES} AS likes, {rollups.largest("like", "total")} AS room_likes,
            count(*) FILTER (WHERE subtype = 'follow') AS follows,
            count(*) FILTER (WHERE subtype = 'share') AS shares,
            {rollups.largest("room_update", "viewers")} AS peak_viewers
        FROM capture_event WHERE session_id = %(id)s AND session_day = %(day)s GROUP BY category
    ) by_category
) e WHERE capture_session.id = %(id)s
"""
