"""Feeds of the mobile API."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import CoordinateField, MomentField, PageField, TextField
from apps.contract.throttle import client_ip
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos import creators, nearby, promoted
from apps.videos.feed import page as feed_page
from apps.videos.shapes import FeedItem, HomeItem
from apps.videos.viewers import seed_of, viewer_of


class ShowRelatedVideos(Endpoint):
    """The For-you feed, ten videos a page; guests get one too.

    Nothing comes twice to a signed-in person or a device until nothing else is left.
    """

    group = "feed"
    auth = OPTIONAL
    answer = [HomeItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")
        device_id = TextField(
            max_length=255, required=False, help_text="id from registerDevice, or the app's own key"
        )
        lat = CoordinateField(required=False)
        long = CoordinateField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        viewer = viewer_of(user_id=caller.id, device=data.get("device_id", ""))
        advertisement = promoted.pick(viewer)
        page, shows_it = feed_page.next_page(
            viewer=viewer,
            promoted=advertisement,
            page=data["starting_point"],
            seed=seed_of(viewer, address=client_ip(self.request)),
            media_url=media_url(self.request),
        )
        if not page:
            raise Refused("There are no more videos right now. Please come back later.")
        if advertisement and shows_it:
            promoted.shown(viewer, advertisement)
        return page


class ShowNearbyVideos(Endpoint):
    """Videos within 50 km, the nearest first; guests get them too."""

    group = "feed"
    auth = OPTIONAL
    answer = [FeedItem]

    class Input(inputs.Input):
        starting_point = PageField(help_text="zero-based page number")
        lat = CoordinateField(required=False)
        long = CoordinateField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if data.get("lat") is None or data.get("long") is None:
            raise Refused("Please let the app know where you are.")
        page = nearby.page(
            viewer_id=caller.id,
            lat=data["lat"],
            long=data["long"],
            page=data["starting_point"],
            media_url=media_url(self.request),
        )
        if not page:
            raise Refused("There are no more videos near you.")
        return page


class ShowUserVideosTrendingAndRecent(Endpoint):
    """The caller's latest and most seen public videos of a range of time."""

    group = "videos"
    answer = {"Recent": [FeedItem], "Trending": [FeedItem], "VideoCount": 0}

    class Input(inputs.Input):
        start_datetime = MomentField()
        end_datetime = MomentField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return creators.trending_and_recent(
            user_id=caller.id,
            start=data["start_datetime"],
            end=data["end_datetime"],
            media_url=media_url(self.request),
        )
