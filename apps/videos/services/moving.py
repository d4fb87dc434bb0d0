"""Files move with who may see their video: public ones to the media storage, others (private,
draft, held for review) to the private one, into a folder with a new name, so that an address that
somebody was given before leads nowhere.
"""

import logging
import secrets
import tempfile
from pathlib import Path

from django.db import transaction

from apps.videos.files import GUARDED, Stored, fetch, located, names_in, put
from apps.videos.models import Sound, Video, VideoUpload
from apps.videos.services import uploads
from apps.videos.services.removal import folder_of, is_in, remove_later

logger = logging.getLogger(__name__)
BATCH = 100
FIELDS = ("file", "thumbnail", "gif", "hls")


def due(video_id: int) -> None:
    """Note, in the caller's transaction, that a video's files may have to move."""
    if VideoUpload.objects.filter(pk=video_id).update(move_due=True):
        transaction.on_commit(lambda: uploads.hint("move_files"))


def move_files() -> int:
    """Move what is due; how many videos. What fails is tried again by the next look."""
    waiting = VideoUpload.objects.filter(move_due=True).exclude(done_at=None)
    moved = 0
    for video_id in list(waiting.values_list("pk", flat=True)[:BATCH]):
        try:
            moved += move(video_id)
        except Exception:
            logger.exception("The files of video %s are moved later.", video_id)
    return moved


def move(video_id: int) -> bool:
    """Bring a video's files to where they belong; whether they had to move.

    They are copied first. The names change in one transaction, which locks the video, unless
    something else has changed meanwhile; then the copy goes.
    """
    upload = VideoUpload.objects.select_related("video__sound").filter(pk=video_id).first()
    if upload is None or upload.video.state == Video.State.DELETED:
        return False
    if is_in_place(upload):
        return not settle(video_id, upload.folder)
    new = new_folder(upload.video)
    names = [name for name in names_in(upload.folder) if not stays(name, upload.video)]
    with tempfile.TemporaryDirectory(prefix="clipcast-move-") as folder:
        for name in names:
            put(fetch(located(name), Path(folder) / "file"), new + name.removeprefix(upload.folder))
    if rename(video_id, old=upload.folder, new=new, names=names):
        return True
    remove_later([], [located(new)])
    return False


def is_in_place(upload: VideoUpload) -> bool:
    return upload.folder.startswith(GUARDED) == is_guarded(upload.video)


def is_guarded(video: Video) -> bool:
    """Whether its files are not for everyone."""
    return video.privacy != Video.Privacy.PUBLIC or video.block


def new_folder(video: Video) -> str:
    return f"{GUARDED if is_guarded(video) else ''}videos/{secrets.token_urlsafe(24)}"


def stays(name: str, video: Video) -> bool:
    """A sound that other videos use stays where it is."""
    sound = video.sound
    if sound is None or sound.audio != name:
        return False
    return Video.objects.filter(sound=sound).exclude(pk=video.pk).exists()


@transaction.atomic
def settle(video_id: int, folder: str) -> bool:
    """Note that the files are in place, if they still are. Locks the video."""
    video = Video.objects.select_for_update().filter(pk=video_id).first()
    upload = VideoUpload.objects.filter(pk=video_id, folder=folder)
    if video is not None and folder.startswith(GUARDED) == is_guarded(video):
        upload.update(move_due=False)
    return True


@transaction.atomic
def rename(video_id: int, *, old: str, new: str, names: list[str]) -> bool:
    """Let the rows name the copies and give the old files up; False if something changed."""
    videos = Video.objects.select_for_update(of=("self",)).select_related("sound")
    video = videos.filter(pk=video_id).first()
    upload = VideoUpload.objects.filter(pk=video_id, folder=old)
    if video is None or new.startswith(GUARDED) != is_guarded(video):
        return False
    if not upload.update(folder=new, move_due=False):
        return False
    changed = {
        field: new + name.removeprefix(old)
        for field in FIELDS
        if (name := getattr(video, field)).startswith(f"{old}/")
    }
    Video.objects.filter(pk=video_id).update(**changed)
    sound = video.sound
    if sound is not None and is_in(old, sound) and sound.audio in names:
        Sound.objects.filter(pk=sound.pk).update(audio=new + sound.audio.removeprefix(old))
    remove_later([located(name) for name in names], emptied(old, names))
    return True


def emptied(old: str, names: list[str]) -> list[Stored]:
    """The folder itself goes too, unless a sound stays in it."""
    left = [name for name in names_in(old) if name not in names and folder_of(name) == old]
    return [] if left else [located(old)]
