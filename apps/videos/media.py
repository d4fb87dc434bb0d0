"""What ffmpeg knows and does about a clip's file."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

PROBE_TIMEOUT_S = 20
ENCODE_TIMEOUT_S = 120
THUMBNAIL_AT_S = 1
GIF_LENGTH_S = 2

DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
PICTURE_SIZE = re.compile(r"Stream #.*Video: .*?[ ,](\d{2,5})x(\d{2,5})[ ,\[]")


class MediaError(Exception):
    """A file that is no clip, or that ffmpeg could not work on; the message says why."""


@dataclass(frozen=True)
class Probe:
    """A clip's length in seconds and its picture's size in pixels."""

    duration: float
    width: int
    height: int


def run_ffmpeg(*arguments: str, timeout_s: int = ENCODE_TIMEOUT_S) -> None:
    """Run ffmpeg (IMAGEIO_FFMPEG_EXE, or the wheel's). Raises MediaError with its last line."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "error", "-y"]
    try:
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError(f"ffmpeg took longer than {timeout_s} seconds.") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MediaError(f"ffmpeg failed: {reason}")


def probe(path: Path) -> Probe:
    """Length and picture size of the clip at `path`. Raises MediaError if it is none."""
    try:
        done = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", str(path)],
            capture_output=True,
            check=False,  # without an output file ffmpeg always "fails"
            text=True,
            errors="replace",
            timeout=PROBE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError("This file could not be read in time.") from error
    duration, size = DURATION.search(done.stderr), PICTURE_SIZE.search(done.stderr)
    if duration is None or size is None:
        raise MediaError("This file is not a video.")
    hours, minutes, seconds = duration.groups()
    length = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return Probe(round(length, 2), int(size[1]), int(size[2]))


def make_thumbnail(clip: Path, picture: Path) -> None:
    """The still picture (JPEG) that stands for a clip."""
    run_ffmpeg(
        *("-ss", str(THUMBNAIL_AT_S), "-i", str(clip)),
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
