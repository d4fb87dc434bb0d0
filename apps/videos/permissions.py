"""Who may answer a video with a duet."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.users.models import Follow, PrivacySetting
from apps.videos import access
from apps.videos.models import Video


def duettable(video_id: int, *, viewer_id: int) -> Video | None:
    """The video, with its sound, if this person may answer it."""
    if not access.visible([video_id], viewer_id=viewer_id):
        return None
    audience = PrivacySetting.Audience
    friends = Exists(follow(viewer_id, OuterRef("user_id"))) & Exists(
        follow(OuterRef("user_id"), viewer_id)
    )
    allowed = Q(user__privacy_setting__duet=audience.EVERYONE) | (
        Q(user__privacy_setting__duet=audience.FRIEND) & friends
    )
    open_to = Q(user_id=viewer_id) | (Q(allow_duet=True) & allowed)
    ready = Video.objects.filter(open_to, pk=video_id, state=Video.State.READY, is_story=False)
    return ready.select_related("sound").first()


def follow(follower_id: Any, followed_id: Any) -> QuerySet[Follow]:
    return Follow.objects.filter(follower_id=follower_id, followed_id=followed_id)
