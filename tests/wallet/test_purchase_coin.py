"""purchaseCoin: our catalogue decides, a transaction counts once."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.wallet import ledger
from apps.wallet.models import Account, CoinPackage, Purchase
from tests.books import balance
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


@pytest.fixture(autouse=True)
def _demo_store(settings: Settings, package: CoinPackage) -> None:
    settings.DEMO_STORE = True


def asked(**changes: Any) -> dict[str, Any]:
    values = {
        "coin": "500",
        "title": "500 Coins",
        "price": "$4.99",
        "transaction_id": "2000000123456789",
        "device": "iOS",
    }
    return values | changes


def test_a_purchase_credits_the_package_and_answers_with_the_new_wallet(
    phone: Phone, owner: Person
) -> None:
    answer = phone.call("purchaseCoin", asked(user_id=str(owner.id)), by=owner)
    assert answer["code"] == 200, answer
    msg = answer["msg"]
    purchase = Purchase.objects.get()
    assert msg["User"]["id"] == owner.id
    assert msg["User"]["wallet"] == 500
    assert msg["User"]["total_all_time_coins"] == 500
    created = purchase.created_at.strftime("%Y-%m-%d %H:%M:%S")
    assert msg["PurchaseCoin"] == {
        "id": purchase.id,
        "user_id": owner.id,
        "title": "500 coins",
        "coin": 500,
        "price": 5,
        "transaction_id": "2000000123456789",
        "device": "ios",
        "created": created,
    }
    assert msg["Transaction"] == {
        "id": purchase.id,
        "coin": 500,
        "price": 4.99,
        "created": created,
    }
    assert_both_clients_parse("purchaseCoin", answer)
    assert balance(owner.user, Account.Kind.BOUGHT) == 500
    assert (purchase.store, purchase.claimed_price) == ("demo", "$4.99")


def test_the_claimed_price_and_title_count_for_nothing(phone: Phone, owner: Person) -> None:
    answer = phone.call(
        "purchaseCoin", asked(price="Rp 15.000.000,00", title="1000000 Coins"), by=owner
    )
    assert answer["msg"]["User"]["wallet"] == 500
    assert answer["msg"]["Transaction"]["price"] == 4.99


def test_price_and_title_may_be_missing(phone: Phone, owner: Person) -> None:
    values = {"coin": 500, "transaction_id": "t", "device": "android"}
    assert phone.call("purchaseCoin", values, by=owner)["code"] == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"coin": "501"}, "This coin package is not for sale here."),
        ({"coin": "0"}, "This coin package is not for sale here."),
        ({"coin": "-500"}, "Coin: Ensure this value is greater than or equal to 0."),
        ({"coin": "many"}, "Coin: A valid integer is required."),
        ({"coin": "9" * 30}, "Coin: Ensure this value is less than or equal to 2147483647."),
        ({"coin": ""}, "Coin is missing."),
        ({"coin": True}, "Coin: A valid integer is required."),
        ({"transaction_id": ""}, "Transaction id is missing."),
        ({"transaction_id": None}, "Transaction id is missing."),
        ({"transaction_id": "a\x00b"}, "Transaction id: Null characters are not allowed."),
        ({"device": "fridge"}, "Device: ios or android is needed."),
        ({"device": None}, "Device is missing."),
    ],
)
def test_a_purchase_that_makes_no_sense_is_refused(
    phone: Phone, owner: Person, changes: dict[str, Any], sentence: str
) -> None:
    answer = phone.call("purchaseCoin", asked(**changes), by=owner)
    assert answer == {"code": 201, "msg": sentence}
    assert ledger.total(owner.id) == 0
    assert not Purchase.objects.exists()


def test_a_package_that_is_not_sold_any_more_is_refused(phone: Phone, owner: Person) -> None:
    CoinPackage.objects.update(active=False)
    assert phone.call("purchaseCoin", asked(), by=owner)["code"] == 201


def test_a_repeated_transaction_adds_nothing(phone: Phone, owner: Person) -> None:
    phone.call("purchaseCoin", asked(), by=owner)
    answer = phone.call("purchaseCoin", asked(), by=owner)
    assert answer == {
        "code": 201,
        "msg": "This purchase has already been credited. Nothing was added.",
    }
    assert ledger.total(owner.id) == 500


def test_somebody_elses_transaction_adds_nothing(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    phone.call("purchaseCoin", asked(), by=owner)
    answer = phone.call("purchaseCoin", asked(), by=stranger)
    assert answer == {
        "code": 201,
        "msg": "This purchase belongs to another account. Nothing was added.",
    }
    assert ledger.total(owner.id) == 500
    assert ledger.total(stranger.id) == 0


def test_a_stranger_buys_nothing_in_the_owners_name(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    answer = phone.call("purchaseCoin", asked(user_id=owner.id), by=stranger)
    assert answer["code"] == 201
    assert not Purchase.objects.exists()


def test_without_a_token_nothing_is_bought(phone: Phone, owner: Person) -> None:
    assert phone.call("purchaseCoin", asked(user_id=owner.id))["code"] == 401
    answer = phone.call("purchaseCoin", asked(), headers={"Auth-Token": "wrong"})
    assert answer["code"] == 401
    assert not Purchase.objects.exists()


def test_a_closed_store_says_so(phone: Phone, owner: Person, settings: Settings) -> None:
    settings.DEMO_STORE = False
    answer = phone.call("purchaseCoin", asked(), by=owner)
    assert answer == {
        "code": 201,
        "msg": "Purchases are not open yet. You have not been given any coins.",
    }
    assert not Purchase.objects.exists()


def test_a_purchase_has_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    phone.call("purchaseCoin", asked(), by=owner)
    # caller, package, savepoint, lock, taken back, purchase, two accounts, savepoint, posting,
    # releases, debt, waiting purchase, record
    with django_assert_num_queries(15):
        phone.call("purchaseCoin", asked(transaction_id="next"), by=owner)
