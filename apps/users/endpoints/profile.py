"""Profiles."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import IdField, TextField
from apps.contract.urls import media_url
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.selectors import OwnRecord
from apps.users.services import visits

NO_SUCH_ACCOUNT = "This account does not exist."


class ShowUserDetail(Endpoint):
    """The caller's own profile, or another's by id or name."""

    group = "users"
    answer = OwnRecord

    class Input(inputs.Input):
        other_user_id = IdField(required=False)
        username = TextField(max_length=30, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        base = media_url(self.request)
        wanted = data.get("other_user_id")
        if wanted is None and data.get("username"):
            wanted = selectors.id_of_username(data["username"])
            if wanted is None:
                return self.unknown_name(data["username"])
        if wanted in (None, caller.id):
            return selectors.own_record(user_id=caller.id, media_url=base)
        record = selectors.public_record(user_id=wanted, viewer_id=caller.id, media_url=base)
        if record is None:
            raise Refused(NO_SUCH_ACCOUNT)
        visits.record_visit(visitor_id=caller.id, visited_id=wanted)
        return record

    def unknown_name(self, username: str) -> ContractValue:
        """iOS crashes unless a tapped mention answers 200 with a User (contract/ios/NOTES.md)."""
        if "user_id" in self.values or "other_user_id" in self.values:
            raise Refused(NO_SUCH_ACCOUNT)
        user = {"id": 0, "username": username, "first_name": NO_SUCH_ACCOUNT, "block": 0}
        return {"User": user, "PushNotification": {}, "PrivacySetting": {}, "Playlist": []}
