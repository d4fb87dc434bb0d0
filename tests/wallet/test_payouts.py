"""addPayout, showPayout, withdrawRequest, showWithdrawalHistory."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.contract.answers import Refused
from apps.wallet import ledger
from apps.wallet.models import Account, Payout, PayoutMethod, PayoutStep
from apps.wallet.services import payouts
from tests.books import balance, earn, give_bought
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

CALLS = ["addPayout", "showPayout", "withdrawRequest", "showWithdrawalHistory"]
ASKED = {"coin": "500.0", "amount": "2.5", "email": ""}


@pytest.fixture(autouse=True)
def _minimum(settings: Settings) -> None:
    settings.PAYOUT_MIN_COINS = 100


@pytest.fixture
def earner(owner: Person) -> Person:
    """Somebody with 800 earned coins and a payout method."""
    earn(owner.user, 800)
    payouts.save_method(user_id=owner.id, kind=PayoutMethod.Type.PAYPAL, value="owner@example.com")
    return owner


def test_a_saved_address_comes_back_as_paypal_and_as_a_method(phone: Phone, owner: Person) -> None:
    answer = phone.call(
        "addPayout", {"user_id": str(owner.id), "wallet_address": "me@pay.example"}, by=owner
    )
    method = PayoutMethod.objects.get()
    assert answer["code"] == 200
    assert answer["msg"]["User"]["paypal"] == "me@pay.example"
    assert answer["msg"]["PayoutMethod"] == {
        "id": method.id,
        "type": "paypal",
        "value": "me@pay.example",
    }
    assert_both_clients_parse("addPayout", answer)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"value": "DE02 1203 0000", "type": "bank"}, "bank"),
        ({"value": "DE02 1203 0000", "type": "bank_account"}, "bank"),
        ({"value": "0x52908400098527886E0F", "type": "Wallet"}, "wallet"),
        ({"value": "a@b.example", "type": ""}, "paypal"),
    ],
)
def test_methods_have_types(phone: Phone, owner: Person, sent: dict[str, str], stored: str) -> None:
    assert phone.call("addPayout", sent, by=owner)["code"] == 200
    assert PayoutMethod.objects.get().type == stored


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Where should the money go? Please enter an address or account."),
        ({"value": ""}, "Where should the money go? Please enter an address or account."),
        ({"value": "x", "type": "cheque"}, "Type: paypal, bank or wallet is needed."),
        ({"value": "x" * 201}, "Value: Ensure this field has no more than 200 characters."),
        ({"value": ["x"]}, "Value: Not a valid string."),
        ({"value": "a\x00b"}, "Value: Null characters are not allowed."),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(
    phone: Phone, owner: Person, sent: dict[str, Any], sentence: str
) -> None:
    assert phone.call("addPayout", sent, by=owner) == {"code": 201, "msg": sentence}
    assert not PayoutMethod.objects.exists()


def test_the_same_type_is_overwritten_and_the_list_shows_the_latest_first(
    phone: Phone, owner: Person
) -> None:
    phone.call("addPayout", {"value": "old@b.example"}, by=owner)
    phone.call("addPayout", {"value": "DE02", "type": "bank"}, by=owner)
    phone.call("addPayout", {"value": "new@b.example"}, by=owner)
    answer = phone.call("showPayout", {}, by=owner)
    methods = [item["PayoutMethod"] for item in answer["msg"]]
    assert [(m["type"], m["value"]) for m in methods] == [
        ("paypal", "new@b.example"),
        ("bank", "DE02"),
    ]
    assert_both_clients_parse("showPayout", answer)


def test_a_request_holds_exactly_the_coins_and_answers_with_the_new_wallet(
    phone: Phone, earner: Person
) -> None:
    answer = phone.call("withdrawRequest", ASKED | {"user_id": str(earner.id)}, by=earner)
    payout = Payout.objects.get()
    created = payout.created_at.strftime("%Y-%m-%d %H:%M:%S")
    common = {
        "id": payout.id,
        "user_id": earner.id,
        "coin": 500,
        "amount": 2.5,
        "created": created,
    }
    assert answer["code"] == 200, answer
    assert answer["msg"]["WithdrawalRequest"] == common | {"status": "pending"}
    assert answer["msg"]["WithdrawRequest"] == common | {"status": 0}
    assert answer["msg"]["User"]["wallet"] == 300
    assert answer["msg"]["User"]["total_all_time_coins"] == 800
    assert_both_clients_parse("withdrawRequest", answer, variant="coin")
    assert (payout.method_type, payout.destination) == ("paypal", "owner@example.com")
    assert balance(earner.user, Account.Kind.EARNED) == 300


def test_the_amount_is_ours_whatever_the_app_says(phone: Phone, earner: Person) -> None:
    for claim in ("99999", "Infinity", "NaN", None):
        answer = phone.call("withdrawRequest", ASKED | {"amount": claim}, by=earner)
        assert answer["msg"]["WithdrawalRequest"]["amount"] == 2.5
        payouts.reject(payout_id=Payout.objects.latest("id").id, operator_id=earner.id)


def test_an_amount_alone_is_turned_into_coins(phone: Phone, earner: Person) -> None:
    answer = phone.call("withdrawRequest", {"amount": "1.25"}, by=earner)
    assert answer["msg"]["WithdrawalRequest"]["coin"] == 250


def test_an_address_in_the_request_is_used_and_saved(phone: Phone, earner: Person) -> None:
    phone.call("withdrawRequest", ASKED | {"email": "new@b.example"}, by=earner)
    assert Payout.objects.get().destination == "new@b.example"
    assert PayoutMethod.objects.get().value == "new@b.example"


def test_a_saved_bank_account_in_the_request_is_used_as_one(phone: Phone, earner: Person) -> None:
    phone.call("addPayout", {"value": "DE02", "type": "bank"}, by=earner)
    phone.call("addPayout", {"value": "latest@b.example"}, by=earner)
    phone.call("withdrawRequest", ASKED | {"email": "DE02"}, by=earner)
    assert Payout.objects.get().method_type == "bank"


def test_bought_coins_can_not_be_paid_out(phone: Phone, earner: Person) -> None:
    give_bought(earner.user, 5000)
    answer = phone.call("withdrawRequest", ASKED | {"coin": "801"}, by=earner)
    assert answer == {"code": 201, "msg": payouts.TOO_POOR}
    assert not Payout.objects.exists()
    assert ledger.total(earner.id) == 5800


def test_coins_that_are_still_pending_can_be_paid_out(phone: Phone, earner: Person) -> None:
    assert balance(earner.user, Account.Kind.EARNED) == 0
    assert phone.call("withdrawRequest", ASKED | {"coin": "800.0"}, by=earner)["code"] == 200
    assert ledger.total(earner.id) == 0


def test_a_second_request_hears_the_sentence_at_which_android_keeps_quiet(
    phone: Phone, earner: Person
) -> None:
    phone.call("withdrawRequest", ASKED, by=earner)
    for coin in ("100", "0", "300.0"):
        answer = phone.call("withdrawRequest", ASKED | {"coin": coin}, by=earner)
        assert answer == {"code": 201, "msg": "You have already requested a payout."}
    assert Payout.objects.count() == 1


def test_the_database_allows_one_open_request_even_when_two_race(
    phone: Phone, earner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question before is only for the sentence: without it the constraint still refuses."""
    phone.call("withdrawRequest", ASKED, by=earner)
    monkeypatch.setattr(Payout, "OPEN", [])
    with pytest.raises(Refused, match="already requested"):
        payouts.request_payout(user_id=earner.id, coins=100)
    assert ledger.total(earner.id) == 300


