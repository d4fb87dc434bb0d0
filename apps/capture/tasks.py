"""Celery's entry points. `capture_session` runs as long as its session does.

    celery -A config worker -Q capture -P threads -c 50

A task waits in a thread for a coroutine on the process's one asyncio loop; -c is how many
sessions the process takes.
"""

import threading
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from apps.capture import leases, partitions, retention, services, watching
from apps.capture.channel import announce


# The row's lease is what hands a session on, not the queue's redelivery.
@shared_task(acks_late=False)
def capture_session(session_id: str) -> None:
    """Capture until the session ends. Does nothing if another worker has it."""
    from apps.capture.worker import capture_worker

    capture_worker().capture(UUID(session_id))


@worker_ready.connect
def load_library(sender: Any, **_: Any) -> None:
    """The first session need not wait for TikTokLive's slow import."""
    if "capture" in sender.app.amqp.queues.consume_from:
        from apps.capture.worker import load_tiktok

        threading.Thread(target=load_tiktok, name="capture-import", daemon=True).start()


@worker_shutting_down.connect
def hand_sessions_over(**_: Any) -> None:
    """Celery waits for running tasks at its end; these end when their sessions are let go."""
    from apps.capture import worker

    if worker.is_started():
        worker.started_worker().begin_shutdown()


@shared_task
def adopt_sessions() -> None:
    """Send sessions whose worker is gone to the workers that are there."""
    services.end_unowned()
    for session_id in leases.reserve_orphans():
        announce(session_id)
        capture_session.apply_async([str(session_id)], expires=leases.QUEUED_S)


@shared_task
def make_event_partitions() -> None:
    """Make the partitions of the coming weeks, unless that is left to the tables' owner."""
    if partitions.may_change():
        partitions.make_partitions()


@shared_task
def drop_old_events() -> None:
    """Drop what is older than CAPTURE_KEEP_DAYS, if that is set and not left to the owner."""
    if partitions.may_change():
        retention.drop_old_events()


@shared_task
def watch_streamers() -> None:
    """Look which streamers of the watch list are live, and begin to capture those."""
    watching.look()
