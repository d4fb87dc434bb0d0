"""A worker that is told to stop ends, whatever hangs."""

import asyncio
import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.capture import leases, tasks
from apps.capture import worker as worker_module
from apps.capture.models import Session
from apps.capture.runner import Timing
from apps.capture.worker import CaptureWorker
from tests.capture.conftest import OWNER, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Source:
    """A live in which nothing happens."""

    last_frame_at = float("inf")
    close_hangs = False

    async def connect(self) -> str:
        return "77"

    async def wait_closed(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        if self.close_hangs:
            await asyncio.Event().wait()


class HangingSource(Source):
    close_hangs = True


@pytest.fixture
def worker():
    worker = CaptureWorker(timing=Timing(drain_on_shutdown_s=0.2, shutdown_s=0.5))
    worker.start()
    yield worker
    worker.close()


def capture(worker, session, source) -> threading.Thread:
    """A thread that captures, as Celery's does; returns when the session is live."""
    Session.objects.filter(pk=session.pk).update(status="waiting", lease_owner="")
    worker.new_source = lambda username, deliver: source
    thread = threading.Thread(target=worker.capture, args=[session.pk], daemon=True)
    thread.start()
    wait_for(lambda: Session.objects.filter(pk=session.pk, status="live").exists(), seconds=60)
    return thread


def has_ended(thread) -> bool:
    thread.join(timeout=90)
    return not thread.is_alive()


def test_its_session_is_handed_over(worker, session):
    thread = capture(worker, session, Source())
    worker.begin_shutdown()
    assert has_ended(thread)
    session.refresh_from_db()
    assert (session.status, session.lease_owner) == ("reconnecting", "")


def test_a_socket_that_will_not_close_does_not_keep_it(worker, session):
    thread = capture(worker, session, HangingSource())
    worker.begin_shutdown()
    assert has_ended(thread)


def test_a_database_that_is_away_does_not_keep_it(worker, session, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("away")

    thread = capture(worker, session, Source())
    monkeypatch.setattr(leases, "hand_over", away)
    worker.begin_shutdown()
    assert has_ended(thread)


def test_what_it_could_not_hand_over_is_taken_over_when_its_lease_runs_out(session, settings):
    settings.CAPTURE_LEASE_S = 0  # PostgreSQL began longer ago than that
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(pk=session.pk).update(lease_owner=OWNER, lease_expires_at=past)
    assert leases.reserve_orphans() == [session.pk]


class SlowToMake:
    """Stands for a worker; says how many were made and told to stop."""

    made: list["SlowToMake"] = []

    def __init__(self) -> None:
        self.told = False
        self.made.append(self)
        time.sleep(0.05)  # long enough for other threads to come

    def start(self) -> None:
        pass

    def capture(self, session_id) -> None:
        pass

    def begin_shutdown(self) -> None:
        self.told = True


def test_sessions_that_begin_at_once_share_one_worker_which_is_told_to_stop(monkeypatch):
    monkeypatch.setattr(worker_module, "CaptureWorker", SlowToMake)
    monkeypatch.setattr(SlowToMake, "made", [])
    worker_module.started_worker.cache_clear()
    try:
        tasks.hand_sessions_over()  # before there is a worker
        threads = [
            threading.Thread(target=tasks.capture_session, args=[str(uuid.uuid4())])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=90)
        tasks.hand_sessions_over()
    finally:
        worker_module.started_worker.cache_clear()
    assert [each.told for each in SlowToMake.made] == [True]
