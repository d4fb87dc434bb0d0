"""Buying with a card, and the cards that people keep in Stripe's vault.

Stripe is asked outside of any transaction. A payment is written down before it is made, so that
whatever happens in between, it is asked for again and credited.
"""

from django.db import transaction

from apps.contract.answers import Refused
from apps.wallet import stores
from apps.wallet.models import CardRemoval, PaymentCard, Purchase, StripeCustomer, WaitingPurchase
from apps.wallet.services import errands, waiting
from apps.wallet.services.purchases import package_of
from apps.wallet.services.refunds import give_back, take_back
from apps.wallet.services.waiting import Claim
from apps.wallet.stores import stripe
from apps.wallet.stores.closed import ClosedStore
from apps.wallet.stores.shape import StoreAway

RAW_NUMBER = "Card numbers are not accepted here. Please update the app."
KEY_NEEDED = "Paying with a saved card needs an Idempotency-Key. Please update the app."
KEY_TAKEN = "This key has already been used for another payment. Nothing was charged."
NOT_MADE = "This payment was not made. Please start again."
NO_VAULT = "Cards are not accepted yet."
NO_SUCH_CARD = "This card is not yours, or it was removed already."
MOST_CARDS = 10
TOO_MANY_CARDS = f"You can keep {MOST_CARDS} cards. Please remove one first."


def buy_with_card(
    *,
    user_id: int,
    device: Purchase.Device,
    coins: int,
    card: str,
    key: str = "",
    claimed_title: str = "",
    claimed_price: str = "",
) -> Purchase:
    """Charge a card for the price of our catalogue and credit the package, once for each key.

    `card` is Stripe's token of it or a saved card's payment method; without a key, a token that
    can be used once is the key. Raises Refused, and StoreAway for a payment that may still come.
    """
    refuse_number(card)
    store = stores.card_store()
    if store.name == ClosedStore.name:
        raise Refused(NO_VAULT)
    claim = Claim(
        user_id=user_id,
        store=store.name,
        device=device,
        package=package_of(coins),
        transaction_id=key or key_of(user_id, card),
        proof=card,
        title=claimed_title,
        price=claimed_price,
    )
    row = started(claim)
    if row.purchase:
        return row.purchase
    errands.refuse_old(row)
    return errands.settle(row)


def key_of(user_id: int, card: str) -> str:
    if PaymentCard.objects.filter(user_id=user_id, payment_method_id=card).exists():
        raise Refused(KEY_NEEDED)
    return card


def started(claim: Claim) -> WaitingPurchase:
    """The row of a payment that is about to be made, or was made with this key. Raises Refused."""
    same = {
        "user_id": claim.user_id,
        "store": claim.store,
        "transaction_id": claim.transaction_id,
    }
    known = WaitingPurchase.objects.select_related("package", "purchase").filter(**same).first()
    if known is None:
        # This request asks the store; should it die, beat asks when the lease is over.
        return waiting.keep(claim, delay_s=waiting.LEASE_S)
    if known.package != claim.package:
        raise Refused(KEY_TAKEN)
    if known.done_at and not known.purchase:
        raise Refused(NOT_MADE)
    return known


def refuse_number(text: str) -> None:
    """Whoever sends the number itself is told before anything is kept."""
    if not stripe.ID.fullmatch(text):
        raise Refused(RAW_NUMBER if any(c.isdigit() for c in text) else stripe.UNKNOWN)


def hear(news: stripe.News) -> None:
    """Do what Stripe's news of a payment asks for. Raises StoreAway when it is to be repeated."""
    name = stripe.StripeStore.name
    if news.kind in ("payment_intent.succeeded", "payment_intent.payment_failed"):
        hear_of_payment(news)
    elif news.kind == "charge.dispute.funds_withdrawn" or (
        news.kind == "charge.refunded" and news.is_whole
    ):
        take_back(store=name, transaction_id=news.payment, happened_at=news.happened_at)
    elif news.kind == "charge.dispute.funds_reinstated":
        give_back(store=name, transaction_id=news.payment, happened_at=news.happened_at)


def hear_of_payment(news: stripe.News) -> None:
    """Ask Stripe what became of a payment of ours, also of one that was given up."""
    rows = WaitingPurchase.objects.select_related("package").filter(
        store=stripe.StripeStore.name, transaction_id=news.key, purchase=None
    )
    for row in rows:
        if str(row.user_id) == news.user_id:
            row.proof = news.payment
            try:
                errands.settle(row)
            except StoreAway:
                WaitingPurchase.objects.filter(pk=row.pk).update(done_at=None)
                raise
            except Refused:
                continue  # errands.settle has written it down


def add_card(*, user_id: int, token: str, name: str, is_default: bool) -> PaymentCard:
    """Keep a card in Stripe's vault. Locks the person's name there. Raises Refused."""
    refuse_without_vault()
    refuse_number(token)
    if PaymentCard.objects.filter(user_id=user_id).count() >= MOST_CARDS:
        raise Refused(TOO_MANY_CARDS)
    card = stripe.save_card(user_id=user_id, token=token, name=name)
    with transaction.atomic():
        StripeCustomer.objects.select_for_update().get(user_id=user_id)
        if is_default:
            PaymentCard.objects.filter(user_id=user_id).update(is_default=False)
        row, _ = PaymentCard.objects.update_or_create(
            payment_method_id=card.payment_method_id,
            defaults=vars(card) | {"user_id": user_id, "is_default": is_default},
        )
    return row


def start_card(*, user_id: int) -> dict[str, str]:
    """A setup intent, with which the app's Stripe code takes a card. Raises Refused."""
    refuse_without_vault()
    return stripe.start_card(user_id)


@transaction.atomic
def remove_card(*, user_id: int, card_id: int) -> None:
    """Forget a card; beat takes it out of the vault. Locks the card. Raises Refused."""
    card = PaymentCard.objects.select_for_update().filter(pk=card_id, user_id=user_id).first()
    if card is None:
        raise Refused(NO_SUCH_CARD)
    CardRemoval.objects.create(payment_method_id=card.payment_method_id)
    card.delete()


def refuse_without_vault() -> None:
    if stores.card_store().name != stripe.StripeStore.name:
        raise Refused(NO_VAULT)
