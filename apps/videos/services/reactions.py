"""What people do with a video: like, save, repost, share, pin, say "not interested".

Each function locks the video's row first and holds it for its few statements, so that the
counters are exact however many people toggle at once, and reading one is reading a column.
Undoing is always possible; doing needs a video that the person may see.
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.contract.answers import Refused
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.users.callers import Caller
from apps.users.models import PrivacySetting, User
from apps.videos import access
from apps.videos.models import (
    NotInterested,
    Reaction,
    Video,
    VideoFavourite,
    VideoLike,
    VideoRepost,
)

MAX_PINNED = 3
TOO_MANY_PINNED = f"You can pin at most {MAX_PINNED} videos."
ALREADY_HIDDEN = "You have already said that you are not interested in this video."
NO_REPOSTS = "This person's videos can't be reposted."


@transaction.atomic
def toggle_like(*, caller: Caller, video_id: int) -> tuple[bool, int]:
    """Like a video or take the like back; whether it is liked now, and by how many.

    Tells the author. Raises Refused. Locks the video and then its author.
    """
    video = access.lock_video(video_id)
    liked = toggle(VideoLike, caller=caller, video=video)
    by = 1 if liked else -1
    Video.objects.filter(pk=video.pk).update(like_count=F("like_count") + by)
    User.objects.filter(pk=video.user_id).update(likes_count=F("likes_count") + by)
    if liked:
        notify(
            receiver_id=video.user_id,
            sender_id=caller.id,
            type=Notification.Type.VIDEO_LIKE,
            text=f"{caller.username} liked your video",
            video_id=video.pk,
        )
    return liked, video.like_count + by


@transaction.atomic
def toggle_favourite(*, caller: Caller, video_id: int) -> tuple[bool, int]:
    """Save a video or stop saving it; whether it is saved now, and by how many.

    Nobody is told. Raises Refused. Locks the video.
    """
    video = access.lock_video(video_id)
    saved = toggle(VideoFavourite, caller=caller, video=video)
    by = 1 if saved else -1
    Video.objects.filter(pk=video.pk).update(favourite_count=F("favourite_count") + by)
    return saved, video.favourite_count + by


@transaction.atomic
def toggle_repost(*, caller: Caller, video_id: int) -> bool:
    """Show a video on the caller's own profile or stop it; whether it is reposted now.

    Tells the author. Raises Refused, also if the author's setting forbids it. Locks the video.
    """
    video = access.lock_video(video_id)
    reposted = toggle(VideoRepost, caller=caller, video=video)
    if not reposted:
        return False
    allowed = PrivacySetting.objects.filter(user=video.user_id).values_list("videos_repost")
    if video.user_id != caller.id and allowed.first() == (False,):
        raise Refused(NO_REPOSTS)
    notify(
        receiver_id=video.user_id,
        sender_id=caller.id,
        type=Notification.Type.VIDEO_REPOSTED,
        text=f"{caller.username} has reposted your video",
        video_id=video.pk,
    )
    return True


def toggle(kind: type[Reaction], *, caller: Caller, video: Video) -> bool:
    """Add the reaction or remove it; whether it is there now. The caller has locked the video."""
    if kind._default_manager.filter(user=caller.id, video=video).delete()[0]:
        return False
    access.check_visible(video.pk, viewer_id=caller.id)
    kind._default_manager.create(user_id=caller.id, video=video)
    return True


@transaction.atomic
def share(*, viewer_id: int, video_id: int) -> None:
    """Count a share. Raises Refused. Locks the video."""
    access.check_visible(video_id, viewer_id=viewer_id)
    Video.objects.filter(pk=video_id).update(share_count=F("share_count") + 1)


@transaction.atomic
def not_interested(*, viewer_id: int, video_id: int) -> None:
    """Keep the video out of the person's feed. Raises Refused. Locks the video."""
    access.lock_video(video_id)
    access.check_visible(video_id, viewer_id=viewer_id)
    _, new = NotInterested.objects.get_or_create(user_id=viewer_id, video_id=video_id)
    if not new:
        raise Refused(ALREADY_HIDDEN)
    Video.objects.filter(pk=video_id).update(not_interested_count=F("not_interested_count") + 1)


@transaction.atomic
def set_pin(*, owner_id: int, video_id: int, pin: bool) -> None:
    """Put one of the owner's videos first on the profile, or back in its place.

    Raises Refused for others' videos and beyond MAX_PINNED. Locks the video and its owner.
    """
    video = access.lock_own_video(video_id, owner_id=owner_id)
    if not pin:
        Video.objects.filter(pk=video.pk).update(pinned_at=None)
        return
    User.objects.select_for_update(no_key=True).filter(pk=owner_id).values_list("pk").first()
    pinned = Video.objects.filter(user=owner_id, pinned_at__isnull=False).exclude(pk=video.pk)
    if pinned.count() >= MAX_PINNED:
        raise Refused(TOO_MANY_PINNED)
    Video.objects.filter(pk=video.pk).update(pinned_at=timezone.now())
