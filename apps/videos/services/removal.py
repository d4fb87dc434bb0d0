"""Deleting videos: hidden at once, then their rows, then their files.

    delete -> state deleted -> purge (rows go, their files' names into FileRemoval) -> remove_files

Each step begins from rows, so what breaks off is taken up again by the next look (tasks.py).
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import CASCADE, F
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.contract.answers import Refused
from apps.users.models import User
from apps.videos.files import Stored, located
from apps.videos.models import FileRemoval, Sound, Video, VideoDownload, VideoUpload
from apps.videos.services import uploads

logger = logging.getLogger(__name__)
NOT_YOURS = "You can only delete your own videos."
NOT_A_DRAFT = "This draft is not there, or it is not yours."
BATCH = 2000
FIRST_WAIT_S, MAX_WAIT_S = 60, 6 * 3600


@transaction.atomic
def delete(*, user_id: int, video_id: int) -> bool:
    """Hide an own video from everyone; its rows and files go soon. False if it is gone already.

    Raises Refused for somebody else's. Locks the video and then its author.
    """
    there = Video.objects.select_for_update(no_key=True).exclude(state=Video.State.DELETED)
    video = there.filter(pk=video_id).first()
    if video is None:
        return False
    if video.user_id != user_id:
        raise Refused(NOT_YOURS)
    hide(video)
    return True


@transaction.atomic
def delete_draft(*, user_id: int, video_id: int) -> None:
    """The same for a draft alone. Raises Refused for anything else."""
    drafts = Video.objects.select_for_update(no_key=True).exclude(state=Video.State.DELETED)
    draft = drafts.filter(pk=video_id, user_id=user_id, privacy=Video.Privacy.DRAFT).first()
    if draft is None:
        raise Refused(NOT_A_DRAFT)
    hide(draft)


def hide(video: Video) -> None:
    """Take it from all lists and from its author's numbers. The caller has locked the video."""
    counted = video.state == Video.State.READY and not video.is_story
    User.objects.filter(pk=video.user_id).update(
        video_count=Greatest(
            F("video_count") - int(counted and video.privacy != Video.Privacy.DRAFT), 0
        ),
        likes_count=Greatest(F("likes_count") - video.like_count, 0),
    )
    Video.objects.filter(pk=video.pk).update(state=Video.State.DELETED, pinned_at=None)
    VideoUpload.objects.filter(pk=video.pk, done_at=None).update(done_at=timezone.now())
    # The same file may be posted anew.
    VideoUpload.objects.filter(pk=video.pk).update(key=f"deleted:{video.pk}")
    transaction.on_commit(lambda: uploads.hint("remove_deleted"))


def remove_deleted() -> int:
    """Purge the deleted videos and remove what files are due; how many videos."""
    deleted = Video.objects.filter(state=Video.State.DELETED).order_by("pk")
    purged = sum(purge(video_id) for video_id in list(deleted.values_list("pk", flat=True)[:BATCH]))
    remove_files()
    return purged


def purge(video_id: int) -> bool:
    """Delete a deleted video's rows, most of them in batches; its files go into the outbox.

    Locks the video in the last step. False if somebody else has done it.
    """
    video = Video.objects.filter(pk=video_id, state=Video.State.DELETED).first()
    if video is None:
        return False
    for relation in Video._meta.related_objects:
        if getattr(relation, "on_delete", None) is CASCADE and not relation.one_to_one:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: video})
            while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
                rows.model._default_manager.filter(pk__in=ids).delete()
    return purge_row(video_id)


@transaction.atomic
def purge_row(video_id: int) -> bool:
    locked = Video.objects.select_for_update(of=("self",)).select_related("sound")
    video = locked.filter(pk=video_id).first()
    if video is None:
        return False
    forget_files(video)
    video.delete()
    return True


def forget_files(video: Video) -> None:
    """Put the names of a video's files into the outbox, and remove its own sound if no other
    video uses it. The caller deletes the row in the same transaction."""
    upload = VideoUpload.objects.filter(pk=video.pk).first()
    names = [name for name in (video.file, video.thumbnail, video.gif) if is_stored(name)]
    folders = [folder_of(video.hls)] if video.hls else []
    sound = own_sound(video)
    if sound is not None:
        sound.delete()
        names.append(sound.audio)
    names += (
        VideoDownload.objects.filter(pk=video.pk).exclude(file="").values_list("file", flat=True)
    )
    if upload is not None and upload.source:
        remove_later([Stored("private", upload.source)])
    if upload is not None and (sound is not None or not is_in(upload.folder, video.sound)):
        folders.append(upload.folder)  # whatever else a broken try has left there
    remove_later(map(located, names), map(located, folders))


def remove_unless_there(upload: VideoUpload) -> None:
    """A worker was still at it when the video was deleted: its files came after their removal."""
    if not uploads.there(upload.pk).exists():
        remove_later([], [located(upload.folder)])


def is_stored(name: str) -> bool:
    """A name in a storage, and not the address of a file elsewhere."""
    return bool(name) and not name.startswith("http")


def own_sound(video: Video) -> Sound | None:
    """The sound that was cut out of this video and that no other uses."""
    sound = video.sound
    if sound is None or sound.user_id != video.user_id or not is_in(folder_of(video.file), sound):
        return None
    used = Video.objects.filter(sound=sound).exclude(pk=video.pk)
    return None if used.exists() else sound


def is_in(folder: str, sound: Sound | None) -> bool:
    return sound is not None and bool(folder) and folder_of(sound.audio) == folder


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def remove_later(files: Iterable[Stored], folders: Iterable[Stored] = ()) -> None:
    """Write into the outbox, in the caller's transaction."""
    kinds = ((set(files), False), (set(folders), True))
    FileRemoval.objects.bulk_create(
        [
            FileRemoval(storage=stored.alias, name=stored.name, is_folder=is_folder)
            for found, is_folder in kinds
            for stored in sorted(found)
        ]
    )


def remove_files() -> int:
    """Delete the files in the outbox that are due; how many entries are done."""
    due = FileRemoval.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return sum(remove_one(removal) for removal in due[:BATCH])


def remove_one(removal: FileRemoval) -> bool:
    """Delete it now; what the storage refuses is tried again later, and later still."""
    storage = storages[removal.storage]
    try:
        if removal.is_folder:
            empty(storage, removal.name)
        storage.delete(removal.name)
    except Exception as error:
        wait_s = min(FIRST_WAIT_S * 2 ** min(removal.attempts, 12), MAX_WAIT_S)
        logger.warning("Not removed from %s: %s (%s)", removal.storage, removal.name, error)
        FileRemoval.objects.filter(pk=removal.pk).update(
            attempts=F("attempts") + 1,
            due_at=timezone.now() + timedelta(seconds=wait_s),
            problem=f"{type(error).__name__}: {error}"[:300],
        )
        return False
    FileRemoval.objects.filter(pk=removal.pk).delete()
    return True


def empty(storage: Storage, folder: str) -> None:
    """Delete the files of a folder, which may not be there."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        storage.delete(f"{folder}/{name}")
    for name in folders:
        empty(storage, f"{folder}/{name}")
        storage.delete(f"{folder}/{name}")
