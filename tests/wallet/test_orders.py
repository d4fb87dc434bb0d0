"""addOrderSession and showOrderSession park a payload; showOrderHistory tells what moved coins."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.gifts.models import Gift
from apps.gifts.services import send_gift
from apps.wallet import ledger, tasks
from apps.wallet.models import CoinPackage, OrderSession
from tests.books import give_bought
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def test_a_payload_is_parked_and_read_by_whoever_has_its_id(phone: Phone, owner: Person) -> None:
    values = {"user_id": str(owner.id), "string": ' {"cart": [1, 2]} '}
    answer = phone.call("addOrderSession", values, by=owner)
    session = answer["msg"]["OrderSession"]
    assert (session["user_id"], session["string"]) == (owner.id, values["string"])
    assert answer["msg"]["User"]["id"] == owner.id
    assert_both_clients_parse("addOrderSession", answer)
    shown = phone.call("showOrderSession", {"id": str(session["id"])})
    assert shown["msg"]["OrderSession"] == session
    assert_both_clients_parse("showOrderSession", shown)


def test_ids_can_not_be_counted_and_others_private_fields_are_not_shown(
    phone: Phone, owner: Person
) -> None:
    ids = [phone.call("addOrderSession", {"string": "x"}, by=owner) for _ in range(3)]
    numbers = sorted(answer["msg"]["OrderSession"]["id"] for answer in ids)
    assert numbers[1] - numbers[0] > 1000
    assert numbers[2] - numbers[1] > 1000
    assert phone.call("showOrderSession", {"id": numbers[0] + 1})["code"] == 201
    shown = phone.call("showOrderSession", {"id": numbers[0]})
    assert owner.user.email not in str(shown)
    assert owner.user.phone not in str(shown)


def test_without_a_string_the_request_is_parked_without_its_proofs(
    phone: Phone, owner: Person
) -> None:
    values = {"cart": [1], "auth_token": owner.token, "user_id": owner.id}
    answer = phone.call("addOrderSession", values, by=owner)
    assert answer["msg"]["OrderSession"]["string"] == '{"cart":[1]}'


def test_after_an_hour_a_payload_is_gone(phone: Phone, owner: Person) -> None:
    session = phone.call("addOrderSession", {"string": "x"}, by=owner)["msg"]["OrderSession"]
    young = OrderSession.objects.get().created_at
    tasks.forget_order_sessions()
    assert OrderSession.objects.exists()
    OrderSession.objects.update(created_at=young - timedelta(minutes=61))
    assert phone.call("showOrderSession", {"id": session["id"]})["code"] == 201
    tasks.forget_order_sessions()
    assert not OrderSession.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("addOrderSession", {"string": "x" * 20_000}),
        ("addOrderSession", {"cart": "x" * 20_000}),
        ("addOrderSession", {"string": "a\x00b"}),
        ("showOrderSession", {}),
        ("showOrderSession", {"id": "x"}),
        ("showOrderSession", {"id": 1}),
        ("showOrderHistory", {"page": 0}),
        ("showOrderHistory", {"page": 101}),
        ("showOrderHistory", {"limit": 101}),
        ("showOrderHistory", {"limit": "many"}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    phone: Phone, owner: Person, endpoint: str, values: dict[str, Any]
) -> None:
    assert phone.call(endpoint, values, by=owner)["code"] == 201
    assert not OrderSession.objects.exists()


def test_a_guest_a_wrong_token_and_a_stranger_are_refused(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    for endpoint in ("addOrderSession", "showOrderHistory"):
        assert phone.call(endpoint, {"string": "x"})["code"] == 401
        wrong = {"Auth-Token": "wrong"}
        assert phone.call(endpoint, {"string": "x"}, headers=wrong)["code"] == 401
        assert phone.call(endpoint, {"user_id": owner.id}, by=stranger)["code"] == 201
    assert not OrderSession.objects.exists()


@pytest.fixture
def rose() -> Gift:
    return Gift.objects.create(title="Rose", coin=30, image="gifts/rose.png")


def test_the_history_tells_what_moved_ones_coins_and_the_wallet_around_it(
    phone: Phone,
    owner: Person,
    friend: Person,
    rose: Gift,
    package: CoinPackage,
    settings: Settings,
) -> None:
    settings.DEMO_STORE = True
    give_bought(friend.user, 100)
    bought = {"coin": 500, "transaction_id": "t", "device": "ios"}
    phone.call("purchaseCoin", bought, by=owner)
    send_gift(sender_id=friend.id, receiver_id=owner.id, gift_id=rose.id, count=2)
    ledger.settle_all()
    send_gift(sender_id=owner.id, receiver_id=friend.id, gift_id=rose.id, count=18)
    answer = phone.call("showOrderHistory", {}, by=owner)
    orders = answer["msg"]["orders"]
    seen = [(o["transaction_type"], o["amount"], o["balance_before"]) for o in orders]
    assert seen == [("gift", -540, 560), ("received", 60, 500), ("purchase", 500, 0)]
    assert [o["balance_after"] for o in orders] == [20, 560, 500]
    assert (orders[0]["status"], orders[2]["description"]) == ("completed", "Coins bought")
    assert orders[2]["metadata"]["reason"] == "purchase"
    page = {"page": 1, "limit": 20, "has_more": False}
    assert answer["msg"] == {"orders": orders} | page
    assert answer["data"] == answer["msg"]
    assert_both_clients_parse("showOrderHistory", answer)


def test_the_history_pages_by_body_and_by_query_string(phone: Phone, owner: Person) -> None:
    for number in range(5):
        ledger.give(user_id=owner.id, coins=10, key=f"n{number}")
    second = phone.call("showOrderHistory", {"page": 2, "limit": 2}, by=owner)["msg"]
    assert [o["balance_after"] for o in second["orders"]] == [30, 20]
    assert second["has_more"] is True
    last = phone.send("/api/v1/showOrderHistory?page=3&limit=2", b"", by=owner)["msg"]
    assert [o["balance_after"] for o in last["orders"]] == [10]
    assert last["has_more"] is False
    assert phone.call("showOrderHistory", {"page": 9}, by=owner)["msg"]["orders"] == []


def test_orders_have_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ledger.give(user_id=owner.id, coins=10, key="a")
    with django_assert_num_queries(2):
        phone.call("showOrderHistory", {}, by=owner)
    with django_assert_num_queries(3):
        parked = phone.call("addOrderSession", {"string": "x"}, by=owner)
    with django_assert_num_queries(1):
        phone.call("showOrderSession", {"id": parked["msg"]["OrderSession"]["id"]})


def test_nobody_sees_what_a_banned_person_has_parked(phone: Phone, owner: Person) -> None:
    session = OrderSession.objects.create(
        id=77, user=owner.user, payload="x", created_at=timezone.now()
    )
    type(owner.user).objects.update(status="banned")
    assert phone.call("showOrderSession", {"id": session.id})["code"] == 201
