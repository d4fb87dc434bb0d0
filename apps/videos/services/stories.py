"""Stories: videos that live for a day."""

import tempfile
from datetime import timedelta
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.users.services import pictures
from apps.users.stories import STORY_HOURS
from apps.videos import media
from apps.videos.media import MediaError
from apps.videos.models import Video
from apps.videos.services import removal, uploads
from apps.videos.services.uploads import Post

LIVES = timedelta(hours=STORY_HOURS)
BATCH = 500
PHOTO_S = 5  # a photo is shown that long
PHOTO_SIDE = "scale='2*trunc(min(720,iw)/2)':-2,setsar=1,format=yuv420p"
NO_STORY = "This story is not there, or it is not yours."
SEND_FILE = "Please send the photo or video itself."


def add(*, user_id: int, attachment: object, is_photo: bool) -> int:
    """Post a story; its video's id. A photo becomes a clip of some seconds. Raises Refused.

    An address is not fetched: that would let anybody make this server ask any other.
    """
    if isinstance(attachment, str) and attachment.strip().lower().startswith("http"):
        raise Refused(SEND_FILE)
    if is_photo:
        file: UploadedFile = clip_of(attachment)
    elif isinstance(attachment, UploadedFile):
        file = attachment
    else:
        raise Refused(SEND_FILE)
    return uploads.receive(user_id=user_id, file=file, key="", post=Post(is_story=True))


def clip_of(photo: object) -> UploadedFile:
    """A silent clip that shows the photo."""
    picture = pictures.opened(pictures.bytes_of(photo))
    with tempfile.TemporaryDirectory(prefix="clipcast-story-") as folder:
        still, clip = Path(folder, "photo.jpg"), Path(folder, "photo.mp4")
        still.write_bytes(pictures.jpeg(picture, pictures.LARGE_PX))
        try:
            media.run_ffmpeg(
                *("-loop", "1", "-framerate", "5", "-t", str(PHOTO_S), "-i", str(still)),
                *("-vf", PHOTO_SIDE, "-c:v", "libx264", "-preset", "ultrafast", str(clip)),
            )
        except MediaError as error:
            raise Refused(pictures.NO_PICTURE) from error
        return SimpleUploadedFile("photo.mp4", clip.read_bytes(), "video/mp4")


def delete(*, user_id: int, video_id: int) -> None:
    """Delete an own story; one that is gone already is no trouble. Raises Refused for others'."""
    story = Video.objects.filter(pk=video_id).exclude(state=Video.State.DELETED).first()
    if story is None:
        return
    if story.user_id != user_id or not story.is_story:
        raise Refused(NO_STORY)
    removal.delete(user_id=user_id, video_id=video_id)


def remove_expired() -> int:
    """Delete the stories whose day is over, with their files; how many. Drafts have not begun."""
    old = Video.objects.filter(is_story=True, created_at__lte=timezone.now() - LIVES)
    over = old.exclude(state=Video.State.DELETED).exclude(privacy=Video.Privacy.DRAFT)
    return sum(expire(video_id) for video_id in list(over.values_list("pk", flat=True)[:BATCH]))


@transaction.atomic
def expire(video_id: int) -> bool:
    """Locks the video and then its author."""
    there = Video.objects.select_for_update(no_key=True).exclude(state=Video.State.DELETED)
    story = there.filter(pk=video_id, is_story=True).first()
    if story is None:
        return False
    removal.hide(story)
    return True
