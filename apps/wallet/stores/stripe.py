"""Stripe: cards are charged with payment intents, and kept in Stripe's vault.

Only what Stripe's own code on the phone has made of a card comes here (tok_…, pm_…, seti_…):
a card's number never does. Sources: https://docs.stripe.com/api payment_intents, setup_intents,
payment_methods, idempotent_requests; https://docs.stripe.com/webhooks.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson
import stripe
from django.conf import settings

from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage, PaymentCard, StripeCustomer
from apps.wallet.stores.shape import Order, Receipt, StoreAway

logger = logging.getLogger(__name__)
T = TypeVar("T")
AWAY = (
    "Stripe can't be asked right now. Your payment is not lost: the coins will come by themselves."
)
VAULT_AWAY = "Stripe can't be asked right now. Please try again later."
UNKNOWN = "Stripe does not know this card or payment. You have not been given any coins."
DECLINED = "Your card was declined. You have not been given any coins."
PROCESSING = "Your payment is being processed. The coins will come by themselves."
ACTION = "Please confirm this payment with your bank. The coins will come by themselves then."
FOR_SOMETHING_ELSE = "This payment is for something else. You have not been given any coins."
NOT_FINISHED = "This card is not confirmed yet."
TIMEOUT_S = 20
CURRENCY = "usd"
ID = re.compile(r"(tok|pm|card|pi|seti)_[0-9A-Za-z_]{1,200}")


class StripeStore:
    name = "stripe"
    # Stripe remembers an idempotency key for a day at least; a repeat after that is a new charge.
    patience = timedelta(hours=20)

    def verify(self, order: Order) -> Receipt:
        intent = asked(lambda: self.intent(order))
        if intent.status == "requires_action":
            raise StoreAway(ACTION, proof=intent.id, client_secret=intent.client_secret or "")
        if intent.status == "processing":
            raise StoreAway(PROCESSING, proof=intent.id)
        if intent.status != "succeeded":
            raise Refused(DECLINED)
        paid = (intent.amount_received, intent.currency, told(intent))
        if paid != (cents(order.package), CURRENCY, (str(order.user_id), order.transaction_id)):
            raise Refused(FOR_SOMETHING_ELSE)
        return Receipt(intent.id)

    def intent(self, order: Order) -> stripe.PaymentIntent:
        """The payment, made now unless the proof is one that was made before."""
        if not ID.fullmatch(order.proof):
            raise Refused(UNKNOWN)
        if order.proof.startswith("pi_"):
            return client().v1.payment_intents.retrieve(order.proof)
        key = f"clipcast:payment:{order.user_id}:{order.transaction_id}"
        params: Any = means(order) | {
            "amount": cents(order.package),
            "currency": CURRENCY,
            "confirm": True,
            "payment_method_types": ["card"],
            "description": order.package.title,
            "metadata": {"user_id": str(order.user_id), "key": order.transaction_id},
        }
        return client().v1.payment_intents.create(params, {"idempotency_key": key})

    def finish(self, handle: str) -> None:
        """Nobody to tell: a payment that has succeeded is done."""


def means(order: Order) -> dict[str, Any]:
    """What is charged: a token, somebody's new card, or the person's own saved card."""
    if order.proof.startswith("tok_"):
        return {"payment_method_data": {"type": "card", "card": {"token": order.proof}}}
    card = PaymentCard.objects.filter(payment_method_id=order.proof).first()
    if card is None:
        return {"payment_method": order.proof}
    if card.user_id != order.user_id:
        raise Refused(UNKNOWN)
    return {"payment_method": order.proof, "customer": customer_of(order.user_id)}


def told(intent: stripe.PaymentIntent) -> tuple[str, str]:
    """For whom and for which order we made a payment."""
    metadata: Any = intent.metadata or {}
    user_id, key = (str(metadata[n]) if n in metadata else "" for n in ("user_id", "key"))
    return user_id, key


def cents(package: CoinPackage) -> int:
    return int(package.price * 100)


# --- The vault ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """What may be known of a card outside of Stripe."""

    payment_method_id: str
    brand: str
    last4: str
    name: str
    exp_month: int
    exp_year: int


def start_card(user_id: int) -> dict[str, str]:
    """What the app's Stripe code needs to take a card's number without us. Raises Refused."""
    customer = customer_of(user_id)
    params: Any = {"customer": customer, "payment_method_types": ["card"]}
    intent = asked(lambda: client().v1.setup_intents.create(params), VAULT_AWAY)
    return {"id": intent.id, "client_secret": intent.client_secret or ""}


def save_card(*, user_id: int, token: str, name: str) -> Card:
    """Put a card into the vault, under the person's name there. Raises Refused."""
    if not ID.fullmatch(token):
        raise Refused(UNKNOWN)
    customer = customer_of(user_id)
    if token.startswith("seti_"):
        setup = asked(lambda: client().v1.setup_intents.retrieve(token), VAULT_AWAY)
        if setup.customer != customer:
            raise Refused(UNKNOWN)
        if setup.status != "succeeded":
            raise Refused(NOT_FINISHED)
        method = asked(
            lambda: client().v1.payment_methods.retrieve(str(setup.payment_method)), VAULT_AWAY
        )
    else:
        method = asked(lambda: attach(customer, token, name), VAULT_AWAY)
    if method.card is None:
        raise Refused(UNKNOWN)
    return Card(
        payment_method_id=method.id,
        brand=method.card.brand,
        last4=method.card.last4,
        name=name or method.billing_details.name or "",
        exp_month=method.card.exp_month,
        exp_year=method.card.exp_year,
    )


