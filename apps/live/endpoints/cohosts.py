"""Inviting others to broadcast along, telling followers, and the media server's notices."""

from typing import Any

import orjson

from apps.contract import inputs
from apps.contract.answers import ContractValue, NoIdentity, Refused
from apps.contract.endpoint import NONE, Endpoint
from apps.contract.fields import IdField, IdsField, IntField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.live import cohosts, services
from apps.live.addresses import addresses
from apps.live.admission import is_internal
from apps.live.models import room_id_of
from apps.notifications.selectors import inbox_item
from apps.users.callers import Caller

ACCEPT, REJECT = 1, 2


class InviteUserToStreaming(Endpoint):
    """Invite people to broadcast in the caller's open room.

    Each finds it among their notifications and answers by acceptStreamingInvite.
    """

    group = "live"
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        live_streaming_id = IdField()
        users = IdsField("user_id", cohosts.MAX_INVITED)
        type = TextField(max_length=10, help_text="single or multiple")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if data["type"] not in cohosts.INVITATION_TYPES:
            raise Refused("Type: single or multiple.")
        cohosts.invite(
            host_id=caller.id,
            room_id=data["live_streaming_id"],
            user_ids=data["users"],
            type=data["type"],
        )
        return "success"


class AcceptStreamingInvite(Endpoint):
    """Answer an invitation to broadcast: `status` 1 accepts, 2 declines.

    Accepting answers, beside the notification, the addresses of a stream of one's own in that
    room, with a secret that is shown only here.
    """

    group = "live"
    throttle = Rate.WRITE

    class Input(inputs.Input):
        id = IdField(help_text="the notification")
        status = IntField(min_value=ACCEPT, max_value=REJECT)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        seat = cohosts.answer_invitation(
            user_id=caller.id, notification_id=data["id"], accepted=data["status"] == ACCEPT
        )
        item = inbox_item(
            notification_id=data["id"], viewer_id=caller.id, media_url=media_url(self.request)
        )
        msg = orjson.loads(orjson.dumps(item))
        if seat is not None:
            room, secret = seat
            msg["LiveStreaming"] = {"id": room.pk, "channel_name": str(room.pk)} | addresses(
                self.request, room, secret, path=room.seat_path(caller.id)
            )
        return msg


class SendLiveStreamPushNotfication(Endpoint):
    """Tell those who follow the caller with the bell on that they are live; once per room."""

    group = "live"
    throttle = Rate.WRITE
    answer = "success"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        cohosts.announce(host_id=caller.id)
        return "success"


class MediaNotice(Endpoint):
    """The base of what a media server may call, with MEDIAMTX_SECRET as bearer.

    Same as the hooks process's /mediamtx/ready and /mediamtx/not-ready, under the names that
    older guides give to MediaMTX.
    """

    abstract = True
    group = "live"
    auth = NONE
    answer = "success"

    class Input(inputs.Input):
        path = TextField(max_length=64)
        id = TextField(max_length=64, required=False, help_text="MediaMTX's id of the publisher")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        scheme, _, secret = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not is_internal(secret):
            raise NoIdentity("Only the media server may say this.")
        if room_id_of(data["path"]) is None:
            raise Refused("This is not the path of a live stream.")
        self.notice(data["path"], data.get("id", ""))
        return "success"

    def notice(self, path: str, publisher_id: str) -> None:
        raise NotImplementedError


class LiveStreamStarted(MediaNotice):
    """A stream has come online (called by the media server)."""

    def notice(self, path: str, publisher_id: str) -> None:
        services.publisher_came(path=path, publisher_id=publisher_id)


class LiveStreamEnded(MediaNotice):
    """A stream has gone (called by the media server); the room waits for it a while."""

    def notice(self, path: str, publisher_id: str) -> None:
        services.publisher_left(path=path, publisher_id=publisher_id)
