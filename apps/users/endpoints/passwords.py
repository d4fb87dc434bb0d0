"""Forgotten and changed passwords."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import TextField
from apps.contract.shapes import text
from apps.contract.throttle import Rate, client_ip
from apps.contract.urls import media_url
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.models import OneTimeCode
from apps.users.selectors import OwnRecord
from apps.users.services import accounts, codes, credentials

PASSWORD = OneTimeCode.Purpose.PASSWORD


class ForgotPassword(Endpoint):
    """Send a code to an account's e-mail address. Unknown addresses are answered alike."""

    group = "auth"
    auth = NONE
    throttle = Rate.SIGN_IN
    answer = "sent"

    class Input(inputs.Input):
        email = TextField(max_length=254)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email = accounts.checked_email(data["email"])
        codes.request_code(purpose=PASSWORD, address=email, ip=client_ip(self.request))
        return "If there is an account with this address, a code is on its way."


class VerifyforgotPasswordCode(Endpoint):
    """Give the code back; for fifteen minutes changePasswordForgot may then follow."""

    group = "auth"
    auth = NONE
    throttle = Rate.SIGN_IN
    answer = {"User": {"email": text("email")}}

    class Input(inputs.Input):
        email = TextField(max_length=254)
        code = TextField(max_length=10)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email = accounts.checked_email(data["email"])
        codes.give_back(
            purpose=PASSWORD, address=email, digits=data["code"], ip=client_ip(self.request)
        )
        return {"User": {"id": selectors.id_of_email(email) or 0, "email": email}}


class ChangePasswordForgot(Endpoint):
    """Set a new password after the code came back. Every sign-in of the account ends."""

    group = "auth"
    auth = NONE
    throttle = Rate.SIGN_IN
    answer = OwnRecord

    class Input(inputs.Input):
        email = TextField(max_length=254)
        password = TextField(max_length=128, trim_whitespace=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        user_id = credentials.reset_password(
            email=accounts.checked_email(data["email"]),
            password=data["password"],
            ip=client_ip(self.request),
        )
        return selectors.own_record(user_id=user_id, media_url=media_url(self.request))


class ChangePassword(Endpoint):
    """Change the caller's password. Their sign-ins on other phones end."""

    group = "auth"
    throttle = Rate.SIGN_IN
    answer = "changed"

    class Input(inputs.Input):
        old_password = TextField(max_length=128, trim_whitespace=False)
        new_password = TextField(max_length=128, trim_whitespace=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        credentials.change_password(
            user_id=caller.id,
            old=data["old_password"],
            new=data["new_password"],
            token_id=caller.token_id,
        )
        return "Your password was changed."
