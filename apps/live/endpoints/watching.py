"""Finding a live room, coming in and leaving."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import IdField, IntField, PageField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.live import audience, selectors
from apps.live.addresses import watching_addresses
from apps.live.shapes import ListedRecord, RoomDetail, WatchRecord
from apps.users.callers import Caller

NOBODY_LIVE = "Nobody is live right now."


class RoomEndpoint(Endpoint):
    """The base of what is done in one room."""

    abstract = True
    group = "live"
    throttle = Rate.WRITE

    class Input(inputs.Input):
        live_streaming_id = IdField()


class WatchLiveStream(RoomEndpoint):
    """Come into a live room; the price of one that has a price is paid the first time.

    The room's own price counts. `coin` is what the app showed: more than it is never taken.
    The answer has the viewer's wallet as it is now, and where to watch. The addresses hold the
    viewer's own pass. An app whose video does not come from MediaMTX itself (from a CDN) says
    "still here" by calling this again each half minute; others need not.
    """

    throttle = Rate.MONEY
    answer = WatchRecord

    class Input(RoomEndpoint.Input):
        coin = IntField(required=False, help_text="the price that the viewer has agreed to")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        room_id = data["live_streaming_id"]
        audience.enter(room_id=room_id, user_id=caller.id, agreed_coins=data.get("coin"))
        record = selectors.watch_record(
            room_id=room_id, viewer_id=caller.id, media_url=media_url(self.request)
        )
        record["LiveStreaming"] |= watching_addresses(
            self.request, record["LiveStreaming"], viewer_id=caller.id
        )
        return record


class LeaveLiveStream(RoomEndpoint):
    """Say goodbye; a ticket stays good."""

    answer = "success"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        audience.leave(room_id=data["live_streaming_id"], user_id=caller.id)
        return "success"


class ShowLiveStreams(Endpoint):
    """Who is live: first those whom the caller follows, then by viewers, then the newest."""

    group = "live"
    auth = OPTIONAL
    answer = [ListedRecord]

    class Input(inputs.Input):
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        rooms = selectors.live_rooms(
            viewer_id=caller.id, page=data["starting_point"], media_url=media_url(self.request)
        )
        if not rooms:
            raise Refused(NOBODY_LIVE)
        return rooms


class ShowLiveStreamDetail(RoomEndpoint):
    """A room, its host, the pinned comment, the top gifters and who the caller is in it."""

    throttle = Rate.READ
    answer = RoomDetail

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        room_id = data["live_streaming_id"]
        standing = audience.standing_of(room_id=room_id, user_id=caller.id)
        record = selectors.room_detail(
            room_id=room_id, viewer_id=caller.id, media_url=media_url(self.request)
        )
        if not standing.needs_ticket:
            record["LiveStreaming"] |= watching_addresses(
                self.request, record["LiveStreaming"], viewer_id=caller.id
            )
        return record
