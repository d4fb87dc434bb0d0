"""How many coins a person may give, and get, in an hour. Counted in Valkey, when it is limited."""

import logging
from dataclasses import dataclass

from django.conf import settings
from limits import RateLimitItemPerHour
from limits.errors import StorageError

from apps.contract.answers import Refused
from apps.contract.throttle import limiter
from apps.gifts.models import Gift

logger = logging.getLogger(__name__)
SENDS_TOO_MUCH = "You have sent very many gifts. Please wait an hour before you send more."
GETS_TOO_MUCH = "This person has got very many gifts. Please try again in an hour."


@dataclass(frozen=True)
class Limit:
    most: int
    who: str
    refusal: str

    @property
    def item(self) -> RateLimitItemPerHour:
        return RateLimitItemPerHour(self.most)


@dataclass(frozen=True)
class Counted:
    """What a gift counts towards, once it was sent."""

    limits: list[Limit]
    coins: int

    def count(self) -> None:
        """Add the gift's coins. A gift that was refused counts for nothing."""
        try:
            for limit in self.limits:
                limiter().hit(limit.item, limit.who, cost=self.coins)
        except StorageError:
            logger.warning("The counter of gifts is away; a gift passes uncounted.")


def check(*, sender_id: int, receiver_id: int, gift_id: int, count: int) -> Counted:
    """Raise Refused if this gift would pass a limit. Without limits nothing is looked up.

    Two gifts at the same instant may both pass: this is a brake, no wall.
    """
    limits = [
        Limit(settings.GIFT_SENDER_MAX_COINS_PER_HOUR, f"gives:{sender_id}", SENDS_TOO_MUCH),
        Limit(settings.GIFT_RECEIVER_MAX_COINS_PER_HOUR, f"gets:{receiver_id}", GETS_TOO_MUCH),
    ]
    limits = [limit for limit in limits if limit.most]
    if not limits:
        return Counted([], 0)
    price = Gift.objects.filter(pk=gift_id).values_list("coin", flat=True).first() or 0
    try:
        for limit in limits:
            if price * count > limit.most or not limiter().test(
                limit.item, limit.who, cost=price * count
            ):
                raise Refused(limit.refusal)
    except StorageError:
        logger.warning("The counter of gifts is away; a gift passes unchecked.")
    return Counted(limits, price * count)
