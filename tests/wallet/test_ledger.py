"""The books: posting, settling, and what the database refuses."""

import pytest

from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import Account, Entry, PendingEntry

Kind = Account.Kind


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann")


def test_coins_given_are_in_the_wallet_and_the_house_owes_them(user: User) -> None:
    assert ledger.give(user_id=user.id, coins=500, key="welcome:1")
    promo = ledger.account_id(owner_id=None, kind=Kind.PROMO)
    assert ledger.total(user.id) == 500
    assert PendingEntry.objects.get(account_id=promo).amount == -500


def test_a_key_gives_once(user: User) -> None:
    assert ledger.give(user_id=user.id, coins=500, key="welcome:1")
    assert not ledger.give(user_id=user.id, coins=500, key="welcome:1")
    assert ledger.total(user.id) == 500


def test_settling_moves_pending_coins_into_the_balance_and_the_total_stays(user: User) -> None:
    ledger.give(user_id=user.id, coins=30, key="a")
    ledger.give(user_id=user.id, coins=12, key="b")
    promo = ledger.account_id(owner_id=None, kind=Kind.PROMO)
    assert ledger.settle_all() == 2
    assert Account.objects.get(pk=promo).balance == -42
    assert Entry.objects.filter(account_id=promo).count() == 1
    assert ledger.settle_all() == 0
    assert ledger.total(user.id) == 42
