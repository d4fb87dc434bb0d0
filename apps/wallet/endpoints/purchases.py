"""Coins in the mobile API."""

from typing import Any

from django.http import HttpRequest

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import IntField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.wallet.models import Purchase
from apps.wallet.selectors import purchases as selectors
from apps.wallet.services.purchases import purchase_coins

PROOFS = {Purchase.Device.IOS: "signed_transaction", Purchase.Device.ANDROID: "purchase_token"}


class DeviceField(TextField):
    """`ios` or `android`, in any case ("iOS")."""

    default_error_messages = {"invalid_choice": "ios or android is needed."}

    def to_internal_value(self, data: Any) -> Purchase.Device:
        name = super().to_internal_value(data).lower()
        if name not in Purchase.Device.values:
            self.fail("invalid_choice")
        return Purchase.Device(name)


class ShowCoinWorth(Endpoint):
    """What a coin is worth in US dollars, and the packages on sale."""

    group = "wallet"
    auth = NONE
    answer = selectors.CoinPrices

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return selectors.coin_prices(media_url=media_url(self.request))


class PurchaseCoin(Endpoint):
    """Credit a store transaction.

    `coin` picks the package; what is credited and what it costs is our catalogue's, once for
    each transaction that the store confirms.
    """

    group = "wallet"
    throttle = Rate.MONEY
    answer = selectors.PurchaseRecord

    class Input(inputs.Input):
        coin = IntField(help_text="coins of the package: 100, 500, 2000, 5000 or 10000")
        transaction_id = TextField(help_text="Apple's transaction id or Google's order id")
        signed_transaction = TextField(
            max_length=16_384, required=False, help_text="Apple's; newer builds send it"
        )
        purchase_token = TextField(
            max_length=1500, required=False, help_text="Google's; newer builds send it"
        )
        device = DeviceField()
        title = TextField(max_length=200, required=False)
        # Shown in the buyer's own money and spelling ("Rp 15.000,00"), so it stays a text.
        price = TextField(max_length=50, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        purchase = purchase_coins(
            user_id=caller.id,
            device=data["device"],
            coins=data["coin"],
            transaction_id=data["transaction_id"],
            proof=data.get(PROOFS[data["device"]], ""),
            claimed_title=data.get("title", ""),
            claimed_price=data.get("price", ""),
        )
        return purchase_answer(self.request, purchase, caller)


def purchase_answer(request: HttpRequest, purchase: Purchase, caller: Caller) -> ContractValue:
    return selectors.purchase_record(
        purchase_id=purchase.id, user_id=caller.id, media_url=media_url(request)
    )
