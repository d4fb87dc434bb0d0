"""Gifts as the clients see them."""

import orjson

from apps.contract.shapes import Shape, fetch_json, fetch_one_json, nested
from apps.gifts.models import Gift, SentGift
from apps.gifts.shapes import GiftShape
from apps.users.selectors import OwnRecord


class GiftItem(Shape):
    """An item of showGifts."""

    Gift = nested(GiftShape, "g")


class SenderRecord(OwnRecord):
    """`msg` of sendGift: the sender with the new wallet, and the gift."""

    Gift = nested(GiftShape, "g")


CATALOGUE_SQL = f"""
    SELECT {GiftItem.sql("g")} FROM gifts_gift g WHERE g.active ORDER BY g."order", g.id
"""
ONE_GIFT_SQL = f"SELECT {GiftItem.sql('g')} FROM gifts_gift g WHERE g.active AND g.id = %(gift_id)s"
SENDER_RECORD_SQL = f"""
    SELECT {SenderRecord.sql("u")}
    FROM users_user u JOIN gifts_gift g ON g.id = %(gift_id)s
    WHERE u.id = %(viewer_id)s
"""


def catalogue(*, media_url: str) -> list[orjson.Fragment]:
    """Every gift that can be sent, in the operator's order."""
    return fetch_json(CATALOGUE_SQL, {"media_url": media_url})


def one_gift(*, gift_id: int, media_url: str) -> orjson.Fragment | None:
    """A gift that can be sent, or None."""
    return fetch_one_json(ONE_GIFT_SQL, {"gift_id": gift_id, "media_url": media_url})


def sender_record(*, user_id: int, gift_id: int, media_url: str) -> orjson.Fragment:
    """A sender's record for their own eyes, beside the gift that they sent."""
    parameters = {"viewer_id": user_id, "gift_id": gift_id, "media_url": media_url}
    record = fetch_one_json(SENDER_RECORD_SQL, parameters)
    if record is None:
        raise Gift.DoesNotExist
    return record


def sent_with_key(*, sender_id: int, key: str) -> SentGift | None:
    """What `sender_id` has sent with an idempotency key."""
    return SentGift.objects.filter(transfer__key=f"gift-key:{sender_id}:{key}").first()
