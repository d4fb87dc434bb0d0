"""What the Android client is told about audio rooms (contract/android/endpoints.json).

Statements name the room `r`, a member `m`, the person behind it `u` and the room's topic `t`.
"""

from apps.contract.shapes import Shape, constant, integer, listed, media, moment, nested, text
from apps.rooms.models import Member
from apps.users.people.lists import VISIBLE
from apps.users.shapes import PublicUser

MAX_LISTED = 500  # members in the room's own answer
MAX_PREVIEWED = 12  # members in a list of rooms
MODERATOR, AUDIENCE = Member.Role.MODERATOR.value, Member.Role.AUDIENCE.value
# Moderators, then speakers, then the audience; each in the order of their coming.
BY_ROLE = f"m.role = {AUDIENCE}, m.role, m.id"


def members_sql(*, most: int, only: str = "true") -> str:
    """The members of `r` whom the viewer may see."""
    return f"""FROM (SELECT m.* FROM rooms_member m JOIN users_user u ON u.id = m.user_id
            WHERE m.room_id = r.id AND {only} AND {VISIBLE} ORDER BY {BY_ROLE} LIMIT {most}) m
        CROSS JOIN LATERAL (SELECT * FROM users_user u WHERE u.id = m.user_id) u"""


class TopicShape(Shape):
    id = integer("id")
    title = text("title")
    image = media("image")
    follow = constant("0")  # no client follows topics
    created = moment("created_at")


class TopicItem(Shape):
    Topic = nested(TopicShape, "t")


class RoomShape(Shape):
    id = integer("id")
    user_id = integer("host_id")
    title = text("title")
    privacy = integer("{t}.is_private::int")
    topic_id = integer("topic_id")
    members_count = integer("(SELECT count(*) FROM rooms_member c WHERE c.room_id = {t}.id)")
    created = moment("created_at")


class MemberShape(Shape):
    """`moderator`: 1 moderator, 2 speaker, 0 audience."""

    id = integer("id")
    user_id = integer("user_id")
    room_id = integer("room_id")
    moderator = integer("role")
    created = moment("joined_at")


class MemberWithUser(MemberShape):
    User = nested(PublicUser, "u")


class ModeratorItem(Shape):
    User = nested(PublicUser, "u")
    RoomMember = nested(MemberShape, "m")


class RoomDetail(Shape):
    """`msg` of addRoom and showRoomDetail."""

    Room = nested(RoomShape, "r")
    RoomMember = listed(MemberWithUser, "m", members_sql(most=MAX_LISTED))
    Topic = nested(TopicShape, "t", when="t.id IS NOT NULL")


class RoomItem(RoomDetail):
    """An item of showRooms: the first members stand for all."""

    RoomMember = listed(MemberWithUser, "m", members_sql(most=MAX_PREVIEWED))


class MemberAnswer(Shape):
    """`msg` of joinRoom and assignModerator."""

    RoomMember = nested(MemberShape, "m")
    User = nested(PublicUser, "u")
    Room = nested(RoomShape, "r")


class JoinedRoom(RoomShape):
    """With its moderators, by whom the app decides whether to leave a room or to delete it."""

    Moderators = listed(
        ModeratorItem, "m", members_sql(most=MAX_LISTED, only=f"m.role = {MODERATOR}")
    )


class JoinedItem(Shape):
    """An item of showUserJoinedRooms: the room and the caller's own place in it, `own`."""

    Room = nested(JoinedRoom, "r")
    User = nested(PublicUser, "me")
    RoomMember = nested(MemberShape, "own")
