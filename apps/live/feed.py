"""What happens in a room, on its way into the event store of captured lives (apps/capture).

A room has a capture session, so that streams, REST, export and the dashboard show it like any
other. `happened` writes a row in the transaction of the cause and takes no lock, so that a
thousand gifts don't queue for the session's row; after the commit `deliver` stores whatever
waits, in batches. What a dead process left behind is delivered by the reconciler.
"""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from redis import RedisError

from apps.capture import valkey
from apps.capture.channel import NEWS, channel_of
from apps.capture.copying import NewEvent, microseconds
from apps.capture.keys import message_key
from apps.capture.models import Category, Event, Session, Source, Streamer
from apps.capture.normal_form import GiftGiven, NormalForm
from apps.capture.sources import RawMessage
from apps.capture.storing import store
from apps.live.models import Happening, LiveRoom
from apps.users.models import User

logger = logging.getLogger(__name__)
BATCH = 500
NO_WORKER = ""  # the lease of a room's session: no capture worker ever takes it

COMMENT = "room.comment"
CATEGORIES = {
    "room.join": Category.MEMBER,
    "room.leave": Category.MEMBER,
    COMMENT: Category.CHAT,
    "room.like": Category.LIKE,
    "room.share": Category.SOCIAL,
    "room.gift": Category.GIFT,
    "room.pin": Category.ROOM_UPDATE,
    "room.moderate": Category.MODERATION,
    "room.cohost": Category.LINK,
}


def begin_session(*, room: LiveRoom, host: User) -> Session:
    """The session of a new room. The streamer's name is made of the id: people rename."""
    nickname = " ".join(filter(None, (host.first_name, host.last_name))) or host.username
    streamer = Streamer(source=Source.ROOM, username=f"user_{host.pk}", nickname=nickname[:100])
    Streamer.objects.bulk_create(
        [streamer],
        update_conflicts=True,
        unique_fields=["source", "username"],
        update_fields=["nickname"],
    )
    return Session.objects.create(
        source=Source.ROOM,
        streamer=streamer,
        room_id=str(room.pk),
        status_detail="Waiting for the host's video.",
    )


def happened(
    *,
    session_id: UUID,
    type: str,
    user_id: int,
    username: str,
    nickname: str = "",
    subtype: str = "",
    text: str = "",
    likes: int = 0,
    gift: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Put an event on its way, in the caller's transaction; its message id. Takes no lock."""
    content = {
        "user_id": user_id,
        "unique_id": username,
        "nickname": nickname or username,
        "subtype": subtype,
        "text": text,
        "likes": likes,
        "gift": gift,
        "data": data or {},
    }
    row = Happening.objects.create(session_id=session_id, type=type, content=content)
    transaction.on_commit(partial(deliver, session_id), robust=True)
    return row.pk


def deliver(session_id: UUID) -> int:
    """Store what waits for a session, oldest first; how many events. Locks the session's row."""
    delivered = 0
    while True:
        with transaction.atomic():
            number = deliver_batch(session_id)
        delivered += number
        if number < BATCH:
            return delivered


def deliver_batch(session_id: UUID) -> int:
    """Needs a transaction. Whoever waited for the lock finds that others delivered for them."""
    Session.objects.select_for_update(no_key=True).get(pk=session_id)
    rows = list(Happening.objects.filter(session_id=session_id).order_by("pk")[:BATCH])
    if rows:
        store([to_event(row) for row in rows], owner=NO_WORKER)
        Happening.objects.filter(pk__in=[row.pk for row in rows]).delete()
        transaction.on_commit(partial(tell, [session_id]), robust=True)
    return len(rows)


def deliver_waiting() -> None:
    """What a process that died between its commit and the delivery left behind."""
    for session_id in Happening.objects.values_list("session_id", flat=True).distinct():
        deliver(session_id)


def to_event(row: Happening) -> NewEvent:
    content = row.content
    moment_us = microseconds(row.created_at)
    message = RawMessage(row.type, orjson.dumps(content), row.pk, moment_us)
    form = NormalForm(
        category=CATEGORIES[row.type].value,
        subtype=content["subtype"],
        user_id=content["user_id"],
        unique_id=content["unique_id"],
        nickname=content["nickname"],
        text=content["text"],
        data=content["data"],
        likes=content["likes"],
        gift=GiftGiven(**content["gift"]) if content["gift"] else None,
    )
    return NewEvent(row.session_id, message, message_key(message), form, moment_us)


def find_comment(*, session: Session, comment_id: int) -> dict[str, Any] | None:
    """A comment by its message id, delivered or not; None if there is none."""
    waiting = Happening.objects.filter(session=session, pk=comment_id, type=COMMENT).first()
    if waiting:
        content = waiting.content
        return pinned(comment_id, content["user_id"], content["unique_id"], content["text"])
    key = UUID(bytes=message_key(RawMessage(COMMENT, b"", comment_id, 0)))
    event = Event.objects.filter(
        session=session, session_day=session.day, message_key=key, category=Category.CHAT
    ).first()
    if event is None:
        return None
    return pinned(comment_id, event.user_id, event.unique_id, event.text)


def pinned(comment_id: int, user_id: int | None, username: str, text: str) -> dict[str, Any]:
    return {"id": comment_id, "user_id": user_id, "username": username, "comment": text}


# --- The session follows its room ------------------------------------------------------------

OPEN_SESSION = "s.source = 'room' AND s.status IN ('waiting', 'connecting', 'live', 'reconnecting')"
ENDING_SQL = f"""
    SELECT DISTINCT s.id FROM capture_session s JOIN live_liveroom r ON r.session_id = s.id
    JOIN live_happening h ON h.session_id = s.id
    WHERE {OPEN_SESSION} AND r.status = 'ended'
"""
MIRROR_SQL = f"""
    UPDATE capture_session s SET
        status = w.status, status_detail = w.detail, started_at = r.started_at,
        ended_at = r.ended_at, viewers = r.viewers_now,
        peak_viewers = greatest(s.peak_viewers, r.viewers_peak)
    FROM live_liveroom r JOIN (VALUES
        ('created', 'waiting', 'Waiting for the host''s video.'),
        ('live', 'live', 'Live.'),
        ('interrupted', 'reconnecting', 'The host''s video was interrupted.'),
        ('ended', 'ended', 'The live has ended.')) AS w(room_status, status, detail)
        ON w.room_status = r.status
    WHERE r.session_id = s.id AND {OPEN_SESSION}
        AND (s.status, s.started_at, s.viewers, s.peak_viewers) IS DISTINCT FROM
            (w.status, r.started_at, r.viewers_now, greatest(s.peak_viewers, r.viewers_peak))
    RETURNING s.id
"""


def mirror_rooms() -> None:
    """Bring open sessions to the state of their rooms, in the caller's transaction.

    What waits for a session that ends is stored before, so that its readers get all of it.
    Locks the sessions that change.
    """
    with connection.cursor() as cursor:
        cursor.execute(ENDING_SQL)
        for (session_id,) in cursor.fetchall():
            deliver(session_id)
        cursor.execute(MIRROR_SQL)
        changed = [row[0] for row in cursor.fetchall()]
    if changed:
        transaction.on_commit(partial(tell, changed), robust=True)


def tell(session_ids: Iterable[UUID]) -> None:
    """A hint to the streams, which look by themselves if it is lost."""
    try:
        pipeline = valkey.client().pipeline(transaction=False)
        for session_id in session_ids:
            pipeline.publish(channel_of(session_id), NEWS)
        pipeline.execute()
    except RedisError as error:
        logger.warning("Streams were not told of news in rooms: %s", error)
