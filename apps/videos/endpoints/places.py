"""Videos of a place."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.videos.discovery import places
from apps.videos.shapes import FeedItem


class ShowVideosAgainstLocation(Endpoint):
    """The videos that were filmed at a place: its id (iOS), or its name."""

    group = "location"
    auth = OPTIONAL
    answer = [FeedItem]

    class Input(inputs.Input):
        location_id = IdField(required=False, help_text="Video.location_id")
        location_string = TextField(required=False, max_length=200, help_text="instead of the id")
        starting_point = PageField(help_text="zero-based page number")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        place_ids = self.place_ids(data)
        page = places.page(
            pages=Pages("place", caller, data["starting_point"], *place_ids),
            place_ids=place_ids,
            viewer_id=caller.id,
            media_url=media_url(self.request),
        )
        if not page:
            raise Refused("There are no videos of this place.")
        return page

    def place_ids(self, data: dict[str, Any]) -> list[int]:
        if "location_id" in data:
            return [data["location_id"]]
        if not data.get("location_string"):
            raise Refused("The place is missing.")
        return places.ids_of(data["location_string"])
