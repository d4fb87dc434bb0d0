"""A made video comes before its viewers, and those whom it concerns are told."""

from typing import Any

from django.db import transaction

from apps.notifications import services as notifications
from apps.notifications.models import Notification
from apps.users.models import Follow
from apps.videos import review
from apps.videos.models import IN_FEED, Sound, Video, VideoMention, VideoUpload
from apps.videos.review import Doubt
from apps.videos.services.counters import recount
from apps.videos.services.uploads import BATCH, hint, own, there


@transaction.atomic
def publish(
    *,
    upload: VideoUpload,
    duration: float,
    width: int,
    height: int,
    has_own_sound: bool,
    doubt: Doubt | None = None,
) -> bool:
    """The video plays: show it, count it, and tell whom it concerns; or hold it for review.

    False if it was deleted meanwhile, or is another worker's by now. Locks the video's, the
    upload's and the author's rows, in this order.
    """
    if not there(upload.pk).select_for_update().exists():
        return False
    if not own(upload).select_for_update().exists():
        return False
    base = upload.folder
    made: dict[str, Any] = {
        "state": Video.State.READY,
        "file": f"{base}/video.mp4",
        "thumbnail": f"{base}/thumbnail.jpg",
        "gif": f"{base}/preview.gif",
        "duration": duration,
        "width": width,
        "height": height,
    }
    if has_own_sound:
        made["sound"] = own_sound(upload.video, audio=f"{base}/sound.m4a", duration=duration)
    Video.objects.filter(pk=upload.pk).update(**made, failure="")
    recount([upload.pk])
    if doubt:
        review.reviewer.hold(video_id=upload.pk, doubt=doubt)
    else:
        announce(upload.video)
    return True


def own_sound(video: Video, *, audio: str, duration: float) -> Sound:
    """The clip's sound, for others to use if the clip is for others to see."""
    author = video.user
    return Sound.objects.create(
        name=f"original sound - {author.username}"[:150],
        audio=audio,
        thumbnail=author.profile_pic,
        duration=duration,
        user=author,
        publish=is_for_everyone(video),
    )


def is_for_everyone(video: Video) -> bool:
    is_open = video.privacy == Video.Privacy.PUBLIC and not video.user.is_private
    return is_open and not video.is_story


def announce(video: Video) -> None:
    """Tell the people who are tagged, and soon (ring_bells) those followers who rang the bell."""
    if video.privacy != Video.Privacy.PUBLIC or video.is_story:
        return
    tagged = VideoMention.objects.filter(video=video)
    if video.user.is_private:
        followers = Follow.objects.filter(followed=video.user_id).values("follower")
        tagged = tagged.filter(user__in=followers)
    notifications.notify_many(
        receiver_ids=list(tagged.values_list("user_id", flat=True)),
        sender_id=video.user_id,
        type=Notification.Type.VIDEO_TAG,
        text=f"{video.user.username} has tagged you in a video",
        video_id=video.pk,
        collapse_key=f"video_tag:{video.pk}",
    )
    VideoUpload.objects.filter(pk=video.pk).update(bells_due=True)
    transaction.on_commit(lambda: hint("ring_bells"))


def ring_bells() -> int:
    """Tell the followers with a bell of the videos that are new; of how many videos."""
    due = VideoUpload.objects.filter(bells_due=True).select_related("video__user")[:BATCH]
    for upload in due:
        video = upload.video
        if Video.objects.filter(IN_FEED, pk=video.pk).exists():
            notifications.notify_bells(
                sender_id=video.user_id,
                type=Notification.Type.VIDEO_UPDATES,
                text=f"{video.user.username} has posted a video",
                video_id=video.pk,
            )
        VideoUpload.objects.filter(pk=upload.pk).update(bells_due=False)
    return len(due)
