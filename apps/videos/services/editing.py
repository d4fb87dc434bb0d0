"""What an owner changes about a video."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.contract.answers import Refused
from apps.videos.models import Sound, Video
from apps.videos.services.tags import set_hashtags
from apps.videos.services.uploads import is_for_everyone, set_mentions

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
    owned = Video.objects.select_for_update(of=("self",)).select_related("user")
    video = owned.filter(pk=video_id, user_id=user_id).first()
    if video is None:
        raise Refused(NOT_YOURS)
    for name, value in changed.items():
        setattr(video, name, value)
    video.save(update_fields=list(changed))
    if hashtags is not None:
        set_hashtags(video=video, names=hashtags)
    if mentioned is not None:
        set_mentions(video_id=video_id, user_ids=mentioned)
    if "privacy" in changed and video.sound_id:
        # A clip's own sound is for others as long as the clip is.
        audio = f"{video.file.rpartition('/')[0]}/sound.m4a"
        Sound.objects.filter(pk=video.sound_id, audio=audio).update(publish=is_for_everyone(video))
