"""Purchases whose store could not be asked: kept, so that nobody has to pay twice."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage, Purchase, WaitingPurchase

MOST_OF_ONE_PERSON = 20
LEASE_S = 120  # for one attempt: longer than any store's time-outs together
TOO_MANY = "The store can't be asked right now. Please try again later."


@dataclass(frozen=True)
class Claim:
    """What somebody says they have bought, from which store, for which package."""

    user_id: int
    store: str
    device: Purchase.Device
    package: CoinPackage
    transaction_id: str
    proof: str = ""
    title: str = ""
    price: str = ""


def keep(claim: Claim, *, problem: str = "", proof: str = "", delay_s: int = 0) -> WaitingPurchase:
    """Remember a claim until its store answers; beat asks for it after `delay_s`.

    Raises Refused for more than a person needs.
    """
    open_rows = WaitingPurchase.objects.filter(user_id=claim.user_id, done_at=None)
    if open_rows.exclude(transaction_id=claim.transaction_id).count() >= MOST_OF_ONE_PERSON:
        raise Refused(TOO_MANY)
    due_at = timezone.now() + timedelta(seconds=delay_s)
    told = {"proof": proof or claim.proof, "problem": problem, "due_at": due_at}
    row, _ = WaitingPurchase.objects.update_or_create(
        user_id=claim.user_id,
        store=claim.store,
        transaction_id=claim.transaction_id,
        defaults=told | {"done_at": None},
        create_defaults=told | columns(claim),
    )
    return row


def columns(claim: Claim) -> dict[str, Any]:
    return {
        "package": claim.package,
        "device": claim.device,
        "claimed_title": claim.title,
        "claimed_price": claim.price,
    }


def close(claim: Claim, purchase: Purchase) -> None:
    """Nobody has to wait for what has become a purchase. Part of the credit's transaction."""
    WaitingPurchase.objects.filter(
        user_id=claim.user_id, store=claim.store, transaction_id=claim.transaction_id
    ).update(purchase=purchase, done_at=timezone.now(), problem="")


def claim_of(row: WaitingPurchase) -> Claim:
    return Claim(
        user_id=row.user_id,
        store=row.store,
        device=Purchase.Device(row.device),
        package=row.package,
        transaction_id=row.transaction_id,
        proof=row.proof,
        title=row.claimed_title,
        price=row.claimed_price,
    )
