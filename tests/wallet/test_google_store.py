"""purchaseCoin against a double of Google Play, through the code that asks the real one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.wallet import ledger, tasks
from apps.wallet.models import (
    Account,
    CoinPackage,
    Fulfilment,
    Outstanding,
    Purchase,
    WaitingPurchase,
)
from apps.wallet.services import errands, waiting
from apps.wallet.stores import google
from apps.wallet.stores.shape import DAYS_OF_PATIENCE
from tests.books import balance
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.wallet.google import ORDER, PACKAGE, PRODUCT, TOKEN, GooglePlay
from tests.wallet.test_refunds import spend


@pytest.fixture
def play(tmp_path: Path) -> Iterator[GooglePlay]:
    server = GooglePlay(tmp_path)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _google_store(settings: Settings, package: CoinPackage, play: GooglePlay) -> None:
    CoinPackage.objects.update(android_product_id=PRODUCT)
    settings.DEMO_STORE = False
    settings.GOOGLE_PLAY_PACKAGE = PACKAGE
    settings.GOOGLE_PLAY_SERVICE_ACCOUNT_FILE = str(play.account_file)
    settings.GOOGLE_PLAY_API_URL = play.url


def buy(phone: Phone, by: Person, **changes: Any) -> dict[str, Any]:
    values = {"coin": "500", "price": "$4.99", "transaction_id": ORDER, "device": "android"}
    return phone.call("purchaseCoin", values | changes, by=by)


def make_due(model: type[Outstanding]) -> None:
    model.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_an_order_id_is_looked_up_and_credited_once(
    phone: Phone, owner: Person, friend: Person, play: GooglePlay
) -> None:
    play.sell()
    answer = buy(phone, owner)
    assert answer["msg"]["User"]["wallet"] == 500
    assert_both_clients_parse("purchaseCoin", answer)
    assert (Purchase.objects.get().store, Purchase.objects.get().transaction_id) == (
        "google",
        ORDER,
    )
    assert buy(phone, owner)["code"] == 201
    assert buy(phone, friend)["code"] == 201
    assert (ledger.total(owner.id), ledger.total(friend.id)) == (500, 0)


def test_a_purchase_token_needs_no_look_up_of_the_order_and_is_the_same_purchase(
    phone: Phone, owner: Person, friend: Person, play: GooglePlay
) -> None:
    play.sell()
    assert buy(phone, owner, purchase_token=TOKEN, transaction_id="7")["code"] == 200
    assert not [path for path in play.asked if "/orders/" in path]
    assert buy(phone, friend)["code"] == 201
    assert buy(phone, friend, transaction_id=TOKEN)["code"] == 201
    assert Purchase.objects.get().transaction_id == ORDER


def test_the_store_is_told_only_after_the_coins_are_there(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell()
    buy(phone, owner)
    bought = play.purchases[TOKEN]
    assert (bought["acknowledgementState"], bought["consumptionState"]) == (0, 0)
    assert errands.tell_stores() == 1
    assert (bought["acknowledgementState"], bought["consumptionState"]) == (1, 1)
    assert errands.tell_stores() == 0


def test_what_the_app_has_acknowledged_is_only_consumed(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell(acknowledgementState=1)
    buy(phone, owner)
    errands.tell_stores()
    posts = [path.rsplit(":", 1)[1] for path in play.asked if path.startswith("POST /android")]
    assert posts == ["consume"]


@pytest.mark.parametrize("trouble", ["cut", "lie"])
def test_a_store_that_was_not_reached_is_told_again_later(
    phone: Phone, owner: Person, play: GooglePlay, trouble: str
) -> None:
    play.sell()
    buy(phone, owner)
    setattr(play, trouble, (503, b"") if trouble == "lie" else True)
    tasks.run_errands()
    row = Fulfilment.objects.get()
    assert (row.attempts, row.done_at, row.problem) == (1, None, google.AWAY)
    assert row.due_at > timezone.now()
    play.cut, play.lie = False, None
    make_due(Fulfilment)
    tasks.run_errands()
    assert play.purchases[TOKEN]["consumptionState"] == 1
    assert Fulfilment.objects.get().done_at


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"product": "coins_100"}, google.FOR_SOMETHING_ELSE),
        ({"purchaseState": 1}, google.UNPAID),
        ({"purchaseType": 0}, google.FOR_SOMETHING_ELSE),
        ({"purchaseType": 1}, google.FOR_SOMETHING_ELSE),
        ({"quantity": 2}, google.FOR_SOMETHING_ELSE),
        ({"orderId": "GPA.1111-2222-3333-44444"}, google.UNKNOWN),
    ],
)
def test_a_purchase_that_is_not_for_this_is_refused(
    phone: Phone, owner: Person, play: GooglePlay, changes: Any, sentence: str
) -> None:
    play.sell(**changes)
    assert buy(phone, owner) == {"code": 201, "msg": sentence}
    assert not Purchase.objects.exists()
    assert not WaitingPurchase.objects.exists()


def test_a_testers_purchase_counts_only_where_that_is_allowed(
    phone: Phone, owner: Person, play: GooglePlay, settings: Settings
) -> None:
    play.sell(purchaseType=0)
    settings.GOOGLE_PLAY_TESTERS = True
    assert buy(phone, owner)["code"] == 200


@pytest.mark.parametrize("text", ["../../x", "1", "GPA.1/../../x", "a b" * 20, "x" * 400])
def test_an_id_that_google_never_gave_is_refused(phone: Phone, owner: Person, text: str) -> None:
    assert buy(phone, owner, transaction_id=text) == {"code": 201, "msg": google.UNKNOWN}


def test_a_token_for_another_package_is_refused(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell(product="coins_100")
    assert buy(phone, owner, purchase_token=TOKEN) == {"code": 201, "msg": google.UNKNOWN}


def test_a_payment_that_is_still_pending_is_credited_when_it_is_made(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell(purchaseState=2)
    assert buy(phone, owner) == {"code": 201, "msg": google.NOT_YET}
    errands.retry_waiting()
    assert ledger.total(owner.id) == 0
    play.purchases[TOKEN]["purchaseState"] = 0
    make_due(WaitingPurchase)
    errands.retry_waiting()
    assert ledger.total(owner.id) == 500
    assert WaitingPurchase.objects.get().purchase == Purchase.objects.get()


@pytest.mark.parametrize(
    "lie",
    [
        (200, b"<html>"),
        (200, b"[]"),
        (500, b"{}"),
        (401, b""),
        (403, b"{}"),
        (429, b"{}"),
        (404, b'{"error": {"errors": [{"reason": "applicationNotFound"}]}}'),
    ],
)
def test_an_answer_that_makes_no_sense_gives_nothing_and_loses_nothing(
    phone: Phone, owner: Person, play: GooglePlay, lie: tuple[int, bytes]
) -> None:
    play.sell()
    play.lie = lie
    assert buy(phone, owner) == {"code": 201, "msg": google.AWAY}
    assert not Purchase.objects.exists()
    play.lie = None
    assert errands.retry_waiting() == 1
    assert ledger.total(owner.id) == 500


@pytest.mark.parametrize("lie", [{}, {"orderId": 5}, {"orderId": ORDER, "lineItems": "x"}])
def test_an_order_without_its_parts_is_refused(
    phone: Phone, owner: Person, play: GooglePlay, lie: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play, "order", lambda order_id: (200, json.dumps(lie).encode()))
    assert buy(phone, owner)["msg"] in (google.UNKNOWN, google.FOR_SOMETHING_ELSE)


def test_a_silent_store_is_given_up_and_its_purchase_credited_by_itself(
    phone: Phone, owner: Person, play: GooglePlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.sell()
    google.account(str(play.account_file)).headers()  # signed in before the patience gets short
    monkeypatch.setattr(google, "TIMEOUT_S", 0.2)
    play.silent.set()
    assert buy(phone, owner) == {"code": 201, "msg": google.AWAY}
    play.silent.clear()
    monkeypatch.setattr(google, "TIMEOUT_S", 10)
    tasks.run_errands()
    assert ledger.total(owner.id) == 500
    assert play.purchases[TOKEN]["consumptionState"] == 1
    assert buy(phone, owner)["msg"].endswith("Nothing was added.")


def test_somebody_elses_claim_for_a_waiting_purchase_gives_them_nothing(
    phone: Phone, owner: Person, stranger: Person, play: GooglePlay
) -> None:
    play.sell()
    play.lie = (503, b"")
    buy(phone, owner)
    play.lie = None
    errands.retry_waiting()
    assert buy(phone, stranger)["code"] == 201
    play.lie = (503, b"")
    buy(phone, stranger)
    play.lie = None
    errands.retry_waiting()
    assert (ledger.total(owner.id), ledger.total(stranger.id)) == (500, 0)
    refused = WaitingPurchase.objects.get(user=stranger.user)
    assert refused.done_at
    assert "another account" in refused.problem


def test_nobody_fills_the_list_of_waiting_purchases(
    phone: Phone, owner: Person, play: GooglePlay, settings: Settings
) -> None:
    settings.THROTTLE_ENABLED = False
    play.lie = (503, b"")
    for number in range(waiting.MOST_OF_ONE_PERSON):
        assert buy(phone, owner, transaction_id=f"{ORDER}-{number}")["msg"] == google.AWAY
    assert buy(phone, owner, transaction_id=ORDER)["msg"] == waiting.TOO_MANY
    assert buy(phone, owner, transaction_id=f"{ORDER}-3")["msg"] == google.AWAY
    assert WaitingPurchase.objects.count() == waiting.MOST_OF_ONE_PERSON


def test_a_purchase_that_no_store_ever_answers_is_given_up_in_the_open(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.lie = (503, b"")
    buy(phone, owner)
    WaitingPurchase.objects.update(created_at=timezone.now() - DAYS_OF_PATIENCE * 2)
    errands.retry_waiting()
    row = WaitingPurchase.objects.get()
    assert row.done_at
    assert row.problem.startswith("given up")


def test_voided_purchases_are_taken_back_once_page_by_page(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell()
    buy(phone, owner)
    spend(owner, 200)
    play.page_size = 2
    play.voided_orders = ["GPA.0", "GPA.1", "GPA.2", "GPA.3", ORDER]
    tasks.hear_of_voided()
    assert balance(owner.user, Account.Kind.DEBT) == -200
    assert ledger.total(owner.id) == 0
    assert errands.hear_of_voided() == 0
    assert Purchase.objects.get().refund_note == "told by google"


def test_a_purchase_that_was_voided_before_it_was_claimed_gives_nothing(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell()
    play.voided_orders = [ORDER]
    tasks.hear_of_voided()
    assert buy(phone, owner)["code"] == 201
    assert ledger.total(owner.id) == 0


def test_a_voided_purchase_is_not_finished_at_the_store(
    phone: Phone, owner: Person, play: GooglePlay
) -> None:
    play.sell()
    buy(phone, owner)
    play.purchases[TOKEN]["purchaseState"] = 1
    errands.tell_stores()
    assert Fulfilment.objects.get().done_at
    assert not [path for path in play.asked if path.startswith("POST /android")]


def test_a_refused_access_token_is_replaced(phone: Phone, owner: Person, play: GooglePlay) -> None:
    play.sell()
    buy(phone, owner, transaction_id=f"{ORDER}-9")
    play.bearer = "bearer-2"
    assert buy(phone, owner) == {"code": 201, "msg": google.AWAY}
    assert errands.retry_waiting() == 1
    assert ledger.total(owner.id) == 500


def test_iphones_stay_closed(phone: Phone, owner: Person, play: GooglePlay) -> None:
    play.sell()
    assert buy(phone, owner, device="iOS")["code"] == 201
    assert play.asked == []
