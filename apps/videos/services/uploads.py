"""Uploads: from the received file to the video in the feed.

    received -> processing -> ready
                           -> failed (the reason) -> retry -> received

A worker claims an upload by one conditional UPDATE; a claim that runs out may be taken over, so a
lost message or a killed worker costs time and nothing else.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.contract.answers import Refused
from apps.notifications import services as notifications
from apps.users.models import User
from apps.videos.files import GUARDED
from apps.videos.models import Sound, Video, VideoMention, VideoUpload
from apps.videos.permissions import duettable
from apps.videos.services import places
from apps.videos.services.tags import set_hashtags

logger = logging.getLogger(__name__)
MOST_TRIES = 3
UNREADY = (Video.State.RECEIVED, Video.State.PROCESSING)
PICKED_UP_AFTER = timedelta(minutes=1)  # a new upload whose message was lost
TRIED_AGAIN_AFTER = timedelta(minutes=1)
CLAIM_SPARE_S = 120  # storing the made files takes time too
BATCH = 100
NOT_PREPARED = "This video could not be prepared. Please try again later."


@dataclass(frozen=True, kw_only=True)
class Post:
    """What a person says about a video."""

    description: str = ""
    privacy: str = Video.Privacy.PUBLIC
    allow_comments: bool = True
    allow_duet: bool = True
    is_story: bool = False
    sound_id: int | None = None
    duet_of_id: int | None = None
    layout: str = ""
    lat: float | None = None
    long: float | None = None
    location: str = ""
    address: str = ""
    google_place_id: str = ""
    hashtags: list[str] = field(default_factory=list)
    mentioned: list[int] = field(default_factory=list)


def receive(*, user_id: int, file: UploadedFile, key: str, post: Post) -> int:
    """Keep the file and make the video's row; the video's id.

    The same `key` (or, without one, the same file with the same words) again is the same upload:
    its video's id is given back, and a failed one is tried again. Locks nothing but the new rows.
    """
    key = f"key:{key}" if key else fingerprint(file, post)
    known = VideoUpload.objects.filter(user_id=user_id, key=key).first()
    if known is not None:
        return again(upload=known, file=file)
    # Asked before the file is kept: a duet that may not be leaves nothing behind.
    sound = chosen_sound(user_id=user_id, post=post)
    return take(
        user_id=user_id, key=key, post=post, sound=sound, source=keep(file), size=file.size or 0
    )


def take(*, user_id: int, key: str, post: Post, sound: Sound | None, source: str, size: int) -> int:
    """Make a video's row for a file that is kept; the video's id. Without a row the file goes."""
    try:
        return create(user_id=user_id, key=key, post=post, sound=sound, source=source, size=size)
    except IntegrityError:
        # The other try of the same upload was faster.
        known = VideoUpload.objects.get(user_id=user_id, key=key)
        if known.source != source:
            storages["private"].delete(source)
        return known.video_id
    except BaseException:
        storages["private"].delete(source)
        raise


def fingerprint(file: UploadedFile, post: Post) -> str:
    """The shipped apps send no key; the same file with the same words is a retry of theirs."""
    digest = hashlib.sha256(repr(post).encode())
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return f"sha256:{digest.hexdigest()}"


def chosen_sound(*, user_id: int, post: Post) -> Sound | None:
    """The sound to lay over the clip, or a duet's. Raises Refused for a duet that may not be."""
    if post.duet_of_id:
        original = duettable(post.duet_of_id, viewer_id=user_id)
        if original is None:
            raise Refused("Duets with this video are not allowed.")
        return original.sound
    if not post.sound_id:
        return None
    usable = Q(publish=True) | Q(user_id=user_id)
    return Sound.objects.filter(usable, pk=post.sound_id).first()


def keep(file: File) -> str:
    """Store the file where no address leads; its name there."""
    return storages["private"].save(f"uploads/{secrets.token_urlsafe(24)}", file)


def again(*, upload: VideoUpload, file: UploadedFile) -> int:
    failed = Video.objects.filter(pk=upload.video_id, state=Video.State.FAILED)
    if failed.exists() and not upload.source:
        VideoUpload.objects.filter(pk=upload.pk).update(source=keep(file), size=file.size or 0)
    retry([upload.video_id])
    return upload.video_id


@transaction.atomic
def create(
    *, user_id: int, key: str, post: Post, sound: Sound | None, source: str, size: int
) -> int:
    """Raises IntegrityError if the upload is there already."""
    video = Video.objects.create(
        user_id=user_id,
        description=post.description,
        privacy=post.privacy,
        allow_comments=post.allow_comments,
        allow_duet=post.allow_duet,
        is_story=post.is_story,
        sound=sound,
        duet_of_id=post.duet_of_id,
        lat=post.lat,
        long=post.long,
        location=post.location,
        place=places.named(
            name=post.location,
            address=post.address,
            google_place_id=post.google_place_id,
            lat=post.lat,
            long=post.long,
        ),
    )
    VideoUpload.objects.create(
        video=video,
        user_id=user_id,
        key=key,
        source=source,
        size=size,
        folder=f"videos/{secrets.token_urlsafe(24)}",
        layout=post.layout,
        claimed_until=timezone.now() + PICKED_UP_AFTER,
    )
    set_hashtags(video=video, names=post.hashtags)
    set_mentions(video_id=video.pk, user_ids=post.mentioned)
    transaction.on_commit(lambda: hint("process_video", video.pk))
    return video.pk


