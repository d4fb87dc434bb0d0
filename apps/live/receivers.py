"""Gifts that are sent in a room show in it. Runs in the transaction of the gift."""

from typing import Any

from django.db import connection
from django.dispatch import receiver

from apps.gifts import signals
from apps.live import feed

# Only what goes to somebody who broadcasts in that open room.
GIFT_SQL = """
    SELECT r.session_id, u.username, trim(u.first_name || ' ' || u.last_name),
        g.title, g.coin, to_user.username
    FROM live_liveroom r JOIN users_user u ON u.id = %(giver)s
    JOIN gifts_gift g ON g.id = %(gift)s JOIN users_user to_user ON to_user.id = %(receiver)s
    WHERE r.id = %(room)s AND r.status <> 'ended' AND r.session_id IS NOT NULL
        AND (r.host_id = %(receiver)s OR EXISTS (SELECT FROM live_publishkey k
            WHERE k.room_id = r.id AND k.user_id = %(receiver)s))
"""


@receiver(signals.sent_in_room)
def show_gift(
    *, room: int, giver: int, receiver: int, gift: int, count: int, sent: int, **kwargs: Any
) -> None:
    parameters = {"room": room, "giver": giver, "receiver": receiver, "gift": gift}
    with connection.cursor() as cursor:
        cursor.execute(GIFT_SQL, parameters)
        row = cursor.fetchone()
    if row is None:
        return
    session_id, username, nickname, title, coin, to = row
    feed.happened(
        session_id=session_id,
        type="room.gift",
        user_id=giver,
        username=username,
        nickname=nickname,
        text=f"{count} x {title}",
        gift={
            "key": f"gift:{sent}",
            "gift_id": gift,
            "name": title,
            "count": count,
            "diamonds_each": coin,
            "closed": True,
        },
        data={
            "gift_id": gift,
            "name": title,
            "count": count,
            "diamonds_each": coin,
            "diamonds": count * coin,
            "to": to,
        },
    )
