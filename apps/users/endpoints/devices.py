"""Phones: which they are, and where pushes go."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import NONE, OPTIONAL, Endpoint
from apps.contract.fields import TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users import selectors
from apps.users.callers import Caller
from apps.users.selectors import OwnRecord
from apps.users.services import devices
from apps.users.shapes import DeviceShape

NOTHING: dict[str, Any] = {"Device": {"id": 0, "key": "", "created": ""}}


class RegisterDevice(Endpoint):
    """The id of an installation, by its key (or, in an older form, its push token).

    Feeds remember by it what a guest has seen.
    """

    group = "device"
    auth = OPTIONAL
    throttle = Rate.WRITE
    answer = {"Device": DeviceShape}
    refusal_msg = NOTHING

    class Input(inputs.Input):
        key = TextField(max_length=255, required=False)
        device_token = TextField(max_length=500, required=False)
        device_type = TextField(max_length=20, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        push_token = data.get("device_token", "")
        key = data.get("key") or (push_token and devices.key_of_push_token(push_token))
        if not key:
            raise Refused("Key is missing.")
        devices.register_device(key=key, platform=data.get("device_type", ""))
        if caller.id and push_token:
            devices.note_push_token(
                user_id=caller.id,
                token_id=caller.token_id,
                push_token=push_token,
                platform=data.get("device_type", ""),
            )
        return {"Device": selectors.device(key=key)}


class ShowDeviceDetail(Endpoint):
    """The id of an installation that has registered."""

    group = "device"
    auth = NONE
    answer = {"Device": DeviceShape}

    class Input(inputs.Input):
        key = TextField(max_length=255)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        device = selectors.device(key=data["key"])
        if device is None:
            raise Refused("This device is not known.")
        return {"Device": device}


class AddDeviceData(Endpoint):
    """Where pushes for the caller go from now on.

    The client's idea of its address and place is not kept: nothing here needs it.
    """

    group = "device"
    throttle = Rate.WRITE
    answer = OwnRecord
    refusal_msg = {"User": {"id": 0, "block": 0}, "PushNotification": {}, "PrivacySetting": {}}

    class Input(inputs.Input):
        device_token = TextField(max_length=500, required=False)
        device = TextField(max_length=100, required=False)
        version = TextField(max_length=100, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        devices.note_push_token(
            user_id=caller.id,
            token_id=caller.token_id,
            push_token=data.get("device_token", ""),
            platform=data.get("device", "").lower(),
            app_version=data.get("version", ""),
        )
        return selectors.own_record(user_id=caller.id, media_url=media_url(self.request))
