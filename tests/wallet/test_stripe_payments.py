"""purchaseCoinsFromStripe against a double of Stripe, through Stripe's own library."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.wallet import ledger, tasks
from apps.wallet.models import Account, CoinPackage, PaymentCard, Purchase, WaitingPurchase
from apps.wallet.services import cards, errands
from apps.wallet.stores import stripe
from tests.books import balance
from tests.cast import Person, Phone
from tests.wallet.stripe import Stripe, event, signed
from tests.wallet.test_google_store import make_due
from tests.wallet.test_refunds import spend

WEBHOOK = "/api/stores/stripe/webhook"


@pytest.fixture(autouse=True)
def _open(stripe_server: Stripe, package: CoinPackage) -> None:
    """Stripe takes cards, and there is something to buy."""


def buy(phone: Phone, by: Person, **changes: Any) -> dict[str, Any]:
    values = {
        **{"coin": "500", "title": "500 Coins", "price": "$0.01"},
        **{"stripe_token": "tok_visa", "device": "ios"},
    }
    return phone.call("purchaseCoinsFromStripe", values | changes, by=by)


def tell(kind: str, about: dict[str, Any], **changes: Any) -> int:
    return post(*signed(event(kind, about, **changes)))


def post(body: bytes, signature: str) -> int:
    client = Client(enforce_csrf_checks=True)
    headers = {"Stripe-Signature": signature}
    return client.post(WEBHOOK, body, content_type="application/json", headers=headers).status_code


def test_a_card_is_charged_our_price_and_the_coins_are_credited(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    answer = buy(phone, owner)
    assert answer["code"] == 200, answer
    assert answer["msg"]["User"]["wallet"] == 500
    assert answer["msg"]["PurchaseCoin"]["coin"] == 500
    assert answer["msg"]["Transaction"]["price"] == 4.99
    intent = stripe_server.intents["pi_1"]
    assert (intent["amount"], intent["currency"]) == (499, "usd")
    purchase = Purchase.objects.get()
    assert (purchase.store, purchase.transaction_id) == ("stripe", "pi_1")
    assert (purchase.claimed_price, purchase.price) == ("$0.01", purchase.package.price)


def test_a_retry_is_one_charge_and_one_credit(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    first, second = buy(phone, owner), buy(phone, owner)
    assert first == second
    third = phone.call(
        "purchaseCoinsFromStripe",
        {"coin": 500, "stripe_token": "tok_other", "device": "ios"},
        by=owner,
        headers={"Idempotency-Key": "tok_visa"},
    )
    assert third == first
    assert len(stripe_server.intents) == 1
    assert ledger.total(owner.id) == 500


def test_a_token_that_somebody_else_has_used_buys_nothing(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    buy(phone, owner)
    assert buy(phone, stranger) == {"code": 201, "msg": stripe.UNKNOWN}
    assert buy(phone, stranger, stripe_token="pi_1") == {
        "code": 201,
        "msg": stripe.FOR_SOMETHING_ELSE,
    }
    assert ledger.total(stranger.id) == 0


def test_a_stranger_and_a_guest_buy_nothing_in_the_owners_name(
    phone: Phone, owner: Person, stranger: Person, stripe_server: Stripe
) -> None:
    assert buy(phone, stranger, user_id=owner.id)["code"] == 201
    values = {"coin": 500, "stripe_token": "tok_visa", "device": "ios"}
    wrong = {"Auth-Token": "wrong"}
    assert phone.call("purchaseCoinsFromStripe", values)["code"] == 401
    assert phone.call("purchaseCoinsFromStripe", values, headers=wrong)["code"] == 401
    assert stripe_server.asked == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stripe_token": "tok_decline"}, "No money."),
        ({"stripe_token": "4242424242424242"}, cards.RAW_NUMBER),
        ({"stripe_token": "4242 4242 4242 4242"}, cards.RAW_NUMBER),
        ({"stripe_token": "card"}, stripe.UNKNOWN),
        ({"stripe_token": ""}, "Which card? Stripe token is missing."),
        ({"stripe_token": "", "card_id": 7}, cards.NO_SUCH_CARD),
        ({"stripe_token": "pi_77"}, stripe.UNKNOWN),
        ({"coin": 7}, "This coin package is not for sale here."),
        ({"device": "fridge"}, "Device: ios or android is needed."),
        ({"idempotency_key": "x" * 101}, None),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(
    phone: Phone, owner: Person, changes: dict[str, Any], sentence: str | None
) -> None:
    answer = buy(phone, owner, **changes)
    assert answer["code"] == 201
    assert sentence in (None, answer["msg"])
    assert not Purchase.objects.exists()
    assert "4242424242424242" not in str(list(WaitingPurchase.objects.values()))


def test_a_declined_card_stays_declined_for_its_key(phone: Phone, owner: Person) -> None:
    buy(phone, owner, stripe_token="tok_decline", idempotency_key="a")
    assert buy(phone, owner, idempotency_key="a") == {"code": 201, "msg": cards.NOT_MADE}
    assert buy(phone, owner, idempotency_key="b")["code"] == 200


def test_a_key_pays_for_one_package(phone: Phone, owner: Person) -> None:
    CoinPackage.objects.create(title="100 coins", coins=100, price="0.99")
    buy(phone, owner)
    assert buy(phone, owner, coin=100) == {"code": 201, "msg": cards.KEY_TAKEN}


def test_a_payment_whose_answer_got_lost_is_credited_by_itself_and_charged_once(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    stripe_server.cut = True
    assert buy(phone, owner) == {"code": 201, "msg": stripe.AWAY}
    assert len(stripe_server.intents) == 1
    stripe_server.cut = False
    make_due(WaitingPurchase)
    tasks.run_errands()
    assert ledger.total(owner.id) == 500
    assert len(stripe_server.intents) == 1
    assert buy(phone, owner)["code"] == 200
    assert ledger.total(owner.id) == 500


def test_a_web_process_that_died_between_charge_and_credit_loses_nothing(
    phone: Phone, owner: Person, stripe_server: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*arguments: Any, **named: Any) -> None:
        raise SystemExit

    monkeypatch.setattr("apps.wallet.services.purchases.grant", die)
    with pytest.raises(SystemExit):
        buy(phone, owner)
    monkeypatch.undo()
    tasks.run_errands()
    assert ledger.total(owner.id) == 0  # the lease of the dead request still runs
    make_due(WaitingPurchase)
    tasks.run_errands()
    assert (ledger.total(owner.id), len(stripe_server.intents)) == (500, 1)


def test_a_payment_is_not_made_again_after_stripe_may_have_forgotten_its_key(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    stripe_server.lie = (500, b"{}")
    buy(phone, owner)
    stripe_server.lie = None
    WaitingPurchase.objects.update(
        created_at=timezone.now() - timedelta(hours=21), due_at=timezone.now()
    )
    tasks.run_errands()
    assert WaitingPurchase.objects.get().problem.startswith("given up")
    assert buy(phone, owner)["code"] == 201
    assert stripe_server.intents == {}


@pytest.mark.parametrize("lie", [(500, b"{}"), (200, b"<html>"), (429, b"{}"), (401, b"{}")])
def test_an_answer_that_makes_no_sense_gives_nothing_and_loses_nothing(
    phone: Phone, owner: Person, stripe_server: Stripe, lie: tuple[int, bytes]
) -> None:
    stripe_server.lie = lie
    assert buy(phone, owner) == {"code": 201, "msg": stripe.AWAY}
    stripe_server.lie = None
    assert buy(phone, owner)["code"] == 200


def test_a_silent_stripe_is_given_up(
    phone: Phone, owner: Person, stripe_server: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "TIMEOUT_S", 0.2)
    stripe_server.silent.set()
    assert buy(phone, owner) == {"code": 201, "msg": stripe.AWAY}
    assert ledger.total(owner.id) == 0


@pytest.mark.parametrize(
    "lie", [{"amount_received": 1}, {"currency": "idr"}, {"metadata": {}}, {"status": "canceled"}]
)
def test_a_payment_for_something_else_credits_nothing(
    phone: Phone, owner: Person, stripe_server: Stripe, lie: dict[str, Any]
) -> None:
    buy(phone, owner, stripe_token="tok_slow")
    stripe_server.succeed("pi_1").update(lie)
    make_due(WaitingPurchase)
    tasks.run_errands()
    assert ledger.total(owner.id) == 0
    assert WaitingPurchase.objects.get().done_at


def test_a_payment_that_the_bank_asks_about_is_credited_once_it_is_confirmed(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    answer = buy(phone, owner, stripe_token="tok_3ds")
    assert answer == {
        "code": 201,
        "msg": stripe.ACTION,
        "payment_intent": {"id": "pi_1", "client_secret": "pi_secret"},
    }
    assert tell("payment_intent.succeeded", stripe_server.intents["pi_1"]) == 503
    assert ledger.total(owner.id) == 0
    for _ in range(2):
        assert tell("payment_intent.succeeded", stripe_server.succeed("pi_1")) == 200
        assert ledger.total(owner.id) == 500
    assert buy(phone, owner, stripe_token="tok_3ds")["code"] == 200
    assert ledger.total(owner.id) == 500


def test_a_late_success_is_credited_even_after_the_payment_was_given_up(
    phone: Phone, owner: Person, stripe_server: Stripe
) -> None:
    buy(phone, owner, stripe_token="tok_slow")
    WaitingPurchase.objects.update(done_at=timezone.now(), problem="given up")
    assert tell("payment_intent.succeeded", stripe_server.succeed("pi_1")) == 200
    assert ledger.total(owner.id) == 500
    assert WaitingPurchase.objects.get().purchase == Purchase.objects.get()


def test_a_failed_payment_is_closed(phone: Phone, owner: Person, stripe_server: Stripe) -> None:
    buy(phone, owner, stripe_token="tok_slow")
    stripe_server.intents["pi_1"]["status"] = "requires_payment_method"
    assert tell("payment_intent.payment_failed", stripe_server.intents["pi_1"]) == 200
    assert WaitingPurchase.objects.get().problem == stripe.DECLINED


def test_refunds_and_disputes_become_debts_and_a_won_dispute_ends_them(
    phone: Phone, owner: Person
) -> None:
    buy(phone, owner)
    spend(owner, 200)
    now = int(time.time())
    charge = {"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}
    assert tell("charge.refunded", charge | {"refunded": False}, created=now - 9) == 200
    assert ledger.total(owner.id) == 300
    dispute = {"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}
    for _ in range(2):
        assert tell("charge.dispute.funds_withdrawn", dispute, created=now - 8) == 200
        assert balance(owner.user, Account.Kind.DEBT) == -200
    assert tell("charge.dispute.funds_reinstated", dispute, created=now - 7) == 200
    assert (ledger.total(owner.id), balance(owner.user, Account.Kind.DEBT)) == (300, 0)
    assert tell("charge.refunded", charge | {"refunded": True}, created=now) == 200
    assert balance(owner.user, Account.Kind.DEBT) == -200


def test_news_that_stripe_did_not_sign_is_refused(
    phone: Phone, owner: Person, settings: Settings
) -> None:
    buy(phone, owner)
    refund = event(
        "charge.refunded", {"object": "charge", "payment_intent": "pi_1", "refunded": True}
    )
    body, signature = signed(refund)
    hour_ago = int(time.time()) - 3600
    for forged in (
        (body, ""),
        (body + b" ", signature),
        signed(refund, secret="whsec_other"),
        signed(refund, at=hour_ago),
        (b"{", signature),
        signed({"object": "event"}),
    ):
        assert post(*forged) == 400
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert post(body, signature) == 503
    assert ledger.total(owner.id) == 500


@pytest.mark.parametrize("metadata", [{}, {"user_id": "x", "key": "tok_visa"}, {"user_id": "1"}])
def test_payments_that_are_not_ours_are_left_alone(metadata: dict[str, str]) -> None:
    about = {"object": "payment_intent", "id": "pi_9", "metadata": metadata}
    assert tell("payment_intent.succeeded", about) == 200
    assert tell("customer.created", {"object": "customer", "id": "cus_1"}) == 200


def test_a_saved_card_pays_with_a_key_and_only_for_its_owner(
    phone: Phone, owner: Person, stranger: Person, stripe_server: Stripe
) -> None:
    card = cards.add_card(user_id=owner.id, token="tok_visa", name="Ann", is_default=True)
    saved = {"stripe_token": "", "card_id": card.id}
    assert buy(phone, owner, **saved) == {"code": 201, "msg": cards.KEY_NEEDED}
    assert buy(phone, owner, **saved, idempotency_key="1")["code"] == 200
    assert buy(phone, owner, **saved, idempotency_key="1")["code"] == 200
    assert buy(phone, owner, **saved, idempotency_key="2")["code"] == 200
    assert ledger.total(owner.id) == 1000
    assert buy(phone, stranger, **saved, idempotency_key="1")["msg"] == cards.NO_SUCH_CARD
    method = PaymentCard.objects.get().payment_method_id
    stolen = buy(phone, stranger, stripe_token=method, idempotency_key="1")
    assert stolen == {"code": 201, "msg": stripe.UNKNOWN}
    assert len(stripe_server.intents) == 2


def test_without_stripe_cards_are_refused_and_the_demo_store_takes_them(
    phone: Phone, owner: Person, settings: Settings
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert buy(phone, owner) == {"code": 201, "msg": cards.NO_VAULT}
    assert not WaitingPurchase.objects.exists()
    settings.DEMO_STORE = True
    assert buy(phone, owner)["code"] == 200
    assert Purchase.objects.get().store == "demo"


def test_a_payment_has_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    buy(phone, owner)
    with django_assert_num_queries(24):
        buy(phone, owner, stripe_token="tok_next")


def test_the_number_of_open_errands_is_what_was_tried(phone: Phone, owner: Person) -> None:
    buy(phone, owner, stripe_token="tok_slow")
    assert errands.retry_waiting() == 0
    make_due(WaitingPurchase)
    assert errands.retry_waiting() == 1
