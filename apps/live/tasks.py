"""config/schedule.py says when these run, and on which queue."""

from collections.abc import Collection

from celery import shared_task

from apps.live import cohosts, recordings, replays, services
from apps.live.locks import only_one

RECORDINGS_LOCK = 0x7265636F  # "reco", the key of an advisory lock


@shared_task
def reconcile() -> None:
    services.reconcile_rooms()


@shared_task
def tell_followers(room_id: int) -> None:
    cohosts.tell_followers(room_id=room_id)


@shared_task
def collect_recordings(complete: Collection[str] = ()) -> None:
    """Move recordings to the storage, make replays, remove what is old; one process at a time."""
    with only_one(RECORDINGS_LOCK) as alone:
        if alone:
            recordings.collect(complete)
            replays.make_replays()
            recordings.remove_old()
