"""The caller's sign-ins: one a phone, listed and ended here."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users import selectors, tokens
from apps.users.callers import Caller
from apps.users.selectors import OwnRecord, SessionShape
from apps.users.services import devices


class Logout(Endpoint):
    """End this sign-in; no more pushes for the caller on this phone."""

    group = "auth"
    throttle = Rate.WRITE
    answer = OwnRecord

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        devices.detach(user_id=caller.id, token_id=caller.token_id)
        if caller.token_id:
            tokens.revoke(user_id=caller.id, token_id=caller.token_id)
        return selectors.own_record(user_id=caller.id, media_url=media_url(self.request))


class ShowSessions(Endpoint):
    """The caller's live sign-ins, newest use first; `current` marks the one that asks."""

    group = "auth"
    answer = [{"Session": SessionShape}]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return selectors.sessions(user_id=caller.id, current_id=caller.token_id or 0)


class RevokeSession(Endpoint):
    """End one of the caller's sign-ins."""

    group = "auth"
    throttle = Rate.WRITE
    answer = "ended"

    class Input(inputs.Input):
        session_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        devices.detach(user_id=caller.id, token_id=data["session_id"])
        if not tokens.revoke(user_id=caller.id, token_id=data["session_id"]):
            raise Refused("This sign-in has ended already.")
        return "The sign-in was ended."
