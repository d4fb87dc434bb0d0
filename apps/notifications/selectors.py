"""Reads of the inbox."""

import orjson
from django.db import connection

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import fetch_one_json
from apps.notifications.shapes import InboxItem

# Nothing from people with whom there is a block, or whose account has ended.
SHOWN = """u.status = 'active' AND NOT EXISTS (SELECT FROM users_block b
    WHERE (b.blocker_id = n.receiver_id AND b.blocked_id = n.sender_id)
       OR (b.blocker_id = n.sender_id AND b.blocked_id = n.receiver_id))"""
FROM = """FROM notifications_notification n
    JOIN users_user u ON u.id = n.sender_id JOIN users_user me ON me.id = n.receiver_id
    LEFT JOIN videos_video v ON v.id = n.video_id"""
INBOX_SQL = f"""
    SELECT {InboxItem.sql("n")}, n.id {FROM}
    WHERE n.receiver_id = %(viewer_id)s AND n.id < %(before)s AND {SHOWN}
        AND (v.id IS NOT NULL OR n.type NOT IN ('video_like', 'video_comment'))
    ORDER BY n.id DESC {LIMIT}"""
ONE_SQL = f"SELECT {InboxItem.sql('n')} {FROM} WHERE n.id = %(notification_id)s"
UNREAD_SQL = f"""
    SELECT count(*) FROM notifications_notification n JOIN users_user u ON u.id = n.sender_id
    WHERE n.receiver_id = %s AND NOT n.read AND {SHOWN}"""


def inbox_page(*, pages: Pages, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """A page of a person's notifications, newest first."""
    return pages.fetch(INBOX_SQL, {"viewer_id": viewer_id, "media_url": media_url})


def inbox_item(*, notification_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """One notification as `viewer_id` sees it. The caller has checked that they may."""
    parameters = {
        "notification_id": notification_id,
        "viewer_id": viewer_id,
        "media_url": media_url,
    }
    return fetch_one_json(ONE_SQL, parameters)


def unread_count(*, viewer_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(UNREAD_SQL, [viewer_id])
        return cursor.fetchone()[0]
