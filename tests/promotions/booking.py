"""What tests about promotions share: a clip, coins, and bookings of both."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.promotions.models import Promotion
from apps.promotions.services import Booking, book
from apps.users.models import User
from apps.videos.models import Video
from apps.wallet import ledger
from apps.wallet.models import Transfer

COINS = 1_000


def clip(user: User, **fields: Any) -> Video:
    return Video.objects.create(user=user, **({"state": "ready", "file": "a.mp4"} | fields))


def moment(days: float) -> str:
    """So many days from now, as the apps write it."""
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


def wishes(video: Video, **changes: Any) -> dict[str, Any]:
    """A body of addPromotion as the Android app sends it: texts all over."""
    return {
        "user_id": str(video.user_id),
        "video_id": str(video.id),
        "destination": "website",
        "audience_id": "0",
        "start_datetime": moment(0),
        "end_datetime": moment(7),
        "coin": "200",
        "total_reach": "999999",
        "action_button": "Shop now",
        "website_url": "example.com/shop",
    } | changes


def booked(user: User, video: Video | None = None, **changes: Any) -> Promotion:
    """A running promotion, paid with coins that were bought for it."""
    start = timezone.now() - timedelta(hours=1)
    wanted: dict[str, Any] = {
        "user_id": user.pk,
        "video_id": (video or clip(user)).pk,
        "audience_id": None,
        "destination": Promotion.Destination.VIEWS,
        "start_at": start,
        "end_at": start + timedelta(days=7),
        "coins": 10,
    }
    booking = Booking(**(wanted | changes))
    ledger.give(user_id=user.pk, coins=booking.coins, key=f"test:{Transfer.objects.count()}")
    return book(booking)
