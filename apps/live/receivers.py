"""Gifts that are sent in a room show in it. Runs in the transaction of the gift.

So what is refused here was never paid.
"""

from typing import Any

from django.db import connection
from django.dispatch import receiver

from apps.contract.answers import Refused
from apps.gifts import signals
from apps.live import feed

NOT_HERE = "This live stream has ended, or this person is not in it. Nothing was sent."
# Only what goes to somebody who broadcasts in that open room. A combo is how many of this gift the
# giver has sent within some seconds, looked for in their latest gifts.
COMBO_S = 10
GIFT_SQL = f"""
    SELECT r.session_id, u.username, trim(u.first_name || ' ' || u.last_name),
        g.title, g.coin, to_user.username, (
            SELECT sum(s.count) FROM (SELECT * FROM gifts_sentgift s
                WHERE s.sender_id = %(giver)s ORDER BY s.id DESC LIMIT 50) s
            WHERE s.gift_id = %(gift)s AND s.receiver_id = %(receiver)s
                AND s.live_streaming_id = %(room)s
                AND s.created_at > now() - interval '{COMBO_S} seconds')
    FROM live_liveroom r JOIN users_user u ON u.id = %(giver)s
    JOIN gifts_gift g ON g.id = %(gift)s JOIN users_user to_user ON to_user.id = %(receiver)s
    WHERE r.id = %(room)s AND r.status <> 'ended'
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
        raise Refused(NOT_HERE)
    session_id, username, nickname, title, coin, to, combo = row
    if session_id is None:
        return
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
            "combo": int(combo),
        },
    )
