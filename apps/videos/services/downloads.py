"""Files for downloadVideo: the clip with its author's name on it.

The first request for a video has the file made, by the media worker; later ones get it at once
until nobody has asked for it for DOWNLOAD_KEEP_DAYS.
"""

import logging
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from apps.contract.answers import Refused
from apps.contract.guarded import PREFIX, path_for
from apps.users.models import PrivacySetting
from apps.videos import access, media
from apps.videos.files import Stored, fetch, located, put
from apps.videos.media import MediaError
from apps.videos.models import Video, VideoDownload
from apps.videos.services import uploads
from apps.videos.services.removal import is_stored, remove_later

logger = logging.getLogger(__name__)
NOT_ALLOWED = "This person's videos can't be downloaded."
COMES_SOON = "Your download is being prepared. Please try again in a few seconds."
MOST_TRIES = 2
PICKED_UP_AFTER = timedelta(minutes=1)
MARGIN = 0.03  # of the picture's short side
BATCH = 100


def path_to(*, video_id: int, viewer_id: int) -> str:
    """Where the viewer finds the watermarked file, relative to our host; counts a download.

    Raises Refused if they may not have it, and while it is being made. If it can't be made, the
    clip itself is given.
    """
    check_may_download(video_id, viewer_id=viewer_id)
    now = timezone.now()
    download, new = VideoDownload.objects.get_or_create(
        video_id=video_id, defaults={"claimed_until": now + PICKED_UP_AFTER, "asked_at": now}
    )
    if new:
        transaction.on_commit(lambda: uploads.hint("render_download", video_id))
    if download.done_at is None:
        raise Refused(COMES_SOON)
    VideoDownload.objects.filter(pk=video_id).update(asked_at=now)
    Video.objects.filter(pk=video_id).update(download_count=F("download_count") + 1)
    return f"{path_for(viewer_id)}downloads/{video_id}.mp4"


def check_may_download(video_id: int, *, viewer_id: int) -> Video:
    """Raises Refused unless this person (0: a guest) may keep a copy of the video."""
    access.check_visible(video_id, viewer_id=viewer_id)
    video = Video.objects.select_related("user").filter(pk=video_id, state="ready").first()
    if video is None or not is_stored(video.file):
        raise Refused(access.NO_SUCH_VIDEO)
    allowed = PrivacySetting.objects.filter(user=video.user_id).values_list("videos_download")
    if video.user_id != viewer_id and allowed.first() == (False,):
        raise Refused(NOT_ALLOWED)
    return video


def file_for(video_id: int, *, viewer_id: int) -> Stored:
    """The file behind such a path; the rules are asked again. Raises Refused."""
    video = check_may_download(video_id, viewer_id=viewer_id)
    made = VideoDownload.objects.filter(pk=video_id).values_list("file", flat=True).first()
    return located(made or video.file)


def waiting() -> list[int]:
    """Downloads that nobody makes, the oldest first."""
    due = VideoDownload.objects.filter(done_at=None, claimed_until__lt=timezone.now())
    return list(due.order_by("claimed_until").values_list("pk", flat=True)[:BATCH])


def render(video_id: int) -> None:
    """Make the file, unless somebody else does. After MOST_TRIES it is given up."""
    now = timezone.now()
    mine = VideoDownload.objects.filter(pk=video_id, done_at=None)
    free = mine.filter(claimed_until__lt=now) | mine.filter(attempts=0)
    until = now + timedelta(seconds=settings.MEDIA_TIMEOUT_S)
    if not free.update(claimed_until=until, attempts=F("attempts") + 1):
        return
    download = VideoDownload.objects.select_related("video__user").get(pk=video_id)
    name = f"{PREFIX}downloads/{video_id}-{secrets.token_urlsafe(16)}.mp4"
    try:
        with tempfile.TemporaryDirectory(prefix="clipcast-download-") as folder:
            clip = fetch(located(download.video.file), Path(folder) / "clip.mp4")
            put(watermarked(clip, f"@{download.video.user.username}", Path(folder)), name)
    except (MediaError, OSError) as error:
        logger.warning("Video %s has no watermarked file: %s", video_id, error)
        given_up = download.attempts >= MOST_TRIES or isinstance(error, MediaError)
        done = {"done_at": timezone.now()} if given_up else {}
        mine.update(detail=str(error)[:300], claimed_until=now + PICKED_UP_AFTER, **done)
        return
    if not mine.update(file=name, done_at=timezone.now(), detail=""):
        remove_later([located(name)])  # the video was deleted meanwhile


def watermarked(clip: Path, text: str, folder: Path) -> Path:
    """The clip with a text in its corner. Raises MediaError."""
    found = media.probe(clip)
    label, target = folder / "label.png", folder / "watermarked.mp4"
    draw_label(text, width=found.width, short=min(found.width, found.height)).save(label)
    gap = round(min(found.width, found.height) * MARGIN)
    media.run_ffmpeg(
        *("-threads", str(settings.MEDIA_THREADS), *media.source(clip)),
        *("-protocol_whitelist", "file", "-i", f"file:{label}"),
        *("-filter_complex", f"[0:v:0][1:v:0]overlay=W-w-{gap}:H-h-{gap},format=yuv420p[v]"),
        *("-map", "[v]", "-map", "0:a:0?", "-c:a", "copy", "-c:v", "libx264"),
        *("-preset", "veryfast", "-crf", "23", "-threads", str(settings.MEDIA_THREADS)),
        *("-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(target)),
        timeout_s=settings.MEDIA_TIMEOUT_S,
    )
    return target


def draw_label(text: str, *, width: int, short: int) -> Image.Image:
    """White letters with a dark edge on nothing, at most as wide as the picture."""
    font = ImageFont.load_default(max(short // 22, 8))
    left, top, right, bottom = font.getbbox(text, stroke_width=2)
    size = (min(int(right - left) + 4, width), int(bottom - top) + 4)
    picture = Image.new("RGBA", size)
    pen = ImageDraw.Draw(picture)
    pen.text(
        (2 - left, 2 - top),
        text,
        (255, 255, 255, 210),
        font,
        stroke_width=2,
        stroke_fill=(0, 0, 0, 160),
    )
    return picture


def remove_old() -> int:
    """Give up the files that nobody has asked for lately; how many."""
    before = timezone.now() - timedelta(days=settings.DOWNLOAD_KEEP_DAYS)
    old = VideoDownload.objects.filter(asked_at__lt=before).exclude(done_at=None)
    return sum(
        forget(video_id) for video_id in list(old.values_list("pk", flat=True)[: BATCH * 10])
    )


@transaction.atomic
def forget(video_id: int) -> int:
    """Remove a video's watermarked file, after which the next request has a new one made."""
    download = VideoDownload.objects.select_for_update().filter(pk=video_id).first()
    if download is None:
        return 0
    if download.file:
        remove_later([located(download.file)])
    download.delete()
    return 1
