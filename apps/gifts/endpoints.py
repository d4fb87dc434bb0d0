"""Gifts in the mobile API."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import NONE, OPTIONAL, Endpoint
from apps.contract.fields import IdField, IntField
from apps.contract.idempotency import KeyField, idempotency_key
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.gifts import selectors, services, shapes, totals
from apps.gifts.models import MAX_COUNT
from apps.users.callers import Caller
from apps.videos import access

COUNT_SENTENCE = f"send between 1 and {MAX_COUNT} at once."


class ShowGifts(Endpoint):
    """The gift catalogue, or one gift of it when an id is sent."""

    group = "gifts"
    auth = NONE
    answer = [selectors.GiftItem]

    class Input(inputs.Input):
        id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = media_url(self.request)
        if "id" not in data:
            return selectors.catalogue(media_url=base)
        gift = selectors.one_gift(gift_id=data["id"], media_url=base)
        if gift is None:
            raise Refused(services.REFUSALS["no_gift"])
        return gift


class SendGift(Endpoint):
    """Spend coins on a gift for a creator or a live host.

    The answer is the sender with the new wallet. With an `Idempotency-Key` (header or
    `idempotency_key`) a retry is the same gift.
    """

    group = "gifts"
    throttle = Rate.MONEY
    actor_keys = ("sender_id", "user_id")
    answer = selectors.SenderRecord

    class Input(inputs.Input):
        receiver_id = IdField()
        gift_id = IdField()
        gift_count = IntField(
            default=1,
            min_value=1,
            max_value=MAX_COUNT,
            error_messages={"min_value": COUNT_SENTENCE, "max_value": COUNT_SENTENCE},
        )
        video_id = IdField(required=False)
        live_streaming_id = IdField(required=False)
        idempotency_key = KeyField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.send_gift(
            sender_id=caller.id,
            receiver_id=data["receiver_id"],
            gift_id=data["gift_id"],
            count=data["gift_count"],
            key=idempotency_key(self.request, data),
            video_id=data.get("video_id"),
            live_streaming_id=data.get("live_streaming_id"),
        )
        return selectors.sender_record(
            user_id=caller.id, gift_id=data["gift_id"], media_url=media_url(self.request)
        )


class ShowSentGiftsAgainstVideo(Endpoint):
    """The newest gifts on a video, and beside them what all of them come to."""

    group = "gifts"
    auth = OPTIONAL
    answer = [shapes.SentGiftItem]

    class Input(inputs.Input):
        video_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        video_id = data["video_id"]
        access.check_visible(video_id, viewer_id=caller.id)
        items = totals.sent_on_video(
            video_id=video_id, viewer_id=caller.id, media_url=media_url(self.request)
        )
        total = totals.total(video_id=video_id)
        return Answer(items, total_gifts=total.gifts, total_coins=total.coins)
