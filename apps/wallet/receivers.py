"""What coins are given for, whoever it was that brought it about."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from apps.users import signals
from apps.wallet import ledger


@receiver(signals.referred)
def reward_referrer(*, referrer: int, newcomer: int, **kwargs: Any) -> None:
    """REFERRAL_COINS from the promotion account, once for each newcomer."""
    if settings.REFERRAL_COINS:
        ledger.give(user_id=referrer, coins=settings.REFERRAL_COINS, key=f"referral:{newcomer}")
