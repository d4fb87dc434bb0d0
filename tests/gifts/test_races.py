"""Many at once: each race is first shown to happen with the guards off, then to be gone.

These tests commit, from real threads with a connection each.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection

from apps.contract.answers import Refused
from apps.gifts.models import Gift, SentGift
from apps.gifts.services import send_gift
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import Account, CoinPackage, Purchase
from apps.wallet.services.purchases import purchase_coins
from tests.books import broken_rules, give_bought
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = "FOR NO KEY UPDATE"
CHECKED = "v_from_bought := least(v_bought, p_coins);"  # the line after the funds were checked


@pytest.fixture
def rose() -> Gift:
    return Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def source_of(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        return cursor.fetchone()[0]


@contextmanager
def slow_payment(*, locks: bool, check: bool) -> Iterator[None]:
    """Payments pause between looking at a balance and changing it; guards may be off."""
    pay, post = source_of("wallet_pay"), source_of("wallet_post")
    assert LOCK in pay
    assert LOCK in post
    assert CHECKED in pay
    slow = pay.replace(CHECKED, f"PERFORM pg_sleep(0.3); {CHECKED}")
    execute(slow if locks else slow.replace(LOCK, ""))
    execute(post if locks else post.replace(LOCK, ""))
    rule = source_of_check()
    if not check:
        execute("ALTER TABLE wallet_account DROP CONSTRAINT wallet_account_not_overdrawn")
    try:
        yield
    finally:
        execute(pay, post)
        if not check:
            execute(
                "TRUNCATE wallet_account, wallet_transfer CASCADE",
                f"ALTER TABLE wallet_account ADD CONSTRAINT wallet_account_not_overdrawn {rule}",
            )


def source_of_check() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'wallet_account_not_overdrawn'"
        )
        return cursor.fetchone()[0]


def gift(sender: User, receiver: User, rose: Gift, key: str = "") -> Callable[[], None]:
    return lambda: send_gift(
        sender_id=sender.id, receiver_id=receiver.id, gift_id=rose.id, count=1, key=key
    )


def test_without_guards_the_same_coins_are_spent_twice(ann: User, ben: User, rose: Gift) -> None:
    give_bought(ann, 10)
    with slow_payment(locks=False, check=False):
        assert together([gift(ann, ben, rose)] * 2) == [None, None]
        assert ledger.total(ann.id) == -10
        assert "no person ever had less than nothing" in broken_rules()


def test_without_the_lock_the_constraint_still_refuses(ann: User, ben: User, rose: Gift) -> None:
    give_bought(ann, 10)
    with slow_payment(locks=False, check=True):
        results = together([gift(ann, ben, rose)] * 2)
    assert {type(result) for result in results} == {type(None), IntegrityError}
    assert ledger.total(ann.id) == 0


def test_with_the_lock_one_is_sent_and_the_other_is_told(ann: User, ben: User, rose: Gift) -> None:
    give_bought(ann, 10)
    with slow_payment(locks=True, check=True):
        results = together([gift(ann, ben, rose)] * 2)
    assert {type(result) for result in results} == {type(None), Refused}
    assert (ledger.total(ann.id), ledger.total(ben.id)) == (0, 10)


def test_without_the_lock_a_retry_at_the_same_moment_fails(
    ann: User, ben: User, rose: Gift
) -> None:
    give_bought(ann, 100)
    with slow_payment(locks=False, check=True):
        results = together([gift(ann, ben, rose, key="tap")] * 2)
    assert {type(result) for result in results} == {type(None), IntegrityError}


def test_retries_at_the_same_moment_are_one_gift(ann: User, ben: User, rose: Gift) -> None:
    give_bought(ann, 100)
    assert together([gift(ann, ben, rose, key="tap")] * 6) == [None] * 6
    assert SentGift.objects.count() == 1
    assert ledger.total(ann.id) == 90


def test_twenty_spenders_of_ten_gifts_worth_send_ten(ann: User, ben: User, rose: Gift) -> None:
    give_bought(ann, 100)
    results = together([gift(ann, ben, rose)] * 20)
    assert sum(result is None for result in results) == 10
    assert (ledger.total(ann.id), ledger.total(ben.id)) == (0, 100)


def test_people_who_gift_each_other_while_the_books_are_settled_do_not_wait_for_ever(
    ann: User, ben: User, rose: Gift
) -> None:
    give_bought(ann, 50)
    give_bought(ben, 50)

    def many(sender: User, receiver: User) -> Callable[[], None]:
        return lambda: [gift(sender, receiver, rose)() for _ in range(15)] and None

    def settling() -> None:
        for _ in range(15):
            ledger.settle_all()

    results = together([many(ann, ben), many(ben, ann), settling, settling])
    assert {type(result) for result in results} <= {type(None), Refused}
    assert ledger.total(ann.id) + ledger.total(ben.id) == 100


def test_two_settlements_of_one_account_settle_each_coin_once(
    ann: User, ben: User, rose: Gift
) -> None:
    give_bought(ann, 100)
    for _ in range(5):
        gift(ann, ben, rose)()
    earned = ledger.account_id(owner_id=ben.id, kind=Account.Kind.EARNED)
    settled = together([lambda: ledger.settle(earned)] * 4)
    assert sum(settled) == 5
    assert Account.objects.get(pk=earned).balance == 50


def test_a_transaction_bought_by_many_at_once_is_credited_once(
    ann: User, ben: User, package: CoinPackage, settings: Any
) -> None:
    settings.DEMO_STORE = True

    def buying(user: User) -> Callable[[], Purchase]:
        return lambda: purchase_coins(
            user_id=user.id, device=Purchase.Device.IOS, coins=500, transaction_id="same"
        )

    results = together([buying(ann), buying(ben)] * 3)
    assert sum(isinstance(result, Purchase) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 5
    assert ledger.total(ann.id) + ledger.total(ben.id) == 500
