"""What ffmpeg knows and does about a clip's file.

Files come from strangers, so each run is fenced in: only local files and known containers are
opened, and time, memory, processor time, pixels and output size have an end.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from django.conf import settings

PROBE_TIMEOUT_S = 20
ENCODE_TIMEOUT_S = 120
THUMBNAIL_AT_S = 1
GIF_LENGTH_S = 2
MAX_FPS = 60
SPARE_BYTES = 16 * 1024 * 1024  # what a container may add to what is in it
# No playlists or scripts among them: those name other files and addresses.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,aac,mp3,wav,ogg"
# sh sets the limits (of the process that it then becomes), so that Python needs no fork hooks.
FENCE = 'ulimit -v "$1"; ulimit -t "$2"; ulimit -f "$3"; shift 3; exec nice -n 10 "$@"'

DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
PICTURE_SIZE = re.compile(r"Stream #.*Video: .*?[ ,](\d{1,6})x(\d{1,6})[ ,\[]")
SOUND = re.compile(r"Stream #.*Audio: ")


class MediaError(Exception):
    """A file that is no clip, or that ffmpeg could not work on; the message says why.

    `detail` is for operators.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


@dataclass(frozen=True)
class Probe:
    """A clip's length in seconds, its picture's size in pixels, and whether it has sound."""

    duration: float
    width: int
    height: int
    has_sound: bool


def source(path: Path) -> tuple[str, ...]:
    """The arguments that open a stranger's file."""
    return (
        *("-protocol_whitelist", "file", "-format_whitelist", CONTAINERS),
        *("-max_pixels", str(settings.VIDEO_MAX_PIXELS), "-i", f"file:{path}"),
    )


def fenced(
    *arguments: str, timeout_s: float, most_bytes: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run ffmpeg (IMAGEIO_FFMPEG_EXE, or the wheel's) within the limits of the settings."""
    limits = (
        settings.MEDIA_MEMORY_MB * 1024,  # KiB
        int(timeout_s) * settings.MEDIA_THREADS * 2 + 1,
        max(settings.VIDEO_MAX_BYTES * 2, most_bytes) // 512,  # blocks
    )
    command = ["/bin/sh", "-c", FENCE, "sh", *map(str, limits), imageio_ffmpeg.get_ffmpeg_exe()]
    try:
        return subprocess.run(
            [*command, "-nostdin", "-hide_banner", *arguments],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError(
            "This video takes too long to prepare.", f"ffmpeg took longer than {timeout_s} seconds."
        ) from error


def run_ffmpeg(*arguments: str, timeout_s: float = ENCODE_TIMEOUT_S, most_bytes: int = 0) -> None:
    """Run ffmpeg, overwriting its output. Raises MediaError with its last line as `detail`."""
    threads = ("-filter_threads", "1", "-filter_complex_threads", "1")
    done = fenced(
        "-v", "error", "-y", *threads, *arguments, timeout_s=timeout_s, most_bytes=most_bytes
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise MediaError("This video could not be read.", f"ffmpeg failed: {reason}")


def probe(path: Path) -> Probe:
    """What the clip at `path` says of itself. Raises MediaError if it is none."""
    # Without an output file ffmpeg always "fails".
    done = fenced(*source(path), timeout_s=PROBE_TIMEOUT_S)
    size = PICTURE_SIZE.search(done.stderr)
    if size is None:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise MediaError("This file is not a video.", last)
    has_sound = SOUND.search(done.stderr) is not None
    return Probe(length_of(done.stderr), int(size[1]), int(size[2]), has_sound)


def probe_sound(path: Path) -> float:
    """The length in seconds of a file that has sound. Raises MediaError if it has none."""
    done = fenced(*source(path), timeout_s=PROBE_TIMEOUT_S)
    if SOUND.search(done.stderr) is None:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise MediaError("This file has no sound.", last)
    return length_of(done.stderr)


def length_of(told: str) -> float:
    """Seconds. What is recorded in a browser does not say its length, and has 0."""
    duration = DURATION.search(told)
    hours, minutes, seconds = duration.groups() if duration else (0, 0, 0)
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds), 2)


def copy(clip: Path, target: Path, *, timeout_s: float) -> None:
    """The clip with its index first and nothing but picture and sound, otherwise as it is."""
    run_ffmpeg(
        *(*source(clip), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-sn", "-dn"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4"),
        str(target),
        timeout_s=timeout_s,
        most_bytes=clip.stat().st_size + SPARE_BYTES,
    )


def make_thumbnail(clip: Path, picture: Path) -> None:
    """The still picture (JPEG) that stands for a clip."""
    begin = THUMBNAIL_AT_S if probe(clip).duration > THUMBNAIL_AT_S + 0.2 else 0
    run_ffmpeg(
        *("-ss", str(begin), "-i", str(clip)),
        *("-frames:v", "1", "-q:v", "4"),
        str(picture),
    )


def make_gif(clip: Path, gif: Path) -> None:
    """The small moving picture that the apps show in grids."""
    palette = "fps=8,scale=180:-2:flags=bilinear,split[a][b];[a]palettegen=max_colors=64[p]"
    run_ffmpeg(
        *("-t", str(GIF_LENGTH_S), "-i", str(clip)),
        *("-filter_complex", f"{palette};[b][p]paletteuse=dither=none"),
        str(gif),
    )