def set_mentions(*, video_id: int, user_ids: Iterable[int]) -> None:
    """Tag exactly these people; ids of nobody are passed over."""
    people = User.objects.filter(pk__in=list(user_ids), status=User.Status.ACTIVE)
    VideoMention.objects.filter(video_id=video_id).exclude(user__in=people).delete()
    VideoMention.objects.bulk_create(
        [VideoMention(video_id=video_id, user=person) for person in people], ignore_conflicts=True
    )


def hint(task: str, *arguments: int) -> None:
    """Wake a worker for one of apps.videos.tasks. Without a broker its next look finds the rows."""
    from apps.videos import tasks

    try:
        getattr(tasks, task).delay(*arguments)
    except OperationalError:
        logger.warning("The queue is away; %s %s waits.", task, arguments)


def waiting() -> list[int]:
    """Uploads that nobody works on, the oldest first."""
    due = VideoUpload.objects.filter(done_at=None, claimed_until__lt=timezone.now())
    return list(due.order_by("claimed_until").values_list("pk", flat=True)[:BATCH])


def claim(video_id: int) -> VideoUpload | None:
    """The upload, for the caller alone until `claimed_until`; None if it is somebody's or done."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.MEDIA_TIMEOUT_S + CLAIM_SPARE_S)
    free = Q(claimed_until__lt=now) | Q(attempts=0)
    mine = VideoUpload.objects.filter(free, pk=video_id, done_at=None).update(
        claimed_until=until, attempts=F("attempts") + 1
    )
    if not mine:
        return None
    related = ("video__sound", "video__duet_of")
    upload = VideoUpload.objects.select_related(*related).get(pk=video_id)
    if upload.attempts > MOST_TRIES:
        give_up(upload)
        return None
    Video.objects.filter(pk=video_id, state=Video.State.RECEIVED).update(
        state=Video.State.PROCESSING
    )
    return upload


def give_up(upload: VideoUpload) -> None:
    if upload.video.state == Video.State.READY:
        finish(upload=upload)  # it plays; what is missing is its ladder
    else:
        fail(upload=upload, reason=NOT_PREPARED, detail=upload.detail)


def own(upload: VideoUpload) -> QuerySet[VideoUpload]:
    """The row, as long as nobody else has claimed it since."""
    return VideoUpload.objects.filter(pk=upload.pk, attempts=upload.attempts)


def note(*, upload: VideoUpload, detail: str) -> None:
    """Keep for operators what went wrong; the upload is tried again soon."""
    own(upload).update(detail=detail[:2000], claimed_until=timezone.now() + TRIED_AGAIN_AFTER)


@transaction.atomic
def fail(*, upload: VideoUpload, reason: str, detail: str) -> None:
    """End it. `reason` is a sentence for the video's owner, `detail` for operators."""
    if own(upload).update(done_at=timezone.now(), detail=detail[:2000]):
        notifications.tell(receiver_id=upload.user_id, text=f"Your video was not posted. {reason}")
        unready = Video.objects.filter(pk=upload.pk, state__in=UNREADY)
        unready.update(state=Video.State.FAILED, failure=reason[:300])


def finish(*, upload: VideoUpload) -> None:
    """The making is over; where the files are is looked at once more (services/moving.py)."""
    own(upload).update(done_at=timezone.now(), move_due=True)
    hint("move_files")


def choose_folder(*, upload: VideoUpload, held: bool) -> str:
    """Where the made files go: among the guarded ones unless they are for everyone."""
    privacy = Video.objects.values_list("privacy", flat=True).filter(pk=upload.pk).first()
    name = upload.folder.removeprefix(GUARDED)
    upload.folder = name if privacy == Video.Privacy.PUBLIC and not held else f"{GUARDED}{name}"
    own(upload).update(folder=upload.folder)
    return upload.folder


def add_ladder(*, upload: VideoUpload, name: str) -> bool:
    """Name the ladder in the video's row; False if it was deleted meanwhile."""
    return bool(there(upload.pk).update(hls=name))


def there(video_id: int) -> QuerySet[Video]:
    """The video unless it is deleted."""
    return Video.objects.filter(pk=video_id).exclude(state=Video.State.DELETED)


def forget_source(*, upload: VideoUpload) -> None:
    VideoUpload.objects.filter(pk=upload.pk).update(source="")


def given_up() -> QuerySet[VideoUpload]:
    """Failed uploads whose file has waited long enough for a retry."""
    before = timezone.now() - timedelta(days=settings.UPLOAD_KEEP_DAYS)
    old = VideoUpload.objects.filter(done_at__lt=before).exclude(source="")
    return old.order_by("done_at")[:1000]


def retry(video_ids: Iterable[int]) -> int:
    """Try failed uploads whose files are still there once more; how many."""
    return sum(retry_one(video_id) for video_id in video_ids)


def retry_own(*, user_id: int, video_id: int) -> bool:
    """Try an own upload again; whether there was something to try."""
    mine = VideoUpload.objects.filter(pk=video_id, user_id=user_id)
    return mine.exists() and bool(retry([video_id]))


@transaction.atomic
def retry_one(video_id: int) -> int:
    """Locks the video's row."""
    failed = Video.objects.select_for_update().filter(pk=video_id, state=Video.State.FAILED)
    kept = VideoUpload.objects.filter(pk=video_id).exclude(source="")
    if not failed.exists() or not kept.exists():
        return 0
    kept.update(done_at=None, attempts=0, detail="", claimed_until=timezone.now() + PICKED_UP_AFTER)
    failed.update(state=Video.State.RECEIVED, failure="")
    transaction.on_commit(lambda: hint("process_video", video_id))
    return 1
