"""The request for the blue tick."""

from typing import Any

from rest_framework import serializers

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.endpoint import Endpoint
from apps.contract.fields import LenientMixin, TextField
from apps.contract.throttle import Rate
from apps.moderation import selectors
from apps.moderation.services import verification
from apps.moderation.shapes import VerificationAnswer
from apps.users.callers import Caller

NO_REQUEST: dict[str, ContractValue] = {
    "VerificationRequest": {
        **{"id": 0, "user_id": 0, "name": "", "attachment": "", "verified": 0},
        **{"update_time": "", "created": ""},
    }
}


class DocumentField(LenientMixin, serializers.Field):
    """A picture as the apps send one: base64, `{"file_data": base64}`, or an upload."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> str:
        return ""


class UserVerificationRequest(Endpoint):
    """Ask for the blue tick with a document, which only operators see. A new one replaces the
    old. iOS needs an object in `msg` whatever the outcome."""

    group = "users"
    throttle = Rate.WRITE
    answer = VerificationAnswer
    refusal_msg = NO_REQUEST

    class Input(inputs.Input):
        name = TextField(max_length=150, required=False)
        attachment = DocumentField(help_text='{"file_data": base64 of a picture}')

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        verification.request_verification(
            user_id=caller.id, name=data.get("name", ""), document=data["attachment"]
        )
        return selectors.verification(user_id=caller.id)
