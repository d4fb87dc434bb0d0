"""Demo clips, drawn and composed here so that a first-time user has something to watch."""

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from apps.users import demo as people
from apps.users.models import User
from apps.videos import media
from apps.videos.models import Sound, Video, VideoLike
from apps.videos.services import counters, tags

logger = logging.getLogger(__name__)
WIDTH, HEIGHT, FPS, LENGTH_S = 540, 960, 24, 6
ENCODERS = 2
KINDS = {"file": "mp4", "thumbnail": "jpg", "gif": "gif", "audio": "m4a"}


@dataclass(frozen=True)
class Clip:
    """One demo clip. `picture` is an ffmpeg source; `melody` frequencies in Hz, a note a beat."""

    name: str
    title: str
    author: str
    description: str
    picture: str
    melody: tuple[int, ...]
    beat_s: float
    views: int

    @property
    def hashtags(self) -> list[str]:
        return [word[1:] for word in self.description.split() if word.startswith("#")]

    def stored(self, kind: str) -> str:
        return f"demo/{self.name}.{KINDS[kind]}"


SIZE = f"s={WIDTH}x{HEIGHT}:r={FPS}"
CLIPS = (
    Clip(
        "northern-lights",
        "Northern lights",
        "skyline",
        "Waiting all night for this sky #nature #night",
        f"gradients={SIZE}:c0=0x0b1d51:c1=0x1f8a70:c2=0x7ee8fa:c3=0x5b2a86:n=4"
        ":x0=0:y0=0:x1=540:y1=960:speed=0.03:seed=7",
        (220, 277, 330, 415, 330, 277),
        0.5,
        1840,
    ),
    Clip(
        "colony",
        "A colony grows",
        "noah.beats",
        "Three simple rules and it lives #science #art",
        f"life=s=108x192:r={FPS}:mold=12:ratio=0.22:seed=11:death_color=0x3d0c4f"
        f":life_color=0xffd166:mold_color=0x12071f,scale={WIDTH}:{HEIGHT}:flags=neighbor",
        (131, 196, 262, 196, 156, 233),
        0.25,
        960,
    ),
    Clip(
        "deep-dive",
        "Deep dive",
        "loop_lab",
        "How far down can we go? #science #loop",
        f"mandelbrot=s=270x480:r={FPS}:start_scale=2.2:end_scale=0.02:end_pts=170:maxiter=400"
        f":inner=convergence,hue=h=40*t:s=1.4,scale={WIDTH}:{HEIGHT}",
        (110, 110, 165, 147, 131, 98),
        0.375,
        2210,
    ),
    Clip(
        "ripples",
        "Ripples",
        "skyline",
        "Headphones on, world off #calm #loop",
        f"zoneplate={SIZE}:kt2=24:kx2=30:ky2=17,format=gbrp,pseudocolor=preset=cool",
        (294, 370, 440, 554, 440, 370),
        0.75,
        530,
    ),
    Clip(
        "sunset-drive",
        "Sunset drive",
        "mira.paints",
        "Windows down, volume up #travel #summer",
        f"gradients={SIZE}:c0=0xff5f6d:c1=0xffc371:c2=0x4b1248:c3=0xf9d423:n=4:type=radial"
        ":x0=270:y0=640:x1=270:y1=0:speed=0.05:seed=3",
        (175, 220, 262, 330, 262, 220),
        0.25,
        3120,
    ),
    Clip(
        "carpet",
        "Endless carpet",
        "loop_lab",
        "One square, eight copies, forever #art #math",
        f"sierpinski={SIZE}:type=carpet:seed=5:jump=60,hue=h=60*t:s=3,"
        "colorchannelmixer=.6:.2:.1:0:.1:.4:.5:0:.3:.2:.9",
        (247, 294, 370, 494, 370, 294),
        0.375,
        410,
    ),
    Clip(
        "clouds",
        "Head in the clouds",
        "mira.paints",
        "Filmed from the window seat #travel #sky",
        f"perlin=s=135x240:r={FPS}:octaves=5:xscale=3:yscale=4:tscale=0.6:random_mode=seed"
        f":random_seed=4,format=gbrp,pseudocolor=preset=cividis,scale={WIDTH}:{HEIGHT}",
        (196, 247, 294, 392, 294, 247),
        0.5,
        1275,
    ),
    Clip(
        "test-card",
        "Sound check",
        "noah.beats",
        "Is this thing on? #behindthescenes",
        f"testsrc2={SIZE}",
        (440, 440, 523, 440, 659, 523),
        0.5,
        150,
    ),
)


