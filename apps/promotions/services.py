"""Booking and ending promotions. Coins move in the transaction that writes the promotion's row."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.promotions import audiences
from apps.promotions.models import MAX_COINS, AdSettings, Promotion
from apps.videos.models import IN_FEED, Video
from apps.wallet import ledger
from apps.wallet.models import Account, Transfer

State, EndReason, Destination = Promotion.State, Promotion.EndReason, Promotion.Destination
NOT_PROMOTABLE = "Only your own public videos can be promoted."
PRIVATE_ACCOUNT = "Your account is private. Open it to promote videos."
POOR = "You don't have enough coins for this promotion."
FROZEN = "Your wallet is frozen. Please write to the support."
KEY_TAKEN = "This key has already been used for another promotion. Nothing was booked."
MAX_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What somebody asks for."""

    user_id: int
    video_id: int
    audience_id: int | None
    destination: Promotion.Destination
    start_at: datetime
    end_at: datetime
    coins: int
    website_url: str = ""
    action_button: str = ""

    @property
    def digest(self) -> str:
        """The same for every try of one booking: the clients' times have seconds."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()

    def is_for(self, promotion: Promotion) -> bool:
        return all(getattr(promotion, name) == value for name, value in asdict(self).items())


def book(booking: Booking, *, key: str = "") -> Promotion:
    """Pay for a promotion and write it down; asked again, the same one and no coin more.

    It is the same with the same `key`, or without a key with the same content. Locks the owner's
    accounts, then the audience. Raises Refused.
    """
    key = f"key:{key}" if key else booking.digest
    booked = find_booked(booking, key)
    if booked is not None:
        return booked
    settings = AdSettings.current()
    check(booking, settings)
    try:
        with transaction.atomic():
            purses = ledger.lock_purses(booking.user_id)
            booked = find_booked(booking, key)  # by a request that overtook us
            return booked or write(booking, key, settings, purses)
    except ledger.NotEnoughCoins as error:
        raise Refused(POOR) from error


def find_booked(booking: Booking, key: str) -> Promotion | None:
    """What the key has booked. Raises Refused if that is something else."""
    booked = Promotion.objects.filter(user_id=booking.user_id, key=key).first()
    if booked is not None and not booking.is_for(booked):
        raise Refused(KEY_TAKEN)
    return booked


def check(booking: Booking, settings: AdSettings) -> None:
    """Raises Refused for what can't run."""
    if booking.coins < settings.min_coins:
        raise Refused(f"A promotion costs at least {settings.min_coins} coins.")
    if booking.coins > MAX_COINS:
        raise Refused(f"A promotion costs at most {MAX_COINS} coins.")
    if booking.end_at <= max(booking.start_at, timezone.now()):
        raise Refused("The promotion's end must be after its start and in the future.")
    if booking.end_at - booking.start_at > timedelta(days=MAX_DAYS):
        raise Refused(f"A promotion runs for at most {MAX_DAYS} days.")
    if booking.destination == Destination.WEBSITE and not booking.website_url:
        raise Refused("Website url is missing.")
    videos = Video.objects.filter(IN_FEED, pk=booking.video_id, user_id=booking.user_id)
    video = videos.select_related("user").only("user__is_private").first()
    if video is None:
        raise Refused(NOT_PROMOTABLE)
    if video.user.is_private:
        raise Refused(PRIVATE_ACCOUNT)


def write(
    booking: Booking, key: str, settings: AdSettings, purses: dict[str, ledger.Purse]
) -> Promotion:
    """Needs the owner's accounts locked."""
    if ledger.is_frozen(booking.user_id):
        raise Refused(FROZEN)
    if booking.audience_id is not None:
        audiences.lock_own(user_id=booking.user_id, audience_id=booking.audience_id)
    paid = ledger.take(purses, booking.coins)
    if -sum(paid.values()) < booking.coins:
        raise Refused(POOR)
    rate = getattr(settings, RATES[booking.destination])
    promotion = Promotion.objects.create(
        **asdict(booking),
        key=key,
        coins_bought=-paid.get(purses[Account.Kind.BOUGHT].id, 0),
        reach_per_coin=rate,
        total_reach=booking.coins * rate,
        state=State.PENDING if settings.needs_approval else State.RUNNING,
    )
    ledger.post(
        key=f"promotion:{promotion.pk}",
        reason=Transfer.Reason.PROMOTION,
        subject_id=promotion.pk,
        entries=paid,
        pending={house(Account.Kind.PROMOTIONS): booking.coins},
    )
    return promotion


RATES = {
    Destination.VIEWS: "views_per_coin",
    Destination.WEBSITE: "website_per_coin",
    Destination.FOLLOWER: "followers_per_coin",
}


@transaction.atomic
def approve(*, promotion_id: int) -> bool:
    """Let a pending promotion run; False if it wasn't pending any more. One conditional UPDATE."""
    pending = Promotion.objects.filter(pk=promotion_id, state=State.PENDING)
    return bool(pending.update(state=State.RUNNING))


@transaction.atomic
def end(*, promotion_id: int, reason: Promotion.EndReason) -> bool:
    """End a promotion and give its unspent coins back, all of them if it is rejected; once.

    Locks the promotion, so that its reach is final, then its owner's accounts. False if it had
    ended before.
    """
    promotions = Promotion.objects.select_for_update(no_key=True)
    promotion = promotions.exclude(state=State.ENDED).filter(pk=promotion_id).first()
    if promotion is None:
        return False
    spent = 0 if reason == EndReason.REJECTED else promotion.spent
    settle(promotion, spent)
    Promotion.objects.filter(pk=promotion_id).update(
        state=State.ENDED,
        end_reason=reason,
        ended_at=timezone.now(),
        returned=promotion.coins - spent,
    )
    return True


def settle(promotion: Promotion, spent: int) -> None:
    """Move what was held on: spent coins to the house, the rest to where they came from.

    Bought coins are spent before earned ones, as everywhere.
    """
    bought_back = max(promotion.coins_bought - spent, 0)
    back = {
        Account.Kind.BOUGHT: bought_back,
        Account.Kind.EARNED: promotion.coins - spent - bought_back,
    }
    held = {house(Account.Kind.PROMOTIONS): -promotion.coins}
    ledger.post(
        key=f"promotion:{promotion.pk}:end",
        reason=Transfer.Reason.PROMOTION_END,
        subject_id=promotion.pk,
        entries={
            ledger.account_id(owner_id=promotion.user_id, kind=kind): coins
            for kind, coins in back.items()
            if coins
        },
        pending=held | ({house(Account.Kind.ADS): spent} if spent else {}),
    )


def house(kind: Account.Kind) -> int:
    return ledger.account_id(owner_id=None, kind=kind)