def attach(customer: str, token: str, name: str) -> stripe.PaymentMethod:
    methods = client().v1.payment_methods
    if token.startswith("tok_"):
        params: Any = {"type": "card", "card": {"token": token}, "billing_details": {"name": name}}
        token = methods.create(params, {"idempotency_key": f"clipcast:card:{token}"}).id
    return methods.attach(token, {"customer": customer})


def detach_card(payment_method_id: str) -> None:
    """Raises StoreAway."""
    try:
        asked(lambda: client().v1.payment_methods.detach(payment_method_id), VAULT_AWAY)
    except StoreAway:
        raise
    except Refused:
        logger.warning("Stripe does not know %s any more.", payment_method_id)


def customer_of(user_id: int) -> str:
    """Under which name a person's cards lie in the vault; made when missing. Raises Refused."""
    known = StripeCustomer.objects.filter(user_id=user_id).first()
    if known is None:
        params: Any = {"metadata": {"user_id": str(user_id)}}
        options: Any = {"idempotency_key": f"clipcast:customer:{user_id}"}
        made = asked(lambda: client().v1.customers.create(params, options), VAULT_AWAY)
        known, _ = StripeCustomer.objects.get_or_create(
            user_id=user_id, defaults={"customer_id": made.id}
        )
    return known.customer_id


# --- Talking to Stripe ----------------------------------------------------------------------


def asked(call: Callable[[], T], away: str = AWAY) -> T:
    """What Stripe answers. Raises Refused for a no, StoreAway when there is no answer."""
    try:
        return call()
    except stripe.CardError as error:
        raise Refused(error.user_message or DECLINED) from error
    except stripe.IdempotencyError as error:
        raise Refused(FOR_SOMETHING_ELSE) from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 409:  # the same payment is being made at this moment
            raise StoreAway(away) from error
        raise Refused(UNKNOWN) from error
    except Refused:
        raise
    except Exception as error:  # the library's own, and whatever an odd answer leads to
        logger.error("Stripe gave no answer: %s", type(error).__name__)
        raise StoreAway(away) from error


def client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_URL},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
    )


# --- What Stripe tells ----------------------------------------------------------------------


class NotFromStripe(Exception):
    """A text that Stripe has not signed for us, or long ago."""


@dataclass(frozen=True)
class News:
    kind: str
    payment: str  # the payment intent's id
    user_id: str
    key: str
    is_whole: bool  # of a refund: all of the money
    happened_at: datetime


def read_webhook(body: bytes, signature: str) -> News:
    """What Stripe announces. Raises NotFromStripe."""
    try:
        stripe.Webhook.construct_event(body, signature, settings.STRIPE_WEBHOOK_SECRET)
        event = orjson.loads(body)
        about = event["data"]["object"]
        metadata = about.get("metadata") or {}
        is_payment = about["object"] == "payment_intent"
        return News(
            kind=event["type"],
            payment=str(about.get("id" if is_payment else "payment_intent") or ""),
            user_id=str(metadata.get("user_id", "")),
            key=str(metadata.get("key", "")),
            is_whole=about.get("refunded") is True,
            happened_at=datetime.fromtimestamp(event["created"], UTC),
        )
    except Exception as error:
        raise NotFromStripe from error
