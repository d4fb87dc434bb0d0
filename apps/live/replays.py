"""The replay: a room that has ended becomes a video of its host, by the way of every upload.

The pieces of a room are joined to one video. Only where the picture's form changed in between
(another phone took over) a new part begins, since no player goes on across that.
"""

import logging
import tempfile
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.live.models import LiveRoom, Recording
from apps.live.recordings import recorded_files
from apps.users.models import User
from apps.videos import media
from apps.videos.files import Stored, fetch
from apps.videos.models import Video, VideoUpload
from apps.videos.services import uploads

logger = logging.getLogger(__name__)
# Until MediaMTX has closed what it was writing.
AFTER_THE_END = timedelta(seconds=30)
MOST_TRIES = 3
BATCH = 20
HEADER_BYTES = 64 * 1024
# The box of an MP4 in which a codec says what its pictures are like.
FORM_BOXES = (b"avcC", b"hvcC", b"av1C", b"vpcC")
# What an operator ended, or a banned person sent, is not shown again.
WITH_REPLAY = (LiveRoom.EndReason.HOST, LiveRoom.EndReason.GONE)


def make_replays() -> int:
    """Make the replays of rooms that ended; how many rooms. What fails is tried again later."""
    if not settings.ROOM_REPLAYS:
        return 0
    made = 0
    for room_id in waiting_rooms():
        try:
            made += make_replay(room_id)
        except (media.MediaError, OSError) as error:
            logger.warning("Room %s has no replay yet: %s", room_id, error)
            detail = f"{error} {getattr(error, 'detail', '')}".strip()[:500]
            waiting_pieces(room_id).update(attempts=F("attempts") + 1, detail=detail)
            given_up = waiting_pieces(room_id).filter(attempts__gte=MOST_TRIES)
            given_up.update(done_at=timezone.now())
    return made


def waiting_rooms() -> list[int]:
    """Rooms that have ended, all of whose pieces are stored."""
    uncollected = {int(name.split("/")[1]) for name, _ in recorded_files()}
    rooms = LiveRoom.objects.filter(
        status=LiveRoom.Status.ENDED,
        end_reason__in=WITH_REPLAY,
        ended_at__lt=timezone.now() - AFTER_THE_END,
        host__status=User.Status.ACTIVE,
        recordings__done_at=None,
        recordings__user=F("host"),
    ).exclude(recordings__file="")
    ids = rooms.order_by("pk").values_list("pk", flat=True).distinct()
    return [room_id for room_id in ids[:BATCH] if room_id not in uncollected]


def waiting_pieces(room_id: int) -> QuerySet[Recording]:
    pieces = Recording.objects.filter(room=room_id, user=F("room__host"), done_at=None)
    return pieces.exclude(file="").order_by("recorded_at", "segment")


def make_replay(room_id: int) -> int:
    """Join the pieces of a room and hand them on as uploads of its host; 1."""
    room = LiveRoom.objects.get(pk=room_id)
    with tempfile.TemporaryDirectory(prefix="clipcast-replay-") as folder:
        pieces = []
        for recording in waiting_pieces(room_id):
            local = fetch(Stored("private", recording.file), Path(folder) / f"{recording.pk}.mp4")
            pieces.append((recording, local))
        parts = [list(part) for _, part in groupby(pieces, key=lambda piece: form_of(piece[1]))]
        for number, part in enumerate(parts, 1):
            first = part[0][0].pk
            joined = join([local for _, local in part], Path(folder) / f"part-{first}.mp4")
            title = (
                f"{title_of(room)} ({number}/{len(parts)})" if len(parts) > 1 else title_of(room)
            )
            video_id = post(
                room, joined, key=f"{VideoUpload.OF_ROOM}{room_id}:{first}", title=title
            )
            ids = [recording.pk for recording, _ in part]
            Recording.objects.filter(pk__in=ids).update(video=video_id, done_at=timezone.now())
    return 1


def form_of(file: Path) -> bytes:
    """What the pictures in this file are like; different for two that can't be joined."""
    with file.open("rb") as content:
        header = content.read(HEADER_BYTES)
    for name in FORM_BOXES:
        at = header.find(name)
        if at >= 4:
            return header[at : at - 4 + int.from_bytes(header[at - 4 : at])]
    return file.name.encode()


def join(files: list[Path], target: Path) -> Path:
    """One file of all, the pictures as they are. Raises media.MediaError."""
    names = target.with_suffix(".txt")
    names.write_text("".join(f"file '{file}'\n" for file in files))
    media.run_ffmpeg(
        *("-protocol_whitelist", "file", "-f", "concat", "-safe", "0", "-i", str(names)),
        *("-map", "0:v:0", "-map", "0:a:0?", "-c:v", "copy", "-c:a", "aac", "-b:a", "128k"),
        *("-t", str(settings.ROOM_REPLAY_MAX_S), "-map_metadata", "-1"),
        *("-movflags", "+faststart", "-f", "mp4", str(target)),
        timeout_s=settings.MEDIA_TIMEOUT_S,
        most_bytes=2 * sum(file.stat().st_size for file in files) + media.SPARE_BYTES,
    )
    return target


def title_of(room: LiveRoom) -> str:
    return room.title or f"Live on {room.created_at:%Y-%m-%d}"


def post(room: LiveRoom, file: Path, *, key: str, title: str) -> int:
    """The video's id. Only a room that was open to everyone becomes a public video."""
    open_to_all = room.privacy == LiveRoom.Privacy.PUBLIC and not room.price_coins
    words = uploads.Post(
        description=title,
        privacy=Video.Privacy.PUBLIC if open_to_all else Video.Privacy.PRIVATE,
    )
    with file.open("rb") as content:
        source = uploads.keep(File(content))
    try:
        return uploads.create(
            user_id=room.host_id,
            key=key,
            post=words,
            sound=None,
            source=source,
            size=file.stat().st_size,
        )
    except IntegrityError:  # an earlier try came as far as this
        storages["private"].delete(source)
        return VideoUpload.objects.get(user_id=room.host_id, key=key).video_id
    except BaseException:
        storages["private"].delete(source)
        raise
