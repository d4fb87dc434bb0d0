"""Is an address or a name free, and is it the caller's: the codes around sign-up."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import NONE, OPTIONAL, Endpoint
from apps.contract.fields import FlagField, TextField
from apps.contract.throttle import Rate, client_ip
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.models import OneTimeCode
from apps.users.services import accounts, codes, credentials

Purpose = OneTimeCode.Purpose
CODE_SENT = "A code is on its way."
CODE_RIGHT = "The code is right."


class CheckEmail(Endpoint):
    """Is an e-mail address free to sign up with? If so, a code goes there.

    The Android client opens its code screen at once, and asks for a code only to send it again.
    iOS proves addresses through Firebase and gets none.
    """

    group = "auth"
    auth = NONE
    throttle = Rate.LOOK_UP
    answer = "free"

    class Input(inputs.Input):
        email = TextField(max_length=254)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email = accounts.checked_email(data["email"])
        if selectors.is_email_taken(email):
            raise Refused(accounts.EMAIL_TAKEN)
        if "CFNetwork" not in self.request.headers.get("User-Agent", ""):
            codes.request_code(
                purpose=Purpose.REGISTER_EMAIL, address=email, ip=client_ip(self.request)
            )
        return "This e-mail address is free."


class CheckUsername(Endpoint):
    """Is a username free?"""

    group = "auth"
    auth = NONE
    throttle = Rate.LOOK_UP
    answer = "free"

    class Input(inputs.Input):
        username = TextField(max_length=30)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if selectors.id_of_username(accounts.checked_username(data["username"])):
            raise Refused(accounts.NAME_TAKEN)
        return "This username is free."


class CheckPhoneNo(Endpoint):
    """Can a phone number exist? Whether somebody has it is told to nobody."""

    group = "auth"
    auth = NONE
    throttle = Rate.LOOK_UP
    answer = "valid"

    class Input(inputs.Input):
        phone = TextField(max_length=30)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        accounts.checked_phone(data["phone"])
        return "This phone number is valid."


class VerifyPhoneNo(Endpoint):
    """Send a code to a number (`verify` 0), or give it back (1).

    After that registerUser signs in or up with the number, and editProfile takes it. A signed-in
    caller who sends their `user_id` gets the number at once.
    """

    group = "auth"
    auth = OPTIONAL
    throttle = Rate.SIGN_IN
    answer = "sent, or right"

    class Input(inputs.Input):
        phone = TextField(max_length=30)
        verify = FlagField(default=False)
        code = TextField(max_length=10, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        phone, ip = accounts.checked_phone(data["phone"]), client_ip(self.request)
        if not data["verify"]:
            codes.request_code(purpose=Purpose.PHONE, address=phone, ip=ip)
            return CODE_SENT
        codes.give_back(purpose=Purpose.PHONE, address=phone, digits=data.get("code", ""), ip=ip)
        if caller.id and self.values.get("user_id"):
            credentials.change_phone(user_id=caller.id, phone=phone, ip=ip)
        return CODE_RIGHT


class VerifyRegisterEmailCode(Endpoint):
    """Send a sign-up code once more (no `code`), or give it back."""

    group = "auth"
    auth = NONE
    throttle = Rate.SIGN_IN
    answer = "sent, or right"

    class Input(inputs.Input):
        email = TextField(max_length=254)
        code = TextField(max_length=10, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email, ip = accounts.checked_email(data["email"]), client_ip(self.request)
        if selectors.is_email_taken(email):
            raise Refused(accounts.EMAIL_TAKEN)
        if not data.get("code"):
            codes.request_code(purpose=Purpose.REGISTER_EMAIL, address=email, ip=ip)
            return CODE_SENT
        codes.give_back(purpose=Purpose.REGISTER_EMAIL, address=email, digits=data["code"], ip=ip)
        return CODE_RIGHT
