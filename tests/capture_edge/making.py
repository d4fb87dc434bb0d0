"""Sessions and events, written as the capture worker leaves them."""

import uuid
from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.capture.models import Event, Session, Streamer


def make_session(username: str, **fields: Any) -> Session:
    streamer, _ = Streamer.objects.get_or_create(username=username)
    return Session.objects.create(
        streamer=streamer, **{"status": "live", "started_at": timezone.now()} | fields
    )


def make_event(session: Session, text: str = "", **fields: Any) -> Event:
    now = timezone.now()
    defaults = {
        "session": session,
        "session_day": session.day,
        "message_key": uuid.uuid4(),
        "type": "WebcastChatMessage",
        "category": "chat",
        "text": text,
        "happened_at": now,
        "received_at": now,
        "raw": b"",
    }
    event = Event.objects.create(**defaults | fields)
    event.refresh_from_db()
    Session.objects.filter(pk=session.pk).update(last_event_id=event.id, total=F("total") + 1)
    return event
