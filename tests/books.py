"""The proof that ends every test about money, and ways to damage the books on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from apps.users.models import User
from apps.wallet import audit, ledger
from apps.wallet.models import Account, CoinPackage, Transfer


def broken_rules() -> list[str]:
    """The rules of the audit that do not hold now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return [invariant.rule for invariant, rows in audit.breaches() if rows]


@contextmanager
def tampering() -> Iterator[None]:
    """Inside, triggers sleep as for a database administrator; afterwards all is undone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


def give_bought(user: User, coins: int) -> None:
    """Coins that can't be cashed out."""
    count = Account.objects.filter(owner=user).count()
    ledger.give(user_id=user.id, coins=coins, key=f"test:{user.id}:{count}:{coins}")


def balance(user: User, kind: Account.Kind) -> int:
    """What is settled on one of a person's accounts."""
    account = Account.objects.filter(owner=user, kind=kind).first()
    return account.balance if account else 0


def earn(user: User, coins: int) -> None:
    """Coins that can be cashed out, pending as after a gift."""
    earned = ledger.account_id(owner_id=user.id, kind=Account.Kind.EARNED)
    promo = ledger.account_id(owner_id=None, kind=Account.Kind.PROMO)
    ledger.post(
        key=f"test:earn:{user.id}:{Transfer.objects.count()}",
        reason=Transfer.Reason.PROMO,
        subject_id=None,
        entries={},
        pending={earned: coins, promo: -coins},
    )


@pytest.fixture(autouse=True)
def books_balance(_clean_slate: None) -> Iterator[None]:
    """Whatever a test did, the books must balance at its end."""
    yield
    assert broken_rules() == []


@pytest.fixture
def package() -> CoinPackage:
    return CoinPackage.objects.create(title="500 coins", coins=500, price="4.99")
