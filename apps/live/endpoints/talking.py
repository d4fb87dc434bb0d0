"""What is said and done in a live room. Everybody inside hears of it by its event stream."""

from typing import Any

from apps.contract.answers import ContractValue, Refused
from apps.contract.fields import IdField, IntField, TextField
from apps.contract.throttle import Rate
from apps.live import talk
from apps.live.endpoints.watching import RoomEndpoint
from apps.users.callers import Caller

MAX_COMMENT_LENGTH = 300


class CommentOnLiveStream(RoomEndpoint):
    """Say something in a room that one has joined."""

    throttle = Rate.ROOM_CHAT
    answer = {"LiveStreamingComment": {}}

    class Input(RoomEndpoint.Input):
        comment = TextField(max_length=MAX_COMMENT_LENGTH)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        comment_id = talk.comment(
            room_id=data["live_streaming_id"], user_id=caller.id, text=data["comment"]
        )
        return {
            "LiveStreamingComment": {
                "id": comment_id,
                "live_streaming_id": data["live_streaming_id"],
                "user_id": caller.id,
                "username": caller.username,
                "comment": data["comment"],
            }
        }


class LikeLiveStream(RoomEndpoint):
    """Taps on the heart, summed by the app."""

    answer = "success"

    class Input(RoomEndpoint.Input):
        count = IntField(default=1, min_value=1, max_value=talk.MAX_LIKES)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        talk.like(room_id=data["live_streaming_id"], user_id=caller.id, count=data["count"])
        return "success"


class ShareLiveStream(RoomEndpoint):
    """The caller has passed the room's address on."""

    answer = "success"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        talk.share(room_id=data["live_streaming_id"], user_id=caller.id)
        return "success"


class PinLiveStreamComment(RoomEndpoint):
    """Show one comment to everybody, for host and moderators; without `comment_id`, none."""

    answer = "success"

    class Input(RoomEndpoint.Input):
        comment_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        talk.pin_comment(
            room_id=data["live_streaming_id"],
            user_id=caller.id,
            comment_id=data.get("comment_id"),
        )
        return "success"


class ModerateLiveStream(RoomEndpoint):
    """Mute or throw out a viewer (host and moderators), or name a moderator (host)."""

    answer = "success"

    class Input(RoomEndpoint.Input):
        target_id = IdField(help_text="the viewer")
        action = TextField(max_length=20, help_text=", ".join(talk.ACTIONS))

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        if data["action"] not in talk.ACTIONS:
            raise Refused(f"Action: one of {', '.join(talk.ACTIONS)}.")
        talk.moderate(
            room_id=data["live_streaming_id"],
            user_id=caller.id,
            target_id=data["target_id"],
            action=data["action"],
        )
        return "success"
