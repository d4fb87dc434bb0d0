"""What MediaMTX recorded: from its folder into the private storage, and away when its time is over.

MediaMTX says when a piece is complete, where that is configured (hooks.py); such words get lost,
so the folder is looked through as well. A file leaves the folder once it is stored.
"""

import logging
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.live.models import LiveRoom, Recording, co_host_id_of, room_id_of

logger = logging.getLogger(__name__)
# MediaMTX writes each second while a stream lasts. What has not grown for so long is complete.
SETTLED_S = 30
BATCH = 200


def hint(path: str, segment: str) -> None:
    """A piece is complete, says MediaMTX: `path` is the stream's, `segment` its own file name."""
    from apps.live.tasks import collect_recordings

    try:
        collect_recordings.delay([f"{path}/{Path(segment).name}"])
    except OperationalError:
        logger.warning("The queue is away; a recording is collected later.")


def collect(complete: Collection[str] = ()) -> int:
    """Move what is complete into the storage; how many files.

    `complete` names some that MediaMTX told of. A file that can't be stored stays for the next
    look.
    """
    collected = 0
    for name, file in recorded_files():
        if name in complete or has_settled(file):
            try:
                collected += store(name, file)
            except OSError as error:
                logger.warning("Recording %s is stored later: %s", name, error)
    return collected


def recorded_files() -> Iterator[tuple[str, Path]]:
    """The files in MediaMTX's folder that belong to rooms, by their names below it."""
    root = Path(settings.RECORDINGS_ROOT)
    for file in sorted(root.glob("p*/**/*.mp4")):
        name = file.relative_to(root).as_posix()
        if room_id_of(name.rpartition("/")[0]) is not None:
            yield name, file


def has_settled(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime > SETTLED_S
    except FileNotFoundError:
        return False


def store(name: str, file: Path) -> int:
    """Keep one file; 1 if it is new. Dying at any moment in here leaves a file or its row."""
    path = name.rpartition("/")[0]
    room = LiveRoom.objects.filter(pk=room_id_of(path) or 0).first()
    found = file.stat()
    if room is None or not found.st_size:
        remove_lost(file)
        return 0
    user_id = co_host_id_of(path) or room.host_id
    target = f"recordings/{name}"
    if not Recording.objects.filter(segment=name).exists():
        put(file, target)
        Recording.objects.create(
            room=room,
            user_id=user_id,
            segment=name,
            recorded_at=datetime.fromtimestamp(found.st_mtime, UTC),
            size=found.st_size,
            file=target,
        )
    file.unlink()
    return 1


def remove_lost(file: Path) -> None:
    """Of a room that is not (in this database), or empty: it goes when its time is over."""
    if time.time() - file.stat().st_mtime > max(settings.ROOM_RECORDING_DAYS, 1) * 24 * 3600:
        file.unlink()


def put(file: Path, target: str) -> None:
    """Store under exactly this name, piece by piece; what an earlier try left there goes."""
    private = storages["private"]
    if private.exists(target):
        private.delete(target)
    with file.open("rb") as content:
        private.save(target, File(content))


def remove_old() -> int:
    """Remove the files whose time is over and those that nobody's room has any more; how many."""
    over = Q(room=None)
    if settings.ROOM_RECORDING_DAYS:
        kept_since = timezone.now() - timedelta(days=settings.ROOM_RECORDING_DAYS)
        over |= Q(created_at__lt=kept_since)
    old = list(Recording.objects.exclude(file="").filter(over)[:BATCH])
    for recording in old:
        storages["private"].delete(recording.file)
        Recording.objects.filter(pk=recording.pk).update(file="")
    return len(old)
