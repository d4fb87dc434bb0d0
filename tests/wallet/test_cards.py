"""addPaymentCard, showUserCards, deletePaymentCard: Stripe's vault keeps the cards."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.wallet import tasks
from apps.wallet.models import CardRemoval, PaymentCard, StripeCustomer
from apps.wallet.services import cards
from apps.wallet.stores import stripe
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.wallet.stripe import Stripe
from tests.wallet.test_google_store import make_due

DETAILS = {"brand": "visa", "last4": "4242", "name": "Ann Smith"}


@pytest.fixture(autouse=True)
def _vault(stripe_server: Stripe) -> None:
    """Stripe takes cards."""


def add(phone: Phone, by: Person, **changes: Any) -> dict[str, Any]:
    values = {"name": "Ann Smith", "card": "tok_visa", "default": "1"}
    return phone.call("addPaymentCard", values | changes, by=by)


def test_a_token_becomes_a_saved_card(phone: Phone, owner: Person, stripe_server: Stripe) -> None:
    answer = add(phone, owner)
    card = PaymentCard.objects.get()
    item = {
        **DETAILS,
        **{"exp_month": 12, "exp_year": 2034},
        "PaymentCard": {"id": card.id, "default": 1},
        "CardDetails": DETAILS,
    }
    assert answer == {"code": 200, "msg": [item]}
    assert_both_clients_parse("addPaymentCard", answer)
    assert phone.call("showUserCards", {"user_id": owner.id}, by=owner) == answer
    assert_both_clients_parse("showUserCards", answer)
    assert stripe_server.methods["pm_visa"]["customer"] == StripeCustomer.objects.get().customer_id


def test_a_new_build_sends_the_number_to_stripe_and_us_what_became_of_it(
    phone: Phone, owner: Person, stranger: Person, stripe_server: Stripe
) -> None:
    answer = add(phone, owner, card="")
    intent = {"id": "seti_1", "client_secret": "seti_secret"}
    assert answer == {"code": 200, "msg": [], "setup_intent": intent}
    assert add(phone, owner, card="seti_1") == {"code": 201, "msg": stripe.NOT_FINISHED}
    stripe_server.confirm("seti_1", "pm_new")
    assert add(phone, stranger, card="seti_1") == {"code": 201, "msg": stripe.UNKNOWN}
    assert add(phone, owner, card="seti_1")["code"] == 200
    assert PaymentCard.objects.get().payment_method_id == "pm_new"


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        ("4242424242424242", cards.RAW_NUMBER),
        ("4242-4242-4242-4242", cards.RAW_NUMBER),
        ("pm_nobody", stripe.UNKNOWN),
        ("seti_77", stripe.UNKNOWN),
        ("../customers", stripe.UNKNOWN),
        ("x" * 300, None),
    ],
)
def test_what_is_no_card_of_stripes_is_refused(
    phone: Phone, owner: Person, stripe_server: Stripe, card: str, sentence: str | None
) -> None:
    answer = add(phone, owner, card=card, cvc="123", exp_month=1, exp_year=2030)
    assert answer["code"] == 201
    assert sentence in (None, answer["msg"])
    assert not PaymentCard.objects.exists()
    assert not [body for body in stripe_server.bodies if "4242" in body]


def test_somebody_elses_card_is_neither_taken_nor_removed(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    add(phone, owner)
    card = PaymentCard.objects.get()
    assert add(phone, stranger, card="pm_visa") == {"code": 201, "msg": stripe.UNKNOWN}
    answer = phone.call("deletePaymentCard", {"id": card.id}, by=stranger)
    assert answer == {"code": 201, "msg": cards.NO_SUCH_CARD}
    assert phone.call("showUserCards", {"user_id": owner.id}, by=stranger)["code"] == 201
    assert add(phone, stranger, user_id=owner.id)["code"] == 201
    assert PaymentCard.objects.get().user_id == owner.id


@pytest.mark.parametrize("endpoint", ["addPaymentCard", "showUserCards", "deletePaymentCard"])
def test_a_guest_and_a_wrong_token_are_refused(phone: Phone, endpoint: str) -> None:
    values = {"card": "tok_visa", "name": "x", "id": 1}
    assert phone.call(endpoint, values)["code"] == 401
    assert phone.call(endpoint, values, headers={"Auth-Token": "wrong"})["code"] == 401
    assert not PaymentCard.objects.exists()


def test_one_card_is_the_default_and_stands_first(phone: Phone, owner: Person) -> None:
    add(phone, owner, card="tok_1")
    add(phone, owner, card="tok_2", default=0)
    items = add(phone, owner, card="tok_3")["msg"]
    assert [item["PaymentCard"]["default"] for item in items] == [1, 0, 0]
    newest = PaymentCard.objects.get(payment_method_id="pm_3")
    assert items[0]["PaymentCard"]["id"] == newest.id


def test_a_removed_card_leaves_stripes_vault_however_long_stripe_is_away(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    add(phone, owner)
    add(phone, owner, card="tok_other")
    card = PaymentCard.objects.get(payment_method_id="pm_visa")
    stripe_server.lie = (500, b"{}")
    left = phone.call("deletePaymentCard", {"id": str(card.id)}, by=owner)
    assert [item["PaymentCard"]["id"] for item in left["msg"]] != [card.id]
    assert_both_clients_parse("deletePaymentCard", left)
    assert phone.call("deletePaymentCard", {"id": card.id}, by=owner)["code"] == 201
    tasks.run_errands()
    stripe_server.lie = None
    assert stripe_server.methods["pm_visa"]["customer"]
    make_due(CardRemoval)
    tasks.run_errands()
    assert stripe_server.methods["pm_visa"]["customer"] is None
    last = PaymentCard.objects.get()
    assert phone.call("deletePaymentCard", {"id": last.id}, by=owner)["code"] == 201
    assert not PaymentCard.objects.exists()


def test_nobody_fills_the_vault(
    phone: Phone, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "MOST_CARDS", 1)
    add(phone, owner)
    assert add(phone, owner, card="tok_2") == {"code": 201, "msg": cards.TOO_MANY_CARDS}


def test_a_stripe_that_is_away_says_so(phone: Phone, owner: Person, stripe_server: Stripe) -> None:
    stripe_server.lie = (503, b"")
    assert add(phone, owner) == {"code": 201, "msg": stripe.VAULT_AWAY}
    assert not PaymentCard.objects.exists()


def test_without_stripe_cards_are_not_kept(phone: Phone, owner: Person, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    for card in ("tok_visa", ""):
        assert add(phone, owner, card=card) == {"code": 201, "msg": cards.NO_VAULT}
    assert phone.call("showUserCards", {}, by=owner)["code"] == 201


def test_cards_have_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(phone, owner)
    with django_assert_num_queries(2):
        phone.call("showUserCards", {}, by=owner)
    with django_assert_num_queries(14):
        add(phone, owner, card="tok_2")
    with django_assert_num_queries(8):
        phone.call("deletePaymentCard", {"id": PaymentCard.objects.first().id}, by=owner)
