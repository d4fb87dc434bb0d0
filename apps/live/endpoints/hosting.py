"""Going live and ending it."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import ABSENT_TEXTS, IdField, IntField, MomentField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.live import selectors, services
from apps.live.addresses import addresses
from apps.live.models import MAX_PRICE_COINS, LiveRoom
from apps.live.shapes import HostedRecord
from apps.users.callers import Caller


class EndedAtField(MomentField):
    absent = ABSENT_TEXTS | {"0", "0000-00-00 00:00:00"}


class LiveStream(Endpoint):
    """Go live, or end your live stream (with `ended_at`, and `id` where the app knows it).

    Starting answers the addresses to publish to and to watch, with a fresh secret; the one of
    before is dead. A person has one open room: starting again before it has ended answers the
    same room, so that an app that was killed goes on where it was. `status` says `created`
    until video comes in. Times are our own: `started_at` is ignored, the value of `ended_at`
    too.
    """

    group = "live"
    throttle = Rate.WRITE
    answer = HostedRecord

    class Input(inputs.Input):
        price = IntField(required=False, max_value=MAX_PRICE_COINS, help_text="coins to enter")
        id = IdField(required=False, help_text="a room of your own")
        ended_at = EndedAtField(required=False, help_text="any time: end the room now")
        title = TextField(required=False, max_length=100)
        description = TextField(required=False, max_length=500)
        privacy = TextField(required=False, max_length=10, help_text="public, followers, private")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if "ended_at" in data:
            room_id = services.end_own_room(host_id=caller.id, room_id=data.get("id"))
            return self.record(caller, room_id, {})
        room, secret = services.open_room(
            host_id=caller.id,
            room_id=data.get("id"),
            title=data.get("title", ""),
            description=data.get("description", ""),
            privacy=privacy(data.get("privacy")),
            price_coins=data.get("price"),
        )
        return self.record(caller, room.pk, addresses(self.request, room, secret))

    def record(self, caller: Caller, room_id: int, urls: dict[str, str]) -> dict[str, Any]:
        record = selectors.hosted_record(
            room_id=room_id, host_id=caller.id, media_url=media_url(self.request)
        )
        record["LiveStreaming"] |= urls
        return record


def privacy(word: str | None) -> str | None:
    """Raises Refused for a word that no room has."""
    if word is not None and word not in LiveRoom.Privacy.values:
        raise Refused(f"Privacy: one of {', '.join(LiveRoom.Privacy.values)}.")
    return word
