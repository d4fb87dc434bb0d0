"""A new e-mail address or phone number: a code goes to the new one before it counts."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import Endpoint
from apps.contract.fields import TextField
from apps.contract.identity import offered_proofs
from apps.contract.throttle import Rate, client_ip
from apps.contract.urls import media_url
from apps.users import selectors, tokens
from apps.users.callers import Caller
from apps.users.endpoints.addresses import CODE_SENT
from apps.users.models import OneTimeCode, User
from apps.users.selectors import SignedInRecord
from apps.users.services import accounts, codes, credentials

Purpose = OneTimeCode.Purpose


class ChangeEmailAddress(Endpoint):
    """Send a code to the new address; verifyChangeEmailCode finishes."""

    group = "auth"
    throttle = Rate.SIGN_IN
    answer = "sent"

    class Input(inputs.Input):
        email = TextField(max_length=254)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email = accounts.checked_email(data["email"])
        credentials.refuse_taken_email(user_id=caller.id, email=email)
        codes.request_code(
            purpose=Purpose.CHANGE_EMAIL,
            address=email,
            ip=client_ip(self.request),
            user_id=caller.id,
        )
        return CODE_SENT


class VerifyChangeEmailCode(Endpoint):
    """Give the code back; the new address counts from now on.

    The Android client replaces its whole session by this answer, so it holds the caller's token:
    the one they sent, or a new one if they proved themselves otherwise.
    """

    group = "auth"
    throttle = Rate.SIGN_IN
    answer = SignedInRecord

    class Input(inputs.Input):
        new_email = TextField(max_length=254)
        code = TextField(max_length=10)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        email, ip = accounts.checked_email(data["new_email"]), client_ip(self.request)
        codes.give_back(
            purpose=Purpose.CHANGE_EMAIL,
            address=email,
            digits=data["code"],
            ip=ip,
            user_id=caller.id,
        )
        credentials.change_email(user_id=caller.id, email=email, ip=ip)
        return selectors.signed_in_record(
            user_id=caller.id,
            token=self.session_token(caller),
            media_url=media_url(self.request),
        )

    def session_token(self, caller: Caller) -> str:
        if caller.token_id:
            proofs = offered_proofs(self.request, self.values)
            return next(proof for proof in proofs if tokens.is_token(proof, caller.token_id))
        user = User.objects.get(pk=caller.id)
        return tokens.issue(user=user, platform=self.request.headers.get("device", ""))


class ChangePhoneNo(Endpoint):
    """Send a code to the new number; verifyPhoneNo and editProfile finish."""

    group = "auth"
    throttle = Rate.SIGN_IN
    answer = "sent"

    class Input(inputs.Input):
        phone = TextField(max_length=30)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        phone = accounts.checked_phone(data["phone"])
        credentials.refuse_taken_phone(user_id=caller.id, phone=phone)
        codes.request_code(purpose=Purpose.PHONE, address=phone, ip=client_ip(self.request))
        return CODE_SENT
