"""Audio rooms, as the Android client calls them."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ContractValue, Refused
from apps.contract.endpoint import OPTIONAL, Endpoint
from apps.contract.fields import FlagField, IdField, IdsField, IntField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.rooms import selectors, services
from apps.rooms.models import MAX_TITLE, Member
from apps.rooms.shapes import JoinedItem, MemberAnswer, RoomDetail, RoomItem, TopicItem
from apps.users.callers import Caller

GROUP = "live"


class ShowTopics(Endpoint):
    """What a room may be about, in the operators' order."""

    group = GROUP
    auth = OPTIONAL
    answer = [TopicItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        topics = selectors.topics(media_url=media_url(self.request))
        if not topics:
            raise Refused("There are no topics to choose from.")
        return topics


class ShowRooms(Endpoint):
    """The open rooms that the caller may enter: first those where people whom they follow are
    on stage, then the fullest."""

    group = GROUP
    auth = OPTIONAL
    answer = [RoomItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        rooms = selectors.open_rooms(viewer_id=caller.id, media_url=media_url(self.request))
        if not rooms:
            raise Refused("No room is open right now.")
        return rooms


class AddRoom(Endpoint):
    """Open a room, out of any other that the caller is in."""

    group = GROUP
    throttle = Rate.WRITE
    answer = RoomDetail

    class Input(inputs.Input):
        title = TextField(max_length=MAX_TITLE)
        privacy = FlagField(default=False, help_text="0 public, 1 for invited people")
        topic_id = IdField(required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        room_id = services.make_room(
            host_id=caller.id,
            title=data["title"],
            is_private=data["privacy"],
            topic_id=data.get("topic_id"),
        )
        return detail(self, caller, room_id)


class RoomCall(Endpoint):
    """The base of what is done in one room."""

    abstract = True
    group = GROUP
    throttle = Rate.WRITE

    class Input(inputs.Input):
        room_id = IdField()


class ShowRoomDetail(RoomCall):
    """A room and who is in it."""

    throttle = Rate.READ
    answer = RoomDetail

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        return detail(self, caller, data["room_id"])


class JoinRoom(RoomCall):
    """Come into a room as audience (its host as moderator), out of any other.

    The app's `moderator`, always 0, is not asked: roles are given by assignModerator.
    """

    answer = MemberAnswer

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.join(room_id=data["room_id"], user_id=caller.id)
        return member(self, caller, data["room_id"], caller.id)


class LeaveRoom(RoomCall):
    """Go out of a room. The room ends with its last speaker."""

    answer = "success"

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.leave(room_id=data["room_id"], user_id=caller.id)
        return "success"


class DeleteRoom(Endpoint):
    """End a room for everybody in it."""

    group = GROUP
    throttle = Rate.WRITE
    answer = "success"

    class Input(inputs.Input):
        id = IdField(help_text="the room")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.delete_room(room_id=data["id"], user_id=caller.id)
        return "success"


class ShowUserJoinedRooms(Endpoint):
    """The room that the caller is in; 201 for none, at which the app goes ahead."""

    group = GROUP
    answer = [JoinedItem]

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        rooms = selectors.joined_rooms(viewer_id=caller.id, media_url=media_url(self.request))
        if not rooms:
            raise Refused("You are in no room.")
        return rooms


class AssignModerator(RoomCall):
    """Give a member (`user_id`) a role, or report one's own.

    In the shipped app a moderator's word travels over Firebase, and the phone of the person it is
    about reports the new role here.
    """

    actor_keys = ()  # user_id is the person who gets the role
    answer = MemberAnswer

    class Input(RoomCall.Input):
        user_id = IdField()
        moderator = IntField(
            min_value=0, max_value=2, help_text="1 moderator, 2 speaker, 0 audience"
        )

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.assign_role(
            room_id=data["room_id"],
            user_id=caller.id,
            target_id=data["user_id"],
            role=Member.Role(data["moderator"]),
        )
        return member(self, caller, data["room_id"], data["user_id"])


class InviteUserToRoom(RoomCall):
    """Ask people into the room that the caller is in; it shows in their inbox."""

    actor_keys = ("sender_id",)
    answer = "success"

    class Input(RoomCall.Input):
        receivers = IdsField("receiver_id", services.MAX_INVITED)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.invite(room_id=data["room_id"], user_id=caller.id, receiver_ids=data["receivers"])
        return "success"


class ReportRoom(RoomCall):
    """Complain about a room, once a day."""

    group = "reporting"
    answer = "success"

    class Input(RoomCall.Input):
        report_reason_id = IdField(required=False)
        description = TextField(max_length=2000, required=False)

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        services.report(
            reporter_id=caller.id,
            room_id=data["room_id"],
            reason_id=data.get("report_reason_id"),
            description=data.get("description", ""),
        )
        return "success"


def detail(call: Endpoint, caller: Caller, room_id: int) -> ContractValue:
    room = selectors.room_detail(
        room_id=room_id, viewer_id=caller.id, media_url=media_url(call.request)
    )
    if room is None:
        raise Refused(services.NO_ROOM)
    return room


def member(call: Endpoint, caller: Caller, room_id: int, user_id: int) -> ContractValue:
    answer = selectors.member_answer(
        room_id=room_id, user_id=user_id, viewer_id=caller.id, media_url=media_url(call.request)
    )
    if answer is None:  # who gave up the last role on stage has ended the room
        raise Refused(services.NO_ROOM)
    return answer
