"""Cards in the mobile API. A card's number never comes here: Stripe's code on the phone sends it
to Stripe and gives us a token."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import REFUSED, Answer, ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import FlagField, IdField, IntField, TextField
from apps.contract.idempotency import KeyField, idempotency_key
from apps.contract.throttle import Rate
from apps.users.callers import Caller
from apps.wallet.endpoints.purchases import DeviceField, purchase_answer
from apps.wallet.selectors import cards as selectors
from apps.wallet.selectors.purchases import PurchaseRecord
from apps.wallet.services import cards
from apps.wallet.shapes import CardShape
from apps.wallet.stores.shape import StoreAway

NO_CARDS = "You have not saved any cards."
NO_CARD_NAMED = "Which card? Stripe token is missing."


class PurchaseCoinsFromStripe(Endpoint):
    """Charge a card and credit the package of `coin`.

    The catalogue's price is charged, once for an `Idempotency-Key` (header or
    `idempotency_key`), or for a token that can be used once. When the bank asks the buyer first,
    the answer is 201 with `payment_intent`, for the app's Stripe code; the coins come by
    themselves afterwards.
    """

    group = "wallet"
    throttle = Rate.MONEY
    answer = PurchaseRecord

    class Input(inputs.Input):
        coin = IntField(help_text="coins of the package")
        stripe_token = TextField(
            max_length=210, required=False, help_text="tok_… or pm_… from Stripe's code"
        )
        card_id = IdField(required=False, help_text="a saved card, instead of the token")
        device = DeviceField()
        title = TextField(max_length=200, required=False)
        price = TextField(max_length=50, required=False, help_text="not believed")
        idempotency_key = KeyField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        try:
            purchase = cards.buy_with_card(
                user_id=caller.id,
                device=data["device"],
                coins=data["coin"],
                card=self.card(caller, data),
                key=idempotency_key(self.request, data),
                claimed_title=data.get("title", ""),
                claimed_price=data.get("price", ""),
            )
        except StoreAway as away:
            if not away.client_secret:
                raise
            intent = {"id": away.proof, "client_secret": away.client_secret}
            return Answer(away.message, code=REFUSED, payment_intent=intent)
        return purchase_answer(self.request, purchase, caller)

    def card(self, caller: Caller, data: dict[str, Any]) -> str:
        token = data.get("stripe_token", "")
        if data.get("card_id"):
            token = selectors.saved_card(user_id=caller.id, card_id=data["card_id"])
            if not token:
                raise Refused(cards.NO_SUCH_CARD)
        if not token:
            raise Refused(NO_CARD_NAMED)
        return token


class AddPaymentCard(Endpoint):
    """Keep a card in Stripe's vault.

    `card` is what Stripe's code has made of the card: tok_…, pm_…, or seti_… of the setup intent
    that a call without `card` answers with. Card numbers are refused.
    """

    group = "wallet"
    throttle = Rate.WRITE
    answer = [CardShape]

    class Input(inputs.Input):
        card = TextField(max_length=210, required=False, help_text="tok_…, pm_… or seti_…")
        name = TextField(max_length=100, required=False, help_text="the card holder's")
        default = FlagField(default=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if not data.get("card"):
            return Answer([], setup_intent=cards.start_card(user_id=caller.id))
        cards.add_card(
            user_id=caller.id,
            token=data["card"],
            name=data.get("name", ""),
            is_default=data["default"],
        )
        return selectors.cards(user_id=caller.id)


class ShowUserCards(Endpoint):
    """The caller's saved cards; 201 without any."""

    group = "wallet"
    answer = [CardShape]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return cards_or_none(caller)


class DeletePaymentCard(Endpoint):
    """Remove one of the caller's cards; answers with those that are left, 201 without any."""

    group = "wallet"
    throttle = Rate.WRITE
    answer = [CardShape]

    class Input(inputs.Input):
        id = IdField(help_text="PaymentCard.id of showUserCards")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        cards.remove_card(user_id=caller.id, card_id=data["id"])
        return cards_or_none(caller)


def cards_or_none(caller: Caller) -> ContractValue:
    found = selectors.cards(user_id=caller.id)
    if not found:
        raise Refused(NO_CARDS)
    return found
