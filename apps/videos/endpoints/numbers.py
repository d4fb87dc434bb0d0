"""A creator's numbers by video; those of the whole profile: showAnalytics (apps/users)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import MomentField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import numbers
from apps.videos.access import NOT_YOURS
from apps.videos.endpoints.reactions import VideoEndpoint
from apps.videos.shapes import FeedItem

DAYS = 28


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


class ShowUserVideosTrendingAndRecent(Endpoint):
    """The caller's newest and most viewed public videos of a time, for the analytics screen."""

    group = "videos"
    answer = {"Recent": [FeedItem], "Trending": [FeedItem], "VideoCount": 0}

    class Input(inputs.Input):
        start_datetime = MomentField(required=False, help_text="at first 28 days ago")
        end_datetime = MomentField(required=False, help_text="at first now")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        end: datetime = data.get("end_datetime") or timezone.now()
        start: datetime = data.get("start_datetime") or end - timedelta(days=DAYS)
        return numbers.recent_and_trending(
            owner_id=caller.id, start=start, end=end, media_url=media_url(self.request)
        )