def test_without_an_address_the_person_is_asked_for_one(phone: Phone, owner: Person) -> None:
    earn(owner.user, 800)
    answer = phone.call("withdrawRequest", ASKED, by=owner)
    assert answer == {"code": 201, "msg": payouts.NO_METHOD}
    assert not Payout.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"coin": "99"}, "At least 100 coins can be paid out."),
        ({"coin": "0"}, "At least 100 coins can be paid out."),
        ({"coin": None, "amount": "0.49"}, "At least 100 coins can be paid out."),
        ({"coin": None, "amount": "-5"}, "At least 100 coins can be paid out."),
        ({"coin": None, "amount": None}, "At least 100 coins can be paid out."),
        ({"coin": "-500"}, "Coin: Ensure this value is greater than or equal to 0."),
        ({"coin": "500.5"}, "Coin: A valid integer is required."),
        ({"coin": "Infinity"}, "Coin: A valid integer is required."),
        ({"coin": True}, "Coin: A valid integer is required."),
        ({"coin": "9" * 30}, "Coin: Ensure this value is less than or equal to 9007199254740992."),
        ({"email": "a\x00b"}, "Email: Null characters are not allowed."),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    phone: Phone, earner: Person, changes: dict[str, Any], sentence: str
) -> None:
    answer = phone.call("withdrawRequest", ASKED | changes, by=earner)
    assert answer == {"code": 201, "msg": sentence}
    assert not Payout.objects.exists()


def test_a_refused_request_saves_no_address(phone: Phone, owner: Person) -> None:
    values = ASKED | {"email": "new@b.example"}
    assert phone.call("withdrawRequest", values, by=owner)["code"] == 201
    assert not PayoutMethod.objects.exists()


