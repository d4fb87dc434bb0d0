"""Reads of audio rooms."""

import orjson

from apps.contract.shapes import fetch_json, fetch_one_json
from apps.rooms.models import AudioRoom
from apps.rooms.shapes import (
    MAX_LISTED,
    JoinedItem,
    MemberAnswer,
    RoomDetail,
    RoomItem,
    TopicItem,
)
from apps.users.people.lists import VISIBLE

MAX_ROOMS = 50  # the app asks for one page
OPEN = "r.ended_at IS NULL"
# Whether the viewer may find and enter `r`, whose host is `h`. Members stay whatever changes.
INSIDE = """EXISTS (SELECT FROM rooms_member i
    WHERE i.room_id = r.id AND i.user_id = %(viewer_id)s)"""
INVITED = """EXISTS (SELECT FROM rooms_invitation i
    WHERE i.room_id = r.id AND i.user_id = %(viewer_id)s)"""
HOST_VISIBLE = f"""EXISTS (SELECT FROM users_user u WHERE u.id = r.host_id AND {VISIBLE})"""
MAY_ENTER = f"({INSIDE} OR ({HOST_VISIBLE} AND (NOT r.is_private OR {INVITED})))"
FOLLOWED_INSIDE = """EXISTS (SELECT FROM rooms_member m JOIN users_follow f
    ON f.followed_id = m.user_id AND f.follower_id = %(viewer_id)s
    WHERE m.room_id = r.id AND m.role > 0)"""

TOPICS_SQL = f"""SELECT {TopicItem.sql("t")} FROM rooms_topic t
    WHERE t.is_active ORDER BY t.position, t.id"""
DETAIL_SQL = f"""SELECT {RoomDetail.sql("r")}
    FROM rooms_audioroom r LEFT JOIN rooms_topic t ON t.id = r.topic_id
    WHERE r.id = %(room_id)s AND {OPEN} AND {MAY_ENTER}"""
# Rooms where somebody whom the viewer follows is on stage, then the fullest, then the newest.
ROOMS_SQL = f"""SELECT {RoomItem.sql("r")} FROM (
        SELECT r.*, {FOLLOWED_INSIDE} AS followed,
            (SELECT count(*) FROM rooms_member c WHERE c.room_id = r.id) AS size
        FROM rooms_audioroom r WHERE {OPEN} AND {MAY_ENTER}
        ORDER BY followed DESC, size DESC, r.id DESC LIMIT {MAX_ROOMS}) r
    LEFT JOIN rooms_topic t ON t.id = r.topic_id
    ORDER BY r.followed DESC, r.size DESC, r.id DESC"""
JOINED_SQL = f"""SELECT {JoinedItem.sql("own")} FROM rooms_member own
    JOIN users_user me ON me.id = own.user_id JOIN rooms_audioroom r ON r.id = own.room_id
    WHERE own.user_id = %(viewer_id)s"""
MEMBER_SQL = f"""SELECT {MemberAnswer.sql("m")} FROM rooms_member m
    JOIN users_user u ON u.id = m.user_id JOIN rooms_audioroom r ON r.id = m.room_id
    WHERE m.room_id = %(room_id)s AND m.user_id = %(user_id)s"""
MAY_ENTER_SQL = f"""SELECT r.id FROM rooms_audioroom r
    WHERE r.id = %(room_id)s AND {OPEN} AND {MAY_ENTER}"""
EVIDENCE_FIELDS = ("id", "title", "host_id", "topic__title", "is_private", "created_at", "ended_at")


def topics(*, media_url: str) -> list[orjson.Fragment]:
    return fetch_json(TOPICS_SQL, {"media_url": media_url})


def open_rooms(*, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The open rooms that the viewer may enter."""
    return fetch_json(ROOMS_SQL, {"viewer_id": viewer_id, "media_url": media_url})


def room_detail(*, room_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """An open room and who is in it; None if the viewer may not know of it."""
    parameters = {"room_id": room_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(DETAIL_SQL, parameters)


def joined_rooms(*, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The room that the viewer is in, as a list of none or one."""
    return fetch_json(JOINED_SQL, {"viewer_id": viewer_id, "media_url": media_url})


def member_answer(
    *, room_id: int, user_id: int, viewer_id: int, media_url: str
) -> orjson.Fragment | None:
    parameters = {"room_id": room_id, "user_id": user_id}
    return fetch_one_json(MEMBER_SQL, parameters | {"viewer_id": viewer_id, "media_url": media_url})


def may_enter(*, room_id: int, user_id: int) -> bool:
    rooms = AudioRoom.objects.raw(MAY_ENTER_SQL, {"room_id": room_id, "viewer_id": user_id})
    return bool(list(rooms))


def evidence(*, room_id: int) -> dict[str, object]:
    """What a room looks like to a moderator of the platform."""
    room = AudioRoom.objects.filter(pk=room_id).values(*EVIDENCE_FIELDS).get()
    members = AudioRoom.objects.get(pk=room_id).members.order_by("role", "id")
    people = members.values("user_id", "user__username", "role")[:MAX_LISTED]
    return {"room": room, "members": list(people)}
