"""Sessions and events, written as the capture worker leaves them."""

import uuid
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.capture import rollups
from apps.capture.models import Event, Session, Streamer


def make_session(username: str, **fields: Any) -> Session:
    streamer, _ = Streamer.objects.get_or_create(username=username)
    return Session.objects.create(
        streamer=streamer, **{"status": "live", "started_at": timezone.now()} | fields
    )


def make_event(session: Session, text: str = "", **fields: Any) -> Event:
    return make_events(session, 1, text=text, **fields)[0]


def make_events(session: Session, count: int, **fields: Any) -> list[Event]:
    """All in one transaction, in the order of their ids."""
    now = timezone.now()
    defaults = {
        "session": session,
        "session_day": session.day,
        "type": "WebcastChatMessage",
        "category": "chat",
        "happened_at": now,
        "received_at": now,
        "raw": b"",
    }
    rows = [Event(message_key=uuid.uuid4(), **defaults | fields) for _ in range(count)]
    with transaction.atomic():
        made = Event.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            rollups.rebuild(cursor, session.pk, session.day)
        Session.objects.filter(pk=session.pk).update(
            last_event_id=made[-1].id, total=F("total") + count
        )
    return made
