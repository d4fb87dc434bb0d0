"""PostgreSQL or Valkey gone for a while: what the socket gave is stored afterwards."""

from itertools import chain

import pytest
from django.db import connection
from redis import ConnectionError as ValkeyGone

from apps.capture import journal, services, valkey
from apps.capture.models import Session
from apps.capture.storer import Storer
from apps.capture.storing import store
from apps.capture.webcast.recording import recorded_messages
from apps.capture.webcast.room import Room
from tests.capture.conftest import OWNER, messages_of, recorded, stored_ids, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

CHATS = "WebcastChatMessage"


def cut_database_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def fill_journal(session: Session, first_id: int = 1) -> list[int]:
    """One frame of comments; the messages' ids."""
    messages = recorded(CHATS, first_id=first_id)
    pipeline = valkey.client().pipeline()
    journal.append_all(pipeline, session.pk, messages)
    pipeline.execute()
    return [message.message_id for message in messages]


@pytest.fixture
def storer(session):
    storer = Storer(OWNER, on_lost=lambda session_id: None)
    storer.sessions = {session.pk}
    return storer


def test_lost_database_connections_lose_nothing(webcast, capture):
    room = webcast.rooms["ada"] = Room("ada", messages=recorded_messages(), rate=800)
    session = services.start_session(username="ada")
    capture.begin(session)
    for wanted in (300, 700, 1_100):
        wait_for(lambda wanted=wanted: len(room.acknowledged_ids) > wanted)
        cut_database_connections()
    wait_for(lambda: len(room.acknowledged_ids) == 1598)
    wait_for(lambda: stored_ids(session) == room.sent_ids)
    assert room.connections == 1


def test_a_failure_before_the_commit_leaves_the_journal(session, storer, monkeypatch):
    ids = fill_journal(session)
    with monkeypatch.context() as patch:
        patch.setattr("apps.capture.storing.count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            storer.store_waiting()
    assert stored_ids(session) == []
    storer.store_waiting()
    assert stored_ids(session) == ids
    assert valkey.client().xlen(journal.key_of(session.pk)) == 0


def test_a_crash_after_the_commit_stores_nothing_twice(session, storer):
    ids = fill_journal(session)
    events = storer.read_journals({}).events
    store(events, owner=OWNER)
    storer.store_waiting()
    session.refresh_from_db()
    assert stored_ids(session) == ids
    assert session.total == len(ids)
    assert valkey.client().xlen(journal.key_of(session.pk)) == 0


def test_a_long_backlog_is_stored_in_order_while_the_next_batch_is_read(
    session, storer, monkeypatch
):
    monkeypatch.setattr("apps.capture.storer.FRAMES_AT_ONCE", 3)
    ids = [fill_journal(session, first_id=1 + index * 1000) for index in range(10)]
    assert storer.store_waiting() == len(ids[0] + ids[1] + ids[2])
    assert storer.ahead is not None
    while storer.store_waiting():
        pass
    assert stored_ids(session) == list(chain.from_iterable(ids))
    assert valkey.client().xlen(journal.key_of(session.pk)) == 0


def test_a_batch_that_was_read_ahead_is_read_again_after_a_failure(session, storer, monkeypatch):
    monkeypatch.setattr("apps.capture.storer.FRAMES_AT_ONCE", 2)
    ids = [fill_journal(session, first_id=1 + index * 1000) for index in range(7)]
    storer.store_waiting()
    with monkeypatch.context() as patch:
        patch.setattr("apps.capture.storing.count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            storer.store_waiting()
    while storer.store_waiting():
        pass
    assert stored_ids(session) == list(chain.from_iterable(ids))


def test_while_valkey_is_away_the_reader_waits_and_then_goes_on(webcast, capture, monkeypatch):
    room = webcast.rooms["ada"] = Room("ada")
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: Session.objects.filter(pk=session.pk, status="live").exists())
    asked = []

    def refuse(**_):
        asked.append(1)
        raise ValkeyGone("away")

    with monkeypatch.context() as patch:
        patch.setattr(capture.worker.valkey, "pipeline", refuse)
        webcast.call(room.send_messages(messages_of(CHATS)))
        wait_for(lambda: len(asked) >= 2)
        assert room.acknowledged_ids == set()
    wait_for(lambda: stored_ids(session) == room.sent_ids)
    assert room.acknowledged_ids == set(room.sent_ids)
    assert room.connections == 1


def test_a_full_journal_slows_the_reader(webcast, capture, monkeypatch):
    monkeypatch.setattr(journal, "MAX_FRAMES", 3)
    monkeypatch.setattr(Storer, "store_waiting", lambda self: 0)
    room = webcast.rooms["ada"] = Room("ada", messages=messages_of(CHATS), per_frame=1)
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: valkey.client().xlen(journal.key_of(session.pk)) == 4)
    webcast.call(room.send_messages(messages_of(CHATS)[:1]))
    assert valkey.client().xlen(journal.key_of(session.pk)) == 4
    assert len(room.acknowledged_ids) <= 3
    monkeypatch.undo()
    wait_for(lambda: len(stored_ids(session)) == len(messages_of(CHATS)) + 1)


def test_messages_keep_their_bytes_in_the_journal():
    messages = recorded()
    assert list(journal.unpack(journal.pack(messages))) == messages
