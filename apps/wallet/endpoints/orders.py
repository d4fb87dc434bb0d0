"""Orders in the mobile API: payloads parked for a checkout page, and what moved one's coins."""

from typing import Any

import orjson

from apps.contract import inputs
from apps.contract.answers import Answer, ContractValue, Refused
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import IdField, IntField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.wallet.selectors import orders as selectors
from apps.wallet.services import orders

MAX_PAYLOAD = 16_384
TOO_LONG = f"This order is too long; {MAX_PAYLOAD} characters are the most."
NO_SESSION = "This order does not exist, or has expired."
# Proofs of identity are not the order's, and whoever has its id reads it.
NOT_KEPT = {"auth_token", "user_id", "token", "api_key", "device_token"}


class AddOrderSession(Endpoint):
    """Park a payload for a checkout page, for an hour.

    Without `string` it is the whole request, without the proofs of identity. Whoever has the id
    can read it.
    """

    group = "wallet"
    throttle = Rate.WRITE
    answer = selectors.OrderSessionRecord

    class Input(inputs.Input):
        string = TextField(max_length=MAX_PAYLOAD, required=False, trim_whitespace=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        payload = data.get("string") or self.whole_request()
        session = orders.park(user_id=caller.id, payload=payload)
        return selectors.order_session(
            session_id=session.id, viewer_id=caller.id, media_url=media_url(self.request)
        )

    def whole_request(self) -> str:
        kept = {name: v for name, v in self.values.items() if name.lower() not in NOT_KEPT}
        text = orjson.dumps(kept, default=str).decode()
        if len(text) > MAX_PAYLOAD:
            raise Refused(TOO_LONG)
        return text


class ShowOrderSession(Endpoint):
    """A parked payload, and who parked it. The id can't be guessed, and opens it for an hour."""

    group = "wallet"
    auth = NONE
    throttle = Rate.LOOK_UP
    answer = selectors.OrderSessionRecord

    class Input(inputs.Input):
        id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        found = selectors.order_session(
            session_id=data["id"], viewer_id=caller.id, media_url=media_url(self.request)
        )
        if found is None:
            raise Refused(NO_SESSION)
        return found


class ShowOrderHistory(Endpoint):
    """What moved the caller's coins, newest first; also under `data`.

    Coins received appear when they are settled, seconds after they count in the wallet.
    """

    group = "wallet"
    aliases = ("v1/showOrderHistory",)
    answer = selectors.OrderPage

    class Input(inputs.Input):
        page = IntField(default=1, min_value=1, max_value=100)
        limit = IntField(default=20, min_value=1, max_value=100)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        # This one comes with a query string.
        data = inputs.validated(self.Input, self.request.GET.dict() | self.values)
        found = selectors.orders(user_id=caller.id, page=data["page"], limit=data["limit"])
        return Answer(found, data=found)