@pytest.mark.parametrize("endpoint", CALLS)
def test_a_stranger_does_nothing_in_the_owners_name(
    phone: Phone, earner: Person, stranger: Person, endpoint: str
) -> None:
    values = ASKED | {"user_id": earner.id, "value": "thief@b.example"}
    assert phone.call(endpoint, values, by=stranger)["code"] == 201
    assert PayoutMethod.objects.get().value == "owner@example.com"
    assert not Payout.objects.exists()
    assert ledger.total(earner.id) == 800


@pytest.mark.parametrize("endpoint", CALLS)
def test_without_a_token_nothing_happens(phone: Phone, earner: Person, endpoint: str) -> None:
    values = ASKED | {"user_id": earner.id, "value": "thief@b.example"}
    assert phone.call(endpoint, values)["code"] == 401
    assert phone.call(endpoint, values, headers={"Auth-Token": "wrong"})["code"] == 401
    assert PayoutMethod.objects.get().value == "owner@example.com"
    assert not Payout.objects.exists()


def test_approved_and_paid_coins_have_left(phone: Phone, earner: Person, operator: Person) -> None:
    phone.call("withdrawRequest", ASKED, by=earner)
    payout = Payout.objects.get()
    payouts.approve(payout_id=payout.id, operator_id=operator.id, note="checked")
    payouts.mark_paid(payout_id=payout.id, operator_id=operator.id, note="PayPal 77")
    ledger.settle_all()
    house = dict(Account.objects.filter(owner=None).values_list("kind", "balance"))
    assert (house["payouts"], house["paid_out"]) == (0, 500)
    assert ledger.total(earner.id) == 300
    steps = PayoutStep.objects.values_list("status", "operator_id", "note")
    assert list(steps) == [
        ("pending", None, ""),
        ("approved", operator.id, "checked"),
        ("paid", operator.id, "PayPal 77"),
    ]


@pytest.mark.parametrize("approved_before", [False, True])
def test_rejected_coins_are_back_and_were_not_earned_twice(
    phone: Phone, earner: Person, operator: Person, approved_before: bool
) -> None:
    phone.call("withdrawRequest", ASKED, by=earner)
    payout = Payout.objects.get()
    if approved_before:
        payouts.approve(payout_id=payout.id, operator_id=operator.id)
    payouts.reject(payout_id=payout.id, operator_id=operator.id, note="wrong name")
    for _ in range(2):
        assert ledger.total(earner.id) == 800
        assert ledger.call("wallet_all_time_coins", earner.id) == 800
        ledger.settle_all()
    assert phone.call("withdrawRequest", ASKED | {"coin": "800"}, by=earner)["code"] == 200


def test_a_decision_is_made_once(earner: Person, operator: Person) -> None:
    payout = payouts.request_payout(user_id=earner.id, coins=500)
    with pytest.raises(Refused):
        payouts.mark_paid(payout_id=payout.id, operator_id=operator.id)
    payouts.reject(payout_id=payout.id, operator_id=operator.id)
    for step in (payouts.approve, payouts.mark_paid, payouts.reject):
        with pytest.raises(Refused):
            step(payout_id=payout.id, operator_id=operator.id)
    assert ledger.total(earner.id) == 800
    assert PayoutStep.objects.count() == 2


@pytest.mark.parametrize("changes", [{"coins": 1}, {"destination": "x"}, {"amount": Decimal(9)}])
def test_what_was_asked_for_can_not_be_changed(earner: Person, changes: dict[str, Any]) -> None:
    payouts.request_payout(user_id=earner.id, coins=500)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutStep.objects.update(note="x")


def test_the_history_shows_every_request_newest_first(
    phone: Phone, earner: Person, operator: Person, stranger: Person
) -> None:
    for _ in range(11):
        payout = payouts.request_payout(user_id=earner.id, coins=500)
        payouts.reject(payout_id=payout.id, operator_id=operator.id)
    payouts.request_payout(user_id=earner.id, coins=300)
    answer = phone.call("showWithdrawalHistory", {}, by=earner)
    first = [item["WithdrawalRequest"] for item in answer["msg"]]
    assert [(item["coin"], item["status"]) for item in first[:2]] == [
        (300, "pending"),
        (500, "rejected"),
    ]
    assert_both_clients_parse("showWithdrawalHistory", answer)
    second = phone.call("showWithdrawalHistory", {"starting_point": "1"}, by=earner)["msg"]
    assert (len(first), len(second)) == (10, 2)
    assert phone.call("showWithdrawalHistory", {}, by=stranger)["msg"] == []


def test_payouts_have_a_fixed_number_of_queries(
    phone: Phone, earner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        phone.call("showPayout", {}, by=earner)
    with django_assert_num_queries(2):
        phone.call("showWithdrawalHistory", {}, by=earner)
    with django_assert_num_queries(9):
        phone.call("addPayout", {"value": "again@b.example"}, by=earner)
    with django_assert_num_queries(16):
        phone.call("withdrawRequest", ASKED, by=earner)
