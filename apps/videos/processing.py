"""From an uploaded file to what the apps play.

The clip (MP4: H.264 and AAC, index first, no metadata), its still picture and its small moving
one come first, and the video appears. The ladder for slow networks (HLS) follows, made from the
clip; without it the clip still plays.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from apps.videos import media, review
from apps.videos.files import Stored, fetch, located, put
from apps.videos.media import MAX_FPS, MediaError, Probe
from apps.videos.models import Video, VideoUpload
from apps.videos.services import publishing, removal, uploads

logger = logging.getLogger(__name__)
LONG_SIDE, SHORT_SIDE = 1280, 720
KEYFRAME_EVERY_S = 2  # where the ladder may be cut
RUNGS = ((480, "900k"), (360, "500k"))  # short side in pixels, most bits a second
DUET_SIDE = 640  # each half of a duet is fitted into a square of this, in pixels
FIT = (
    "scale=w='if(gte(iw,ih),min({long},iw),min({short},iw))'"
    ":h='if(gte(iw,ih),min({short},ih),min({long},ih))'"
    ":force_original_aspect_ratio=decrease:force_divisible_by=2"
)


@dataclass(frozen=True)
class Clip:
    """What was made of an upload; the paths are on this machine."""

    video: Path
    thumbnail: Path
    gif: Path
    sound: Path | None
    probe: Probe


class Overtaken(Exception):
    """The video was deleted, or another worker has it, while this one was at it."""


class Clock:
    """What is left of the time for one upload."""

    def __init__(self) -> None:
        self.end = time.monotonic() + settings.MEDIA_TIMEOUT_S

    @property
    def left_s(self) -> float:
        left = self.end - time.monotonic()
        if left < 1:
            raise MediaError("This video takes too long to prepare.", "MEDIA_TIMEOUT_S is over.")
        return left


def process(video_id: int) -> None:
    """Do what is left to do for this upload, unless somebody else is at it.

    What is wrong with the file ends it (`failed`, with the reason). Anything else, a storage that
    is away for one, leaves it claimed until it is tried again.
    """
    upload = uploads.claim(video_id)
    if upload is None:
        return
    clock = Clock()
    try:
        with working_folder() as folder:
            if upload.video.state != Video.State.READY:
                publish(upload, folder, clock)
            add_ladder(upload, folder, clock)
    except MediaError as error:
        logger.info("Video %s failed: %s %s", video_id, error, error.detail)
        uploads.fail(upload=upload, reason=str(error), detail=error.detail)
        return
    except Overtaken:
        removal.remove_unless_there(upload)
        return
    except Exception as error:
        logger.exception("Video %s is tried again later.", video_id)
        uploads.note(upload=upload, detail=f"{type(error).__name__}: {error}")
        return
    uploads.finish(upload=upload)
    remove_source(upload)


@contextmanager
def working_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="clipcast-media-") as folder:
        yield Path(folder)


def publish(upload: VideoUpload, folder: Path, clock: Clock) -> None:
    """Make the clip and show it to the world."""
    original = fetch(Stored("private", upload.source), folder / "original")
    if not is_long_replay(upload, original):
        check(media.probe(original))
    clip = make(upload, original, folder, clock)
    doubt = review.reviewer.judge(video=upload.video, clip=clip.video)
    base = uploads.choose_folder(upload=upload, held=doubt is not None)
    put(clip.video, f"{base}/video.mp4")
    put(clip.thumbnail, f"{base}/thumbnail.jpg")
    put(clip.gif, f"{base}/preview.gif")
    if clip.sound is not None:
        put(clip.sound, f"{base}/sound.m4a")
    shown = publishing.publish(
        upload=upload,
        duration=clip.probe.duration,
        width=clip.probe.width,
        height=clip.probe.height,
        has_own_sound=clip.sound is not None,
        doubt=doubt,
    )
    if not shown:
        raise Overtaken


def is_long_replay(upload: VideoUpload, film: Path) -> bool:
    """A live may be longer than an upload; it is kept as it was sent, for encoding takes hours."""
    return upload.is_replay and media.probe(film).duration > settings.VIDEO_MAX_S


def check(found: Probe) -> None:
    """Raises MediaError for a clip that is too long or too large to be worked on."""
    if found.duration > settings.VIDEO_MAX_S + 1:
        raise MediaError(f"This video is longer than {settings.VIDEO_MAX_S} seconds.")
    if found.width * found.height > settings.VIDEO_MAX_PIXELS:
        raise MediaError(f"The picture is too large ({found.width} x {found.height}).")
    if min(found.width, found.height) < 16:
        raise MediaError("The picture is too small.")


def make(upload: VideoUpload, original: Path, folder: Path, clock: Clock) -> Clip:
    video = folder / "video.mp4"
    video_of = upload.video
    is_long = is_long_replay(upload, original)
    if is_long:
        media.copy(original, video, timeout_s=clock.left_s)
    elif video_of.duet_of is not None and removal.is_stored(video_of.duet_of.file):
        other = fetch(located(video_of.duet_of.file), folder / "other")
        encode_duet(original, other, video, layout=upload.layout, clock=clock)
    elif video_of.sound is not None and removal.is_stored(video_of.sound.audio):
        sound = fetch(located(video_of.sound.audio), folder / "chosen")
        encode(original, video, sound=sound, clock=clock)
    else:
        encode(original, video, sound=None, clock=clock)
    made = media.probe(video)
    thumbnail, gif = folder / "thumbnail.jpg", folder / "preview.gif"
    media.make_thumbnail(video, thumbnail)
    media.make_gif(video, gif)
    own_sound = None
    if made.has_sound and video_of.sound is None and not is_long:
        own_sound = folder / "sound.m4a"
        media.run_ffmpeg("-i", str(video), "-vn", "-c:a", "copy", str(own_sound))
    return Clip(video, thumbnail, gif, own_sound, made)


def h264(*, crf: int = 23, most_bits: str = "2500k") -> tuple[str, ...]:
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-pix_fmt", "yuv420p"),
        *("-crf", str(crf), "-maxrate", most_bits, "-bufsize", most_bits),
        *("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_EVERY_S})"),
        *("-threads", str(settings.MEDIA_THREADS)),
    )


def clean_mp4(target: Path) -> tuple[str, ...]:
    """Nothing of where and with what it was filmed; the index first, so that it plays at once."""
    return (
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "44100"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fpsmax", str(MAX_FPS)),
        *("-t", str(settings.VIDEO_MAX_S), "-frames:v", str(settings.VIDEO_MAX_S * MAX_FPS)),
        *("-movflags", "+faststart", "-f", "mp4", str(target)),
    )


def encode(original: Path, target: Path, *, sound: Path | None, clock: Clock) -> None:
    """The clip with its own sound, or with the chosen one in its place."""
    chosen = media.source(sound) if sound else ()
    heard = ("-map", "1:a:0", "-shortest") if sound else ("-map", "0:a:0?")
    media.run_ffmpeg(
        *("-threads", str(settings.MEDIA_THREADS), *media.source(original), *chosen),
        *("-map", "0:v:0", *heard, "-sn", "-dn"),
        *("-vf", f"{FIT.format(long=LONG_SIDE, short=SHORT_SIDE)},setsar=1"),
        *h264(),
        *clean_mp4(target),
        timeout_s=clock.left_s,
    )


def encode_duet(new: Path, other: Path, target: Path, *, layout: str, clock: Clock) -> None:
    """The new clip left of (or above) the one it answers; both are heard."""
    box = (
        f"scale={DUET_SIDE}:{DUET_SIDE}:force_original_aspect_ratio=decrease,"
        f"pad={DUET_SIDE}:{DUET_SIDE}:-1:-1,setsar=1,fps=30"
    )
    stack = "vstack" if layout == VideoUpload.Layout.ONE_ABOVE_THE_OTHER else "hstack"
    graph = f"[0:v:0]{box}[new];[1:v:0]{box}[other];[new][other]{stack}=shortest=1[v]"
    voices = [place for place, clip in enumerate((new, other)) if media.probe(clip).has_sound]
    heard: tuple[str, ...] = ("-map", f"{voices[0]}:a:0") if len(voices) == 1 else ()
    if len(voices) == 2:
        graph += ";[0:a:0][1:a:0]amix=inputs=2:duration=shortest[a]"
        heard = ("-map", "[a]")
    media.run_ffmpeg(
        *("-threads", str(settings.MEDIA_THREADS), *media.source(new), *media.source(other)),
        *("-filter_complex", graph, "-map", "[v]", *heard, "-shortest"),
        *h264(),
        *clean_mp4(target),
        timeout_s=clock.left_s,
    )


def add_ladder(upload: VideoUpload, folder: Path, clock: Clock) -> None:
    """The HLS ladder of a video that plays already. What fails here is noted, no more."""
    clip = folder / "video.mp4"
    if not clip.exists():
        fetch(located(f"{upload.folder}/video.mp4"), clip)
    if is_long_replay(upload, clip):
        return
    ladder = folder / "hls"
    ladder.mkdir()
    try:
        make_ladder(clip, ladder, clock)
    except MediaError as error:
        logger.warning("Video %s has no ladder: %s", upload.video_id, error.detail)
        uploads.note(upload=upload, detail=f"no ladder: {error.detail}")
        return
    for path in sorted(ladder.iterdir()):
        put(path, f"{upload.folder}/hls/{path.name}")
    if not uploads.add_ladder(upload=upload, name=f"{upload.folder}/hls/master.m3u8"):
        raise Overtaken


def make_ladder(clip: Path, folder: Path, clock: Clock) -> None:
    """The clip itself and the smaller rungs, one fragmented MP4 each, and their playlists."""
    found = media.probe(clip)
    rungs = [rung for rung in RUNGS if rung[0] < min(found.width, found.height)]
    heard = ("-map", "0:a:0", "-c:a", "copy") if found.has_sound else ()
    arguments = ["-i", str(clip), "-map", "0:v:0", "-c:v:0", "copy", *heard]
    for place, (short, most_bits) in enumerate(rungs, 1):
        size = f"{short}:-2" if found.width < found.height else f"-2:{short}"
        arguments += ["-map", "0:v:0", f"-filter:v:{place}", f"scale={size}", *heard]
        arguments += [f"-c:v:{place}", "libx264", f"-b:v:{place}", most_bits]
        arguments += [f"-maxrate:v:{place}", most_bits, f"-bufsize:v:{place}", most_bits]
    streams = [f"v:{n},a:{n}" if heard else f"v:{n}" for n in range(len(rungs) + 1)]
    media.run_ffmpeg(
        *arguments,
        *("-preset", "veryfast", "-threads", str(settings.MEDIA_THREADS)),
        *("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_EVERY_S})"),
        *("-f", "hls", "-hls_time", str(KEYFRAME_EVERY_S * 2), "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments"),
        *("-master_pl_name", "master.m3u8", "-var_stream_map", " ".join(streams)),
        *("-hls_segment_filename", str(folder / "%v.mp4"), str(folder / "%v.m3u8")),
        timeout_s=clock.left_s,
    )


def remove_source(upload: VideoUpload) -> None:
    """The uploaded file is needed no more; it still says where it was filmed."""
    if upload.source:
        storages["private"].delete(upload.source)
        uploads.forget_source(upload=upload)


def remove_old_sources() -> int:
    """Remove the files of uploads that were given up long ago; how many."""
    old = list(uploads.given_up())
    for upload in old:
        remove_source(upload)
    return len(old)
