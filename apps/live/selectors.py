"""Reads of live rooms."""

from typing import Any

import orjson

from apps.contract.paging import PAGE_SIZE
from apps.contract.shapes import fetch_json, fetch_one_json
from apps.live.models import LiveRoom
from apps.live.shapes import HostedRecord, ListedRecord, RoomDetail, WatchRecord

HOSTED_RECORD_SQL = f"""
    SELECT {HostedRecord.sql("r")} FROM live_liveroom r JOIN users_user u ON u.id = r.host_id
    WHERE r.id = %(room_id)s
"""
FROM_ROOM = """
    FROM live_liveroom r JOIN users_user h ON h.id = r.host_id
    LEFT JOIN live_viewer v ON v.room_id = r.id AND v.user_id = %(viewer_id)s
"""
WATCH_RECORD_SQL = f"""
    SELECT {WatchRecord.sql("r")} {FROM_ROOM}
    JOIN users_user u ON u.id = %(viewer_id)s WHERE r.id = %(room_id)s
"""
DETAIL_SQL = f"SELECT {RoomDetail.sql('r')} {FROM_ROOM} WHERE r.id = %(room_id)s"
FOLLOWS = """EXISTS (SELECT FROM users_follow f
    WHERE f.follower_id = %(viewer_id)s AND f.followed_id = r.host_id)"""
# Open rooms are few and have an index of their own; the page is cut from them.
LIVE_ROOMS_SQL = f"""
    SELECT {ListedRecord.sql("r")} FROM (
        SELECT r.* FROM live_liveroom r
        WHERE r.status <> 'ended' AND r.status IN ('live', 'interrupted')
            AND (r.privacy = 'public' OR (r.privacy = 'followers'
                AND (r.host_id = %(viewer_id)s OR {FOLLOWS})))
            AND NOT EXISTS (SELECT FROM users_block b
                WHERE (b.blocker_id = r.host_id AND b.blocked_id = %(viewer_id)s)
                   OR (b.blocker_id = %(viewer_id)s AND b.blocked_id = r.host_id))
            AND NOT EXISTS (SELECT FROM live_viewer v
                WHERE v.room_id = r.id AND v.user_id = %(viewer_id)s AND v.kicked)
        ORDER BY r.status = 'live' DESC, {FOLLOWS} DESC, r.viewers_now DESC, r.id DESC
        LIMIT {PAGE_SIZE} OFFSET %(offset)s
    ) r JOIN users_user u ON u.id = r.host_id
    ORDER BY r.status = 'live' DESC, {FOLLOWS} DESC, r.viewers_now DESC, r.id DESC
"""


def live_rooms(*, viewer_id: int, page: int, media_url: str) -> list[orjson.Fragment]:
    """A page of rooms that are live and that the viewer (0: a guest) may find."""
    offset = page * PAGE_SIZE
    parameters = {"viewer_id": viewer_id, "offset": offset, "media_url": media_url}
    return fetch_json(LIVE_ROOMS_SQL, parameters)


def watch_record(*, room_id: int, viewer_id: int, media_url: str) -> dict[str, Any]:
    """What somebody who has come into a room is told, without the addresses."""
    return one_record(WATCH_RECORD_SQL, room_id, viewer_id, media_url)


def room_detail(*, room_id: int, viewer_id: int, media_url: str) -> dict[str, Any]:
    """A room for somebody who may see it, without the addresses."""
    return one_record(DETAIL_SQL, room_id, viewer_id, media_url)


def hosted_record(*, room_id: int, host_id: int, media_url: str) -> dict[str, Any]:
    """A room and its host for the host's own eyes, without the addresses."""
    return one_record(HOSTED_RECORD_SQL, room_id, host_id, media_url)


def one_record(sql: str, room_id: int, viewer_id: int, media_url: str) -> dict[str, Any]:
    parameters = {"room_id": room_id, "viewer_id": viewer_id, "media_url": media_url}
    record = fetch_one_json(sql, parameters)
    if record is None:
        raise LiveRoom.DoesNotExist
    return orjson.loads(orjson.dumps(record))