def create() -> list[Video]:
    """The demo clips with their authors, sounds, tags and likes; what exists is kept."""
    missing = [clip for clip in CLIPS if not all(map(default_storage.exists, files_of(clip)))]
    with ThreadPoolExecutor(ENCODERS) as pool, tempfile.TemporaryDirectory() as folder:
        for clip, made in zip(
            missing, pool.map(partial(render, Path(folder)), missing), strict=True
        ):
            store(clip, made)
    with transaction.atomic():
        people.create()
        videos = [record(clip, age_hours=3 * place) for place, clip in enumerate(CLIPS, 1)]
        like_each_other(videos)
        counters.recount(video.pk for video in videos)
    return videos


def files_of(clip: Clip) -> list[str]:
    return [clip.stored(kind) for kind in KINDS]


def render(folder: Path, clip: Clip) -> dict[str, Path]:
    """Draw and encode one clip; the files by kind."""
    made = {kind: folder / f"{clip.name}.{ending}" for kind, ending in KINDS.items()}
    title = folder / f"{clip.name}.png"
    draw_title(clip).save(title)
    media.run_ffmpeg(
        *("-f", "lavfi", "-t", str(LENGTH_S), "-i", clip.picture),
        *("-i", str(title)),
        *("-f", "lavfi", "-t", str(LENGTH_S), "-i", f"aevalsrc={tune(clip)}:s=44100"),
        *("-filter_complex", "[0:v][1:v]overlay=format=auto,format=yuv420p[v]"),
        *("-map", "[v]", "-map", "2:a", "-c:v", "libx264", "-preset", "veryfast", "-crf", "26"),
        *("-profile:v", "main", "-maxrate", "2M", "-bufsize", "2M", "-threads", "1"),
        *("-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", str(made["file"])),
        *("-map", "2:a", "-c:a", "aac", "-b:a", "96k", str(made["audio"])),
    )
    media.make_thumbnail(made["file"], made["thumbnail"])
    media.make_gif(made["file"], made["gif"])
    return made


def draw_title(clip: Clip) -> Image.Image:
    """The clip's title on a see-through picture of the clip's size."""
    picture = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    title, author = ImageFont.load_default(52), ImageFont.load_default(26)
    draw.rounded_rectangle((30, 390, WIDTH - 30, 540), 28, fill=(0, 0, 0, 150))
    draw.text((WIDTH / 2, 450), clip.title, "white", title, anchor="mm")
    draw.text((WIDTH / 2, 505), f"@{clip.author}", (255, 255, 255, 190), author, anchor="mm")
    return picture


def tune(clip: Clip) -> str:
    """The melody as an ffmpeg audio expression, with its bass an octave below."""
    step = f"mod(floor(t/{clip.beat_s})\\,{len(clip.melody)})"
    note = "+".join(f"{hz}*eq({step}\\,{place})" for place, hz in enumerate(clip.melody))
    pluck = f"0.35*sin(2*PI*({note})*t)*exp(-4*mod(t\\,{clip.beat_s}))"
    return f"{pluck}+0.12*sin(PI*{clip.melody[0]}*t)"


def store(clip: Clip, made: dict[str, Path]) -> None:
    for kind, path in made.items():
        name = clip.stored(kind)
        if not default_storage.exists(name):
            with path.open("rb") as content:
                default_storage.save(name, File(content))


def record(clip: Clip, *, age_hours: int) -> Video:
    author = User.objects.get(username=clip.author)
    sound, _ = Sound.objects.get_or_create(
        audio=clip.stored("audio"),
        defaults={
            "name": clip.title,
            "description": f"Original sound by {clip.author}",
            "thumbnail": clip.stored("thumbnail"),
            "duration": LENGTH_S,
            "user": author,
        },
    )
    video, is_new = Video.objects.get_or_create(
        file=clip.stored("file"),
        defaults={
            "user": author,
            "description": clip.description,
            "thumbnail": clip.stored("thumbnail"),
            "gif": clip.stored("gif"),
            "sound": sound,
            "duration": LENGTH_S,
            "width": WIDTH,
            "height": HEIGHT,
            "state": Video.State.READY,
            "view_count": clip.views,
            "share_count": clip.views // 60,
        },
    )
    if is_new:
        posted_at = timezone.now() - timedelta(hours=age_hours)
        Video.objects.filter(pk=video.pk).update(created_at=posted_at)
        tags.set_hashtags(video=video, names=clip.hashtags)
    return video


def like_each_other(videos: list[Video]) -> None:
    """Every author likes some of the others' clips."""
    authors = sorted({video.user_id for video in videos})
    VideoLike.objects.bulk_create(
        [
            VideoLike(user_id=author, video=video)
            for place, author in enumerate(authors)
            for video in videos
            if video.user_id != author and (video.view_count + place) % 3
        ],
        ignore_conflicts=True,
    )
