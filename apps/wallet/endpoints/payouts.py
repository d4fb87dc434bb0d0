"""Payouts in the mobile API."""

from decimal import Decimal
from typing import Any

from rest_framework.exceptions import ValidationError

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IntField, MoneyField, PageField, TextField
from apps.contract.paging import Pages
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.wallet.models import PayoutMethod
from apps.wallet.selectors import payouts
from apps.wallet.services.payouts import coins_worth, request_payout, save_method

# Other names under which the sources know the types.
TYPE_NAMES = {
    **{kind.value: kind for kind in PayoutMethod.Type},
    "bank_account": PayoutMethod.Type.BANK,
    "wallet_address": PayoutMethod.Type.WALLET,
    "mobile_money": PayoutMethod.Type.WALLET,
}
NO_ADDRESS = "Where should the money go? Please enter an address or account."


class PayoutTypeField(TextField):
    """`paypal`, `bank` or `wallet`, in any case."""

    default_error_messages = {"invalid_choice": "paypal, bank or wallet is needed."}

    def to_internal_value(self, data: Any) -> PayoutMethod.Type:
        kind = TYPE_NAMES.get(super().to_internal_value(data).lower())
        if kind is None:
            self.fail("invalid_choice")
        return kind

    def to_representation(self, value: Any) -> str:
        return str(value)


class ClaimedAmountField(MoneyField):
    """What the app made of the coins; Android sends "Infinity" when it does not know their worth.

    What can't be read counts for nothing.
    """

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            return Decimal(0)


class AddPayout(Endpoint):
    """Save where the caller's money goes; one address for each type."""

    group = "wallet"
    throttle = Rate.WRITE
    answer = payouts.MethodRecord

    class Input(inputs.Input):
        value = TextField(max_length=200, required=False)
        wallet_address = TextField(max_length=200, required=False, help_text="the same")
        type = PayoutTypeField(default=PayoutMethod.Type.PAYPAL)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        value = data.get("value") or data.get("wallet_address")
        if not value:
            raise Refused(NO_ADDRESS)
        method = save_method(user_id=caller.id, kind=data["type"], value=value)
        return payouts.method_record(
            method_id=method.id, user_id=caller.id, media_url=media_url(self.request)
        )


class ShowPayout(Endpoint):
    """Where the caller's money goes, the latest first."""

    group = "wallet"
    answer = [payouts.MethodItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return payouts.methods(user_id=caller.id)


class WithdrawRequest(Endpoint):
    """Ask for the worth of earned coins. The coins are held at once; one request can be open.

    `amount` counts only when `coin` is missing: what coins are worth is the server's to say.
    """

    group = "wallet"
    throttle = Rate.MONEY
    answer = payouts.PayoutRecord

    class Input(inputs.Input):
        coin = IntField(required=False, max_value=2**53, help_text='coins; "500.0" is 500')
        amount = ClaimedAmountField(required=False, help_text="US dollars")
        email = TextField(max_length=200, required=False, help_text="payout address")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        coins = data["coin"] if "coin" in data else coins_worth(data.get("amount", Decimal(0)))
        payout = request_payout(user_id=caller.id, coins=coins, destination=data.get("email", ""))
        return payouts.payout_record(
            payout_id=payout.id, user_id=caller.id, media_url=media_url(self.request)
        )


class ShowWithdrawalHistory(Endpoint):
    """The caller's payouts, newest first."""

    group = "wallet"
    answer = [payouts.PayoutItem]

    class Input(inputs.Input):
        starting_point = PageField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        pages = Pages(self.name, caller, data["starting_point"])
        return payouts.history(pages, user_id=caller.id)
