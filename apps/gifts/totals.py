"""What gifts come to: of a video, of a room, and who gives and gets the most."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.db.models import Count, Model, QuerySet, Sum
from django.utils import timezone

from apps.contract.shapes import fetch_json
from apps.gifts.models import SentGift
from apps.gifts.shapes import SentGiftItem
from apps.users.people.lists import VISIBLE

NEWEST = 100
TOP_DAYS = 30
ON_VIDEO_SQL = f"""
    SELECT {SentGiftItem.sql("s")} FROM gifts_sentgift s
    JOIN users_user u ON u.id = s.sender_id JOIN gifts_gift g ON g.id = s.gift_id
    WHERE s.video_id = %(video_id)s AND {VISIBLE} ORDER BY s.id DESC LIMIT {NEWEST}"""


@dataclass(frozen=True)
class Total:
    """How many gifts, and the coins that their senders paid."""

    gifts: int
    coins: int


def sent_on_video(*, video_id: int, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The newest gifts on a video, NEWEST at most, without those across a block."""
    parameters = {"video_id": video_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_json(ON_VIDEO_SQL, parameters)


def total(**about: Any) -> Total:
    """Of all gifts with these values: video_id, live_streaming_id, sender, receiver ..."""
    sums = SentGift.objects.filter(**about).aggregate(gifts=Sum("count"), coins=Sum("coins"))
    return Total(sums["gifts"] or 0, sums["coins"] or 0)


def top_senders(*, most: int = 10, **about: Any) -> list[tuple[str, int, int]]:
    """The names of who has paid the most for gifts with these values, their gifts and coins."""
    rows = SentGift.objects.filter(**about).values("sender_id", "sender__username")
    sums = rows.annotate(gifts=Sum("count"), paid=Sum("coins")).order_by("-paid", "sender_id")
    return list(sums.values_list("sender__username", "gifts", "paid")[:most])


def with_totals(people: QuerySet, side: str) -> QuerySet[Model]:
    """Only people with gifts of the last TOP_DAYS on this side (gifts_sent or gifts_received), the
    most coins first: `coins`, `gifts`, and with how many others."""
    since = timezone.now() - timedelta(days=TOP_DAYS)
    other = {"gifts_sent": "receiver", "gifts_received": "sender"}[side]
    return (
        people.filter(**{f"{side}__created_at__gte": since})
        .annotate(
            coins=Sum(f"{side}__coins"),
            gifts=Sum(f"{side}__count"),
            others=Count(f"{side}__{other}", distinct=True),
        )
        .order_by("-coins", "pk")
    )
