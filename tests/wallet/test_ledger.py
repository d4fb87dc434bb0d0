"""The books: posting, settling, and what the database refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from apps.wallet import ledger
from apps.wallet.ledger import NotEnoughCoins
from apps.wallet.models import Account, Entry, PendingEntry, Transfer
from tests.books import balance
from tests.cast import Person

Kind = Account.Kind


def account(person: Person, kind: Kind = Kind.BOUGHT) -> int:
    return ledger.account_id(owner_id=person.id, kind=kind)


def promo() -> int:
    return ledger.account_id(owner_id=None, kind=Kind.PROMO)


def post(entries: dict[int, int], pending: dict[int, int], key: str = "test") -> int:
    return ledger.post(
        key=key, reason=Transfer.Reason.PROMO, subject_id=None, entries=entries, pending=pending
    )


@contextmanager
def committing() -> Iterator[None]:
    """What is deferred to the commit is checked at the end."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_coins_given_are_in_the_wallet_and_the_house_owes_them(owner: Person) -> None:
    assert ledger.give(user_id=owner.id, coins=500, key="welcome")
    assert ledger.total(owner.id) == 500
    assert PendingEntry.objects.get(account_id=promo()).amount == -500


def test_a_key_gives_once(owner: Person) -> None:
    assert ledger.give(user_id=owner.id, coins=500, key="welcome")
    assert not ledger.give(user_id=owner.id, coins=500, key="welcome")
    assert ledger.total(owner.id) == 500


def test_a_key_posts_once(owner: Person) -> None:
    post({account(owner): 5}, {promo(): -5}, key="same")
    with pytest.raises(IntegrityError, match="wallet_transfer_key"):
        post({account(owner): 5}, {promo(): -5}, key="same")
    assert ledger.total(owner.id) == 5


def test_someone_without_accounts_has_no_coins(stranger: Person) -> None:
    assert ledger.total(stranger.id) == 0
    assert ledger.call("wallet_all_time_coins", stranger.id) == 0


def test_settling_moves_pending_coins_into_the_balance_and_the_total_stays(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    ledger.give(user_id=owner.id, coins=12, key="b")
    assert ledger.settle_all() == 2
    assert Account.objects.get(pk=promo()).balance == -42
    assert Entry.objects.filter(account_id=promo()).count() == 1
    assert ledger.settle_all() == 0
    assert ledger.total(owner.id) == 42


def test_pending_coins_are_in_the_wallet_before_they_are_settled(owner: Person) -> None:
    post({}, {account(owner, Kind.EARNED): 7, promo(): -7})
    assert balance(owner.user, Kind.EARNED) == 0
    assert ledger.total(owner.id) == 7
    assert ledger.call("wallet_all_time_coins", owner.id) == 7
    ledger.settle_all()
    assert balance(owner.user, Kind.EARNED) == 7
    assert ledger.total(owner.id) == 7
    assert ledger.call("wallet_all_time_coins", owner.id) == 7


def test_a_settlement_in_small_batches_settles_everything(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "SETTLEMENT_MAX_ROWS", 2)
    for number in range(5):
        post({}, {account(owner, Kind.EARNED): 1, promo(): -1}, key=f"n{number}")
    assert ledger.settle(account(owner, Kind.EARNED)) == 5
    assert Entry.objects.filter(account_id=account(owner, Kind.EARNED)).count() == 3


def test_pending_entries_that_sum_to_zero_are_settled_without_an_entry(owner: Person) -> None:
    post({account(owner): 5}, {promo(): -5}, key="there")
    post({account(owner): -5}, {promo(): 5}, key="back")
    assert ledger.settle(promo()) == 2
    assert not Entry.objects.filter(account_id=promo()).exists()


def test_entries_are_numbered_and_carry_the_balance(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    ledger.give(user_id=owner.id, coins=12, key="b")
    lines = Entry.objects.filter(account_id=account(owner)).order_by("sequence")
    assert list(lines.values_list("sequence", "amount", "balance_after")) == [
        (1, 30, 30),
        (2, 12, 42),
    ]


def test_all_time_coins_do_not_fall_when_coins_are_spent(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    post({account(owner): -20}, {promo(): 20})
    assert ledger.total(owner.id) == 10
    assert ledger.call("wallet_all_time_coins", owner.id) == 30


def test_a_person_never_falls_below_zero(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    with pytest.raises(NotEnoughCoins):
        post({account(owner): -31}, {promo(): 31})
    assert ledger.total(owner.id) == 30


def test_a_transfer_that_does_not_sum_to_zero_is_refused(owner: Person) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"), committing():
        post({account(owner): 5}, {promo(): -4})


def test_a_transfer_with_an_unknown_account_is_refused(owner: Person) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"), committing():
        post({account(owner): 5, 10**12: -5}, {})


def test_a_line_added_to_an_old_transfer_is_refused(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    transfer = Transfer.objects.get(key="a")
    with pytest.raises(IntegrityError, match="does not sum to zero"), committing():
        PendingEntry.objects.create(transfer=transfer, account_id=account(owner), amount=1)


def test_pending_entries_can_not_be_settled_by_an_unrelated_transfer(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    ledger.give(user_id=owner.id, coins=30, key="b")
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        PendingEntry.objects.filter(transfer__key="a").update(
            settled_by=Transfer.objects.get(key="b")
        )


@pytest.mark.parametrize("model", [Transfer, Entry])
def test_history_can_be_neither_changed_nor_deleted(owner: Person, model: type) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    field = "key" if model is Transfer else "sequence"
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.update(**{field: "9"})
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_pending_entries_and_accounts_are_not_deleted(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    for model in (PendingEntry, Account):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_a_pending_entry_keeps_its_amount_and_is_settled_once(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PendingEntry.objects.update(amount=-1)
    ledger.settle_all()
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PendingEntry.objects.update(settled_by=None)


def test_a_person_with_a_wallet_can_not_be_deleted(owner: Person) -> None:
    ledger.give(user_id=owner.id, coins=30, key="a")
    with pytest.raises(IntegrityError):
        owner.user.delete()


def test_there_is_one_account_of_a_kind_even_for_the_house(owner: Person) -> None:
    assert promo() == promo()
    with pytest.raises(IntegrityError, match="wallet_account_once"), transaction.atomic():
        Account.objects.create(kind=Kind.PROMO)
    with pytest.raises(IntegrityError, match="wallet_account_owner"), transaction.atomic():
        Account.objects.create(kind=Kind.STORE, owner=owner.user)
