"""Two at once, for each way that money moves besides gifts (tests/gifts/test_races.py).

Each race is first shown to happen with its guards off. These tests commit, from real threads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from apps.contract.answers import Refused
from apps.gifts.models import Gift, SentGift
from apps.gifts.services import send_gift
from apps.live import audience, services
from apps.live.models import LiveRoom
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import CoinPackage, Payout, Purchase
from apps.wallet.services import payouts, refunds
from apps.wallet.services.purchases import purchase_coins
from tests.books import broken_rules, earn, give_bought
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_S = 60


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


@pytest.fixture(autouse=True)
def _open(settings: Settings, package: CoinPackage) -> None:
    settings.DEMO_STORE = True
    settings.PAYOUT_MIN_COINS = 1


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ask(sql: str, name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql, [name])
        return cursor.fetchone()[0]


@contextmanager
def without(table: str, guard: str) -> Iterator[None]:
    """A unique constraint or index is gone inside; what was committed meanwhile is thrown away."""
    is_constraint = ask("SELECT count(*) FROM pg_constraint WHERE conname = %s", guard)
    if is_constraint:
        rule = ask("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", guard)
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        again = f"ALTER TABLE {table} ADD CONSTRAINT {guard} {rule}"
    else:
        again = ask("SELECT indexdef FROM pg_indexes WHERE indexname = %s", guard)
        execute(f"DROP INDEX {guard}")
    try:
        yield
    finally:
        execute("TRUNCATE wallet_account, wallet_transfer, wallet_purchase, wallet_payout CASCADE")
        execute(again)


def meeting(monkeypatch: pytest.MonkeyPatch, module: Any, function: str) -> None:
    """Two callers of a function go on only when both have come that far."""
    barrier, real = Barrier(2), getattr(module, function)

    def met(*arguments: Any, **named: Any) -> Any:
        barrier.wait(WAIT_S)
        return real(*arguments, **named)

    monkeypatch.setattr(module, function, met)


def buying(user: User) -> Callable[[], Purchase]:
    return lambda: purchase_coins(
        user_id=user.id, device=Purchase.Device.IOS, coins=500, transaction_id="same"
    )


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_without_the_constraint_one_transaction_is_credited_to_two_people(
    ann: User, ben: User
) -> None:
    with without("wallet_purchase", "wallet_purchase_once"):
        assert kinds(together([buying(ann), buying(ben)])) == ["Purchase", "Purchase"]
        assert (ledger.total(ann.id), ledger.total(ben.id)) == (500, 500)


def test_with_it_one_of_them_gets_the_coins(ann: User, ben: User) -> None:
    assert kinds(together([buying(ann), buying(ben)])) == ["Purchase", "Refused"]
    assert ledger.total(ann.id) + ledger.total(ben.id) == 500


def refunding(purchase: Purchase) -> Callable[[], bool]:
    return lambda: refunds.refund_purchase(purchase_id=purchase.id, note="")


def test_with_a_look_before_the_mark_a_refund_takes_the_coins_twice(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = buying(ann)()
    barrier, numbers = Barrier(2), iter("ab")

    def look_then_mark(purchase_id: int, note: str) -> bool:
        is_new = Purchase.objects.get(pk=purchase_id).refunded_at is None
        barrier.wait(WAIT_S)
        Purchase.objects.filter(pk=purchase_id).update(refunded_at="2026-01-01T00:00Z")
        return is_new

    monkeypatch.setattr(refunds, "mark_refunded", look_then_mark)
    monkeypatch.setattr(refunds, "key_of", lambda purchase, reason: f"refund:{next(numbers)}")
    with without("wallet_purchase", "wallet_purchase_once"):
        assert together([refunding(purchase)] * 2) == [True, True]
        assert ledger.is_frozen(ann.id)
        assert [rule for rule in broken_rules() if "taken back" in rule]


def test_with_the_mark_first_one_refund_takes_them(ann: User) -> None:
    purchase = buying(ann)()
    assert sorted(together([refunding(purchase)] * 4)) == [False, False, False, True]
    assert ledger.total(ann.id) == 0
    assert not ledger.is_frozen(ann.id)


def test_a_refund_and_its_reversal_at_once_end_in_one_of_the_two(ann: User) -> None:
    purchase = buying(ann)()
    refunding(purchase)()

    def restoring() -> bool:
        return refunds.restore_purchase(purchase_id=purchase.id, note="")

    results = together([restoring, restoring, refunding(purchase)])
    assert not [result for result in results if isinstance(result, Exception)]
    purchase.refresh_from_db()
    assert ledger.total(ann.id) == (0 if purchase.refunded_at else 500)


def asking(user: User) -> Callable[[], Payout]:
    return lambda: payouts.request_payout(user_id=user.id, coins=300, destination="a@b.example")


def test_without_the_index_two_payouts_are_open(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    earn(ann, 1000)
    payouts.save_method(user_id=ann.id, kind="paypal", value="a@b.example")
    meeting(monkeypatch, payouts, "method_for")  # both have seen that no payout is open
    with without("wallet_payout", "wallet_payout_one_open"):
        assert kinds(together([asking(ann)] * 2)) == ["Payout", "Payout"]
        assert Payout.objects.filter(status="pending").count() == 2


def test_with_it_the_second_is_told(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    earn(ann, 1000)
    payouts.save_method(user_id=ann.id, kind="paypal", value="a@b.example")
    meeting(monkeypatch, payouts, "method_for")
    results = together([asking(ann)] * 2)
    assert kinds(results) == ["Payout", "Refused"]
    assert [r.message for r in results if isinstance(r, Refused)] == [payouts.OPEN_ALREADY]
    assert ledger.total(ann.id) == 700


def test_two_operators_decide_once(ann: User, ben: User) -> None:
    earn(ann, 1000)
    payout = asking(ann)()
    by = {"payout_id": payout.id, "operator_id": ben.id}
    results = together([lambda: payouts.reject(**by), lambda: payouts.reject(**by)])
    assert kinds(results) == ["NoneType", "Refused"]
    assert ledger.total(ann.id) == 1000


@pytest.fixture
def room(ben: User) -> LiveRoom:
    room = services.open_room(host_id=ben.id, title="Evening show")[0]
    LiveRoom.objects.update(status="live", price_coins=30, started_at="2026-01-01T10:00:00Z")
    return room


def entering(room: LiveRoom, user: User) -> Callable[[], None]:
    return lambda: audience.enter(room_id=room.pk, user_id=user.id, agreed_coins=30)


def test_without_lock_and_key_a_ticket_is_paid_twice(
    ann: User, ben: User, room: LiveRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_bought(ann, 100)
    audience.Viewer.objects.create(room=room, user=ann, present=False)  # looked in before
    meeting(monkeypatch, audience, "sell_ticket")
    monkeypatch.setattr(audience.Viewer.objects, "select_for_update", audience.Viewer.objects.all)
    pay = ask("SELECT pg_get_functiondef(%s::regproc)", "wallet_pay")
    assert "WHERE key = p_key" in pay
    key = ask(
        "SELECT conname::text FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'",
        "wallet_transfer",
    )
    with without("wallet_transfer", key):
        execute(pay.replace("WHERE key = p_key", "WHERE false"))
        try:
            results = together([entering(room, ann)] * 2)
        finally:
            execute(pay)
        assert kinds(results) == ["NoneType", "NoneType"]
        assert ledger.total(ann.id) == 40
        execute("TRUNCATE live_viewer CASCADE")


def test_with_them_it_is_paid_once(ann: User, ben: User, room: LiveRoom) -> None:
    give_bought(ann, 100)
    assert kinds(together([entering(room, ann)] * 4)) == ["NoneType"] * 4
    assert (ledger.total(ann.id), ledger.total(ben.id)) == (70, 30)


CALLS = st.tuples(
    st.sampled_from(["give", "give", "buy", "refund", "payout", "settle"]),
    st.integers(0, 2),
    st.sampled_from(["a", "b", "c"]),
)


@hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(bursts=st.lists(st.lists(CALLS, min_size=3, max_size=5), min_size=1, max_size=3))
def test_whatever_happens_at_once_each_key_counts_once_and_the_books_balance(
    package: CoinPackage, bursts: list[list[tuple[str, int, str]]]
) -> None:
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    story = uuid4().hex[:12]
    people = [User.objects.create_user(f"{story}{number}") for number in range(3)]
    for person in people:
        give_bought(person, 40)
        earn(person, 40)

    def call(what: str, who: int, key: str) -> Any:
        person, name = people[who], f"{story}:{key}"
        if what == "give":
            to = people[(who + 1) % 3].id
            return send_gift(sender_id=person.id, receiver_id=to, gift_id=rose.id, count=3, key=key)
        if what == "buy":
            return purchase_coins(
                user_id=person.id, device=Purchase.Device.IOS, coins=500, transaction_id=name
            )
        if what == "payout":
            return payouts.request_payout(user_id=person.id, coins=20, destination="a@b.example")
        if what == "settle":
            return ledger.settle_all()
        bought = Purchase.objects.filter(transaction_id=name).first()
        return bought and refunds.refund_purchase(purchase_id=bought.id, note="")

    for burst in bursts:
        results = together([partial(call, *one) for one in burst])
        odd = [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)]
        assert odd == []
    assert broken_rules() == []
    sent = SentGift.objects.filter(sender__in=people).values_list("transfer__key", flat=True)
    assert len(set(sent)) == len(sent)
    assert Purchase.objects.filter(transaction_id__startswith=story).count() <= 3
