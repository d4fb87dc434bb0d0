"""Done-criterion: TikTokLive in a real Celery worker process, killed and stopped as well."""

import os
import signal
from collections import Counter

import pytest
from django.db import connection

from apps.capture import services, tasks
from apps.capture.models import Event, Session
from apps.capture.webcast.recording import recorded_messages
from apps.capture.webcast.room import AtEnd, Room
from apps.capture.webcast.server import running
from tests.capture.conftest import status_of, stored_ids, wait_for
from tests.capture.workers import CeleryWorkers

pytestmark = pytest.mark.django_db(transaction=True)

Status = Session.Status


@pytest.fixture(scope="module")
def webcast():
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def workers(webcast, django_db_setup):
    workers = CeleryWorkers(webcast.url)
    yield workers
    workers.close()


def owner_of(session: Session) -> int:
    """The process id of the worker that has the session."""
    session.refresh_from_db()
    return int(session.lease_owner.split(":")[1])


def duplicates(session: Session) -> list:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, message_id, count(*) FROM capture_event WHERE session_id = %s "
            "GROUP BY 1, 2 HAVING count(*) > 1",
            [session.pk],
        )
        return cursor.fetchall()


def test_the_recording_is_in_postgres_through_a_celery_worker(webcast, workers):
    room = webcast.rooms["ada"] = Room("ada", messages=recorded_messages(), at_end=AtEnd.GO_OFFLINE)
    workers.at_least(1)
    session = services.start_session(username="ada")
    wait_for(lambda: status_of(session) == Status.ENDED, seconds=120)
    rows = Event.objects.filter(session=session)
    assert Counter(rows.values_list("type", flat=True)) == Counter(
        message.type for message in recorded_messages()
    )
    assert sorted(stored_ids(session)) == sorted(room.sent_ids)
    assert duplicates(session) == []
    raw = Counter((row.type, bytes(row.raw)) for row in rows)
    assert raw == Counter((message.type, message.payload) for message in recorded_messages())
    assert rows.filter(parsed=False).count() == session.unparsed == 556


def test_another_worker_goes_on_after_kill_9_and_every_message_is_there_once(webcast, workers):
    room = webcast.rooms["ada"] = Room(
        "ada", messages=recorded_messages() * 2, rate=1_000, at_end=AtEnd.GO_OFFLINE
    )
    workers.at_least(2)
    session = services.start_session(username="ada")
    wait_for(lambda: len(room.acknowledged_ids) > 600, seconds=120)
    os.kill(workers.with_pid(owner_of(session)).pid, signal.SIGKILL)
    wait_for(lambda: adopted_and_ended(session), seconds=120)
    assert room.connections == 2
    assert room.acknowledged_ids <= set(stored_ids(session))
    assert sorted(stored_ids(session)) == sorted(room.sent_ids)
    assert duplicates(session) == []
    assert session.total == len(room.sent_ids) == 2 * 1598
    assert session.gaps.get().cause == "worker_lost"


def adopted_and_ended(session: Session) -> bool:
    """What beat does every few seconds."""
    tasks.adopt_sessions()
    return status_of(session) == Status.ENDED


def test_a_worker_told_to_stop_hands_its_session_over_and_ends(webcast, workers):
    room = webcast.rooms["ada"] = Room("ada", messages=recorded_messages(), rate=300)
    workers.at_least(1)
    session = services.start_session(username="ada")
    wait_for(lambda: len(room.acknowledged_ids) > 100, seconds=120)
    worker = workers.with_pid(owner_of(session))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=90) == 0
    assert status_of(session) == Status.RECONNECTING
    assert (session.lease_owner, session.problem) == ("", "worker_lost")
    gap = session.gaps.get()
    assert (gap.cause, gap.to_at) == ("worker_lost", None)
    assert room.acknowledged_ids <= set(stored_ids(session))
