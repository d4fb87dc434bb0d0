"""A creator's numbers by video; those of the whole profile: showAnalytics (apps/users)."""

from typing import Any

from apps.contract.answers import ContractValue, Refused
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import numbers
from apps.videos.access import NOT_YOURS
from apps.videos.endpoints.reactions import VideoEndpoint


class ShowVideoAnalytics(VideoEndpoint):
    """What became of an own video; `comment_count` counts replies here."""

    throttle = Rate.READ
    answer = numbers.VideoNumbersItem

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        found = numbers.of_video(
            video_id=data["video_id"], owner_id=caller.id, media_url=media_url(self.request)
        )
        if found is None:
            raise Refused(NOT_YOURS)
        return found
