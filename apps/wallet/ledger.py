"""The door to the books. The SQL functions behind it are in migrations/0002_ledger.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from apps.wallet.models import Account, PendingEntry, Transfer

SETTLEMENT_MAX_ROWS = 10_000

Lines = Mapping[int, int]  # account id -> coins, in (+) or out (-)


class NotEnoughCoins(Exception):
    """A person's account would fall below zero; nothing was posted."""


def account_id(*, owner_id: int | None, kind: Account.Kind) -> int:
    """The account of a person, or of the house for None; it is made when missing."""
    return call("wallet_account_id", owner_id, kind.value)


def post(
    *,
    key: str,
    reason: Transfer.Reason,
    subject_id: int | None,
    entries: Lines,
    pending: Lines,
) -> int:
    """Post a transfer and return its id. Entries and pending entries must sum to zero.

    Locks the accounts of `entries` in the order of their ids until the transaction ends;
    `pending` locks nothing. Raises NotEnoughCoins, and IntegrityError for a key used before.
    """
    try:
        with transaction.atomic():
            return call(
                "wallet_post",
                *(key, reason.value, subject_id, 0),
                *(list(entries), list(entries.values())),
                *(list(pending), list(pending.values())),
            )
    except IntegrityError as error:
        if "wallet_account_not_overdrawn" in str(error):
            raise NotEnoughCoins from error
        raise


def give(*, user_id: int, coins: int, key: str) -> bool:
    """Give a person coins from the promotion account, once per key; False if it was done."""
    if Transfer.objects.filter(key=key).exists():
        return False
    bought = account_id(owner_id=user_id, kind=Account.Kind.BOUGHT)
    promo = account_id(owner_id=None, kind=Account.Kind.PROMO)
    post(
        key=key,
        reason=Transfer.Reason.PROMO,
        subject_id=None,
        entries={bought: coins},
        pending={promo: -coins},
    )
    return True


@dataclass(frozen=True)
class Purse:
    """One of a person's accounts while its lock is held."""

    id: int
    balance: int
    entry_count: int


def lock_purses(user_id: int) -> dict[str, Purse]:
    """A person's accounts by kind (bought, earned, debt), made when missing and settled.

    Locks them in the order of their ids until the caller's transaction ends.
    """
    kinds = [Account.Kind.BOUGHT, Account.Kind.EARNED, Account.Kind.DEBT]
    ids = [account_id(owner_id=user_id, kind=kind) for kind in kinds]
    locked = Account.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    for account in locked:
        settle(account.pk)
    rows = Account.objects.filter(pk__in=ids)
    return {row.kind: Purse(row.pk, row.balance, row.entry_count) for row in rows}


def take(purses: Mapping[str, Purse], coins: int) -> dict[int, int]:
    """The entries that take up to `coins` out of the purses: bought ones first, as spending does.

    Entries of zero are left out.
    """
    entries = {}
    for kind in Account.PERSONAL_KINDS:
        part = min(coins, purses[kind].balance)
        coins -= part
        if part:
            entries[purses[kind].id] = -part
    return entries


def settle(account: int) -> int:
    """Post what is pending on an account and return how many rows that were. Locks it.

    Each batch is a transaction of its own unless the caller has opened one.
    """
    settled = 0
    while batch := call("wallet_settle", account, SETTLEMENT_MAX_ROWS):
        settled += batch
    return settled


def settle_all() -> int:
    """Settle every account that has something pending; one lock at a time."""
    due = PendingEntry.objects.filter(settled_by=None).values_list("account_id", flat=True)
    return sum(settle(account) for account in due.distinct().order_by("account_id"))


def is_frozen(user_id: int) -> bool:
    """Whether a person may not spend: an operator's stop, or a debt."""
    return bool(call("wallet_frozen", user_id))


def total(user_id: int) -> int:
    """Every coin that a person can spend."""
    return call("wallet_total", user_id)


def call(function: str, *arguments: Any) -> int:
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({marks})", arguments)
        return cursor.fetchone()[0]
