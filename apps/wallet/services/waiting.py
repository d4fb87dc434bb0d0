"""Purchases whose store could not be asked: kept, so that nobody has to pay twice."""

from dataclasses import dataclass

from django.utils import timezone

from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage, Purchase, WaitingPurchase

MOST_OF_ONE_PERSON = 20
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


def keep(claim: Claim, *, problem: str, proof: str = "") -> None:
    """Remember a claim until its store answers. Raises Refused for more than a person needs."""
    open_rows = WaitingPurchase.objects.filter(user_id=claim.user_id, done_at=None)
    others = open_rows.exclude(transaction_id=claim.transaction_id)
    if others.count() >= MOST_OF_ONE_PERSON:
        raise Refused(TOO_MANY)
    WaitingPurchase.objects.update_or_create(
        user_id=claim.user_id,
        store=claim.store,
        transaction_id=claim.transaction_id,
        defaults={
            "package": claim.package,
            "device": claim.device,
            "proof": proof or claim.proof,
            "claimed_title": claim.title,
            "claimed_price": claim.price,
            "problem": problem,
            "due_at": timezone.now(),
            "done_at": None,
        },
    )


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
