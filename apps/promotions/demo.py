"""A running promotion, so that the demo feed shows one."""

from datetime import timedelta

from django.utils import timezone

from apps.promotions.models import Promotion
from apps.promotions.services import Booking, book
from apps.videos.models import Video

OWNER = "mira.paints"
COINS = 100
DAYS = 30


def create() -> None:
    """Promote the owner's newest clip, once."""
    if Promotion.objects.filter(user__username=OWNER).exists():
        return
    clips = Video.objects.filter(user__username=OWNER, state="ready", privacy="public")
    clip = clips.order_by("-id").first()
    if clip is None:
        return
    now = timezone.now()
    booking = Booking(
        user_id=clip.user_id,
        video_id=clip.pk,
        audience_id=None,
        destination=Promotion.Destination.WEBSITE,
        start_at=now,
        end_at=now + timedelta(days=DAYS),
        coins=COINS,
        website_url="https://example.com",
        action_button="Learn more",
    )
    book(booking, key="demo")
