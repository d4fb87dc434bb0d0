"""What is left to ask or tell the stores. Rows are the truth; beat comes by and works them off.

A row is taken by moving its `due_at` ahead (a lease), the store is asked outside of any
transaction, and then it is written down what came of it. Should the worker die in between, the
lease runs out and another asks again: every store bears repeats.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.wallet import stores
from apps.wallet.models import (
    CardRemoval,
    Fulfilment,
    Outstanding,
    Purchase,
    Revocation,
    WaitingPurchase,
)
from apps.wallet.services import waiting
from apps.wallet.services.purchases import verify_and_grant
from apps.wallet.services.refunds import take_back
from apps.wallet.services.waiting import claim_of
from apps.wallet.stores import google, stripe
from apps.wallet.stores.shape import DAYS_OF_PATIENCE, StoreAway

logger = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Outstanding)
LEASE_S = waiting.LEASE_S
FIRST_WAIT_S = 15  # doubled with each attempt, up to MAX_WAIT_S
MAX_WAIT_S = 3600
GIVEN_UP = "The store has never answered for this payment. Please write to the support."
MOST_IN_ONE_RUN = 200


def retry_waiting() -> int:
    """Ask the stores again for the purchases that they could not answer; how many were tried."""
    return work_off(WaitingPurchase, ask_again)


def ask_again(row: WaitingPurchase) -> None:
    with suppress(Refused):
        refuse_old(row)
        settle(row)


def refuse_old(row: WaitingPurchase) -> None:
    """Raises Refused for an order that its store must not be asked for any more."""
    if row.created_at < timezone.now() - stores.named(row.store).patience:
        logger.error("Waiting purchase %s is given up: %s", row.pk, row.problem)
        finish(row, problem=f"given up: {row.problem}")
        raise Refused(GIVEN_UP)


def settle(row: WaitingPurchase) -> Purchase:
    """Ask the store for a waiting purchase and write down what it says. Raises Refused."""
    try:
        return verify_and_grant(claim_of(row))
    except StoreAway as away:
        WaitingPurchase.objects.filter(pk=row.pk).update(proof=away.proof or row.proof)
        put_off(row, away.message)
        raise
    except Refused as refused:
        finish(row, problem=refused.message)
        raise


def tell_stores() -> int:
    """Tell the stores of the purchases that were credited; how many were tried."""
    return work_off(Fulfilment, tell_store)


def tell_store(row: Fulfilment) -> None:
    stores.named(row.purchase.store).finish(row.handle)
    finish(row)


def empty_vault() -> int:
    """Take the cards that people have removed out of Stripe's vault; how many were tried."""
    return work_off(CardRemoval, detach_card)


def detach_card(row: CardRemoval) -> None:
    stripe.detach_card(row.payment_method_id)
    finish(row)


def hear_of_voided() -> int:
    """Take back what Google has refunded; how many purchases were news."""
    count = 0
    for ids in google.voided():
        known = Revocation.objects.filter(
            store=google.GoogleStore.name, transaction_id__in=ids
        ).values_list("transaction_id", flat=True)
        for transaction_id in sorted(set(ids) - set(known)):
            take_back(store=google.GoogleStore.name, transaction_id=transaction_id)
            count += 1
    return count


def work_off(model: type[Row], act: Callable[[Row], None]) -> int:
    """Try each row that is due, once."""
    tried = 0
    while tried < MOST_IN_ONE_RUN and (row := take(model)) is not None:
        tried += 1
        try:
            act(row)
        except StoreAway as away:
            put_off(row, away.message)
        except Exception as error:  # one row that can't be handled must not stop the others
            logger.exception("%s %s failed", model.__name__, row.pk)
            put_off(row, type(error).__name__)
    return tried


@transaction.atomic
def take(model: type[Row]) -> Row | None:
    """The next row that is due, leased. Locks it, and skips what others have locked."""
    now = timezone.now()
    due = model._default_manager.filter(done_at=None, due_at__lte=now).order_by("due_at")
    row = due.select_for_update(skip_locked=True).first()
    if row is not None:
        row.attempts += 1
        row.due_at = now + timedelta(seconds=LEASE_S)
        row.save(update_fields=["attempts", "due_at"])
    return row


def put_off(row: Outstanding, problem: str) -> None:
    now = timezone.now()
    wait_s = min(FIRST_WAIT_S * 2 ** min(row.attempts - 1, 20), MAX_WAIT_S)
    if row.created_at < now - DAYS_OF_PATIENCE:
        logger.error("%s %s is given up: %s", type(row).__name__, row.pk, problem)
        return finish(row, problem=f"given up: {problem}")
    type(row)._default_manager.filter(pk=row.pk).update(
        due_at=now + timedelta(seconds=wait_s), problem=problem[:300]
    )


def finish(row: Outstanding, *, problem: str = "") -> None:
    type(row)._default_manager.filter(pk=row.pk).update(
        done_at=timezone.now(), problem=problem[:300]
    )
