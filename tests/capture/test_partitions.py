"""Where events lie: weekly partitions, a default one, and each message once."""

import uuid
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.capture.models import Event, Session, Streamer
from apps.capture.partitions import make_partitions, partition_name, partition_names, week_start


def make_event(session: Session, **fields) -> Event:
    now = timezone.now()
    defaults = {
        "session": session,
        "session_day": session.day,
        "message_key": uuid.uuid4(),
        "type": "WebcastChatMessage",
        "category": "chat",
        "happened_at": now,
        "received_at": now,
        "raw": b"",
    }
    return Event.objects.create(**defaults | fields)


def partition_of(event: Event) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM capture_event WHERE session_id = %s AND id = %s",
            [event.session_id, event.id],
        )
        return cursor.fetchone()[0]


def test_an_event_of_this_week_lies_in_this_weeks_partition(session):
    event = make_event(session)
    assert partition_of(event) == partition_name(week_start(session.day))


def test_an_event_without_a_partition_is_stored_and_moved_when_the_partition_is_made(session):
    day = timezone.now().date() + timedelta(weeks=6)
    event = make_event(session, session_day=day)
    assert partition_of(event) == "capture_event_default"
    assert partition_name(week_start(day)) in make_partitions(weeks_ahead=6)
    assert partition_of(event) == partition_name(week_start(day))


def test_the_command_makes_what_is_missing_and_nothing_twice():
    out = StringIO()
    call_command("make_event_partitions", weeks=8, stdout=out)
    assert partition_name(week_start(timezone.now().date()) + timedelta(weeks=8)) in out.getvalue()
    again = StringIO()
    call_command("make_event_partitions", weeks=8, stdout=again)
    assert again.getvalue() == "Every partition is there.\n"


def test_partitions_of_the_past_can_be_made():
    assert partition_name(date(2024, 1, 1)) in make_partitions(since=date(2024, 1, 4))
    with connection.cursor() as cursor:
        assert partition_name(date(2024, 1, 8)) in partition_names(cursor)


def test_the_same_message_is_refused_in_a_session_and_accepted_in_another(session):
    event = make_event(session)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_event(session, message_key=event.message_key)
    other = Session.objects.create(streamer=Streamer.objects.create(username="bob"))
    make_event(other, message_key=event.message_key)


def test_event_ids_grow(session):
    first, second = make_event(session), make_event(session)
    assert second.id > first.id


def test_a_streamer_has_one_open_session(session):
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(streamer=session.streamer)
    Session.objects.filter(pk=session.pk).update(status=Session.Status.ENDED)
    Session.objects.create(streamer=session.streamer)


def test_deleting_a_session_deletes_its_events(session):
    make_event(session)
    session.delete()
    assert not Event.objects.exists()
