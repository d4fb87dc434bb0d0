"""A short clip becomes the moving picture on a profile."""

import secrets
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from apps.contract.answers import Refused
from apps.users.services import pictures

TIMEOUT_S = 20
LENGTH_S = 3
WIDTH_PX = 240
MAX_BYTES = 50 * 1024 * 1024
NO_CLIP = "This clip could not be read. Please send a short MP4 video."


def set_profile_gif(*, user_id: int, clip: UploadedFile) -> None:
    """Store the first seconds of an MP4 as a GIF; the old one goes. Raises Refused."""
    if clip.size is None or clip.size > MAX_BYTES:
        raise Refused("This clip is too large. Please send a shorter one.")
    gif = gif_of(clip)
    name = f"users/{user_id}/{secrets.token_hex(8)}.gif"
    saved = default_storage.save(name, ContentFile(gif))
    pictures.replace(user_id=user_id, profile_gif=saved)


def gif_of(clip: UploadedFile) -> bytes:
    """ffmpeg may read that one file as MP4 and nothing else: no playlist, no other address."""
    with tempfile.TemporaryDirectory(prefix="clipcast-gif-") as folder:
        source, target = Path(folder, "clip"), Path(folder, "clip.gif")
        with source.open("wb") as file:
            for chunk in clip.chunks():
                file.write(chunk)
        command = [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y"),
            *("-protocol_whitelist", "file", "-f", "mov", "-t", str(LENGTH_S), "-i", str(source)),
            *("-an", "-threads", "1", "-vf", f"fps=8,scale={WIDTH_PX}:-2"),
            str(target),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
            return target.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise Refused(NO_CLIP) from error
