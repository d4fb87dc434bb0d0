"""What an owner changes about a video."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.videos import review
from apps.videos.models import Sound, Video
from apps.videos.services import moving
from apps.videos.services.counters import recount
from apps.videos.services.publishing import announce, is_for_everyone
from apps.videos.services.removal import folder_of, is_in
from apps.videos.services.tags import set_hashtags
from apps.videos.services.uploads import set_mentions

NOT_YOURS = "This video is not there, or it is not yours."


@transaction.atomic
def edit(
    *,
    user_id: int,
    video_id: int,
    changed: dict[str, Any],
    hashtags: Iterable[str] | None,
    mentioned: Iterable[int] | None,
) -> None:
    """Change fields, tags and people of an own video; None leaves them.

    Locks the video's row. Raises Refused for somebody else's video.
    """
    owned = Video.objects.select_for_update(of=("self",)).select_related("user", "sound")
    video = owned.filter(pk=video_id, user_id=user_id).exclude(state=Video.State.DELETED).first()
    if video is None:
        raise Refused(NOT_YOURS)
    was_draft = video.privacy == Video.Privacy.DRAFT
    for name, value in changed.items():
        setattr(video, name, value)
    video.save(update_fields=list(changed))
    if hashtags is not None:
        set_hashtags(video=video, names=hashtags)
    if mentioned is not None:
        set_mentions(video_id=video_id, user_ids=mentioned)
    if "privacy" in changed:
        offer_own_sound(video)
        moving.due(video.pk)
    if "description" in changed or hashtags is not None:
        judge_again(video)
    if was_draft and video.privacy != Video.Privacy.DRAFT:
        post(video)


def offer_own_sound(video: Video) -> None:
    """A clip's own sound is for others as long as the clip is."""
    sound = video.sound
    if sound is not None and is_in(folder_of(video.file), sound):
        Sound.objects.filter(pk=sound.pk).update(publish=is_for_everyone(video))


def judge_again(video: Video) -> None:
    """What is said about it is new; what is seen in it was judged when it was made."""
    doubt = review.reviewer.judge(video=video, clip=None)
    if doubt and video.state == Video.State.READY and not video.block:
        review.reviewer.hold(video_id=video.pk, doubt=doubt)
        video.block = True


def post(video: Video) -> None:
    """A draft becomes a video like any other, of today. The caller has locked it."""
    Video.objects.filter(pk=video.pk).update(created_at=timezone.now())
    if video.state == Video.State.READY:
        recount([video.pk])
    if video.state == Video.State.READY and not video.block:
        announce(video)
