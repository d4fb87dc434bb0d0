"""Sounds that people upload.

The file is read by the real decoder, within its limits, and only the sound that it makes of it is
kept: no metadata, no pictures, nothing that merely looks like audio.
"""

import base64
import binascii
import re
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from PIL import Image

from apps.contract.answers import Refused
from apps.users.models import User
from apps.users.services import pictures
from apps.videos import media
from apps.videos.files import located
from apps.videos.media import MediaError
from apps.videos.models import Sound, SoundFavourite
from apps.videos.services.removal import remove_later

MAX_BYTES = 30 * 1024 * 1024
TIMEOUT_S = 60
FOLDER = "sounds/"
NO_SOUND = "This is not a sound we can use. Please send an MP3, M4A, WAV or OGG file."
TOO_LARGE = "This sound is too large. Please send a shorter one."
TOO_LONG = "This sound is longer than {} seconds."
NOT_YOURS = "This sound is not there, or it is not yours."


def add(*, user_id: int, name: str, description: str, audio: object, cover: object = None) -> int:
    """Keep a sound that somebody uploads (`audio` and `cover` are uploads or base64); its id.

    It is for others at once, unless the account is private. Raises Refused for what is no sound.
    """
    picture = pictures.jpeg(opened(cover), pictures.LARGE_PX) if cover else b""
    folder = f"{FOLDER}{secrets.token_urlsafe(24)}"
    with tempfile.TemporaryDirectory(prefix="clipcast-sound-") as place:
        made = Path(place, "sound.m4a")
        duration = make(chunks_of(audio), Path(place, "original"), made)
        with made.open("rb") as content:
            stored = default_storage.save(f"{folder}/sound.m4a", File(content))
    thumbnail = ""
    if picture:
        thumbnail = default_storage.save(f"{folder}/cover.jpg", ContentFile(picture))
    is_private = User.objects.values_list("is_private", flat=True).get(pk=user_id)
    return Sound.objects.create(
        name=name,
        description=description,
        audio=stored,
        thumbnail=thumbnail,
        duration=duration,
        user_id=user_id,
        publish=not is_private,
    ).pk


def opened(cover: object) -> Image.Image:
    return pictures.opened(pictures.bytes_of(cover))


def chunks_of(audio: object) -> Iterable[bytes]:
    """The file's bytes, piece by piece. Raises Refused."""
    if isinstance(audio, dict):
        audio = audio.get("file_data")
    if isinstance(audio, UploadedFile):
        if audio.size is None or audio.size > MAX_BYTES:
            raise Refused(TOO_LARGE)
        return audio.chunks()
    if not isinstance(audio, str):
        raise Refused(NO_SOUND)
    text = re.sub(r"^data:[^,]{0,100},", "", audio)
    try:
        return [base64.b64decode(re.sub(r"\s+", "", text), validate=True)]
    except (binascii.Error, ValueError) as error:
        raise Refused(NO_SOUND) from error


def make(content: Iterable[bytes], original: Path, target: Path) -> float:
    """Decode the file and write its sound as AAC; its length in seconds. Raises Refused."""
    with original.open("wb") as file:
        for chunk in content:
            file.write(chunk)
    try:
        media.probe_sound(original)
        media.run_ffmpeg(
            *("-threads", str(settings.MEDIA_THREADS), *media.source(original)),
            *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
            *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "44100"),
            *("-t", str(settings.VIDEO_MAX_S + 1), "-movflags", "+faststart", str(target)),
            timeout_s=TIMEOUT_S,
        )
        duration = media.probe_sound(target)
    except MediaError as error:
        raise Refused(NO_SOUND) from error
    if duration > settings.VIDEO_MAX_S:
        raise Refused(TOO_LONG.format(settings.VIDEO_MAX_S))
    return duration


def edit(*, user_id: int, sound_id: int, changed: dict[str, str]) -> None:
    """Change what is said of an own sound. Raises Refused for somebody else's."""
    own = Sound.objects.filter(pk=sound_id, user_id=user_id)
    if not (own.update(**changed) if changed else own.exists()):
        raise Refused(NOT_YOURS)


@transaction.atomic
def delete(*, user_id: int, sound_id: int) -> None:
    """Delete an own sound and its files; the videos that use it keep it inside their clips.

    Raises Refused for somebody else's. Locks the sound and then its videos.
    """
    own = Sound.objects.select_for_update().filter(pk=sound_id, user_id=user_id)
    sound = own.first()
    if sound is None:
        raise Refused(NOT_YOURS)
    files = [sound.audio, sound.thumbnail]
    # Another cover is a video's still or somebody's profile picture.
    mine = [name for name in files if name.startswith(FOLDER) or is_clips_own(name)]
    remove_later(located(name) for name in mine)
    SoundFavourite.objects.filter(sound_id=sound_id).delete()
    with connection.cursor() as cursor:
        # The sound first: its count need not follow each video that loses it.
        cursor.execute("DELETE FROM videos_sound WHERE id = %s", [sound_id])
        cursor.execute("UPDATE videos_video SET sound_id = NULL WHERE sound_id = %s", [sound_id])


def is_clips_own(name: str) -> bool:
    """Whether it is the sound that was made of a clip (services/publishing.py)."""
    return name.endswith("/sound.m4a")
