"""The switches of the settings screens."""

from typing import Any

from rest_framework import serializers

from apps.contract import inputs
from apps.contract.answers import ContractValue
from apps.contract.fields import FlagField, LenientMixin
from apps.users.callers import Caller
from apps.users.endpoints.editing import OwnRecordEndpoint
from apps.users.models import PrivacySetting
from apps.users.services import profiles

Audience = PrivacySetting.Audience
# The words of both clients, of older servers, and 0/1.
WORDS = {
    "everyone": Audience.EVERYONE,
    "1": Audience.EVERYONE,
    "true": Audience.EVERYONE,
    "friend": Audience.FRIEND,
    "friends": Audience.FRIEND,
    "followers": Audience.FRIEND,
    "no_one": Audience.NO_ONE,
    "noone": Audience.NO_ONE,
    "nobody": Audience.NO_ONE,
    "0": Audience.NO_ONE,
    "false": Audience.NO_ONE,
    "only_me": Audience.ME,
    "me": Audience.ME,
}


class AudienceField(LenientMixin, serializers.Field):
    """Who may: the clients' words, in any case, with spaces or underscores.

    "Nobody" is `nobody`: of my liked videos I am the one who sees them, so there it is only_me.
    """

    default_error_messages = {"invalid": "Choose everyone, friends or no one."}

    def __init__(self, *, nobody: Audience = Audience.NO_ONE) -> None:
        super().__init__(required=False)
        self.nobody = nobody

    def to_internal_value(self, data: Any) -> Audience:
        word = WORDS.get(str(data).strip().lower().replace(" ", "_")[:20])
        if word is None:
            self.fail("invalid")
        return self.nobody if word in (Audience.NO_ONE, Audience.ME) else word

    def to_representation(self, value: Audience) -> str:
        return value.value


class AddPrivacySetting(OwnRecordEndpoint):
    """Who may message, duet, comment, download, repost, and see what the caller likes.

    Only what is sent changes.
    """

    group = "settings"

    class Input(inputs.Input):
        videos_download = FlagField(required=False)
        videos_repost = FlagField(required=False)
        order_history = FlagField(required=False)
        direct_message = AudienceField()
        duet = AudienceField()
        liked_videos = AudienceField(nobody=Audience.ME)
        video_comment = AudienceField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        profiles.set_privacy(user_id=caller.id, choices=data)
        return self.record(caller)


class Privacypolicy(AddPrivacySetting):
    """addPrivacySetting, as the iOS client calls it."""

    refusal_msg = {"PrivacySetting": {}, "User": {"id": 0, "block": 0}}


class UpdatePushNotificationSettings(OwnRecordEndpoint):
    """Which events reach the caller's phone. Only what is sent changes."""

    group = "settings"

    class Input(inputs.Input):
        likes = FlagField(required=False)
        comments = FlagField(required=False)
        new_followers = FlagField(required=False)
        mentions = FlagField(required=False)
        direct_messages = FlagField(required=False)
        video_updates = FlagField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        profiles.set_push_switches(user_id=caller.id, switches=data)
        return self.record(caller)
