"""The feed of the people one follows."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import PageField
from apps.contract.paging import Pages
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import following
from apps.videos.shapes import FeedItem


class ShowFollowingVideos(Endpoint):
    """Videos of the people the caller follows, the newest first."""

    group = "feed"
    answer = [FeedItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages("following-videos", caller, data["starting_point"])
        page = following.page(pages=pages, viewer_id=caller.id, media_url=media_url(self.request))
        if not page:
            raise Refused("The people you follow have no more videos.")
        return page
