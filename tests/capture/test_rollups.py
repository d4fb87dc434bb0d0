"""Counts by minute and person always agree with the events."""

import pytest
from django.db import connection

from apps.capture import rollups
from apps.capture.models import Event, Minute, Participant
from apps.capture.storing import decode, store
from tests.capture.conftest import OWNER, recorded

pytestmark = pytest.mark.django_db


def stored(session, messages) -> None:
    store([decode(session.pk, message) for message in messages], owner=OWNER)


def counts() -> tuple[list, list]:
    people = Participant.objects.order_by("user_id").values()
    return list(Minute.objects.order_by("minute", "category").values()), list(people)


def test_what_was_counted_bit_by_bit_is_what_the_events_add_up_to(session):
    messages = recorded()
    for start in range(0, len(messages), 400):
        stored(session, messages[start : start + 400])
    kept = counts()
    assert all(kept)
    with connection.cursor() as cursor:
        rollups.rebuild(cursor, session.pk, session.day)
    assert counts() == kept
    assert sum(minute.events for minute in Minute.objects.all()) == Event.objects.count()


def test_a_message_that_comes_again_is_counted_once(session):
    messages = recorded("WebcastLikeMessage", "WebcastChatMessage")
    stored(session, messages)
    kept = counts()
    stored(session, messages)
    assert counts() == kept
    session.refresh_from_db()
    assert session.likes == sum(person.likes for person in Participant.objects.all()) > 0
