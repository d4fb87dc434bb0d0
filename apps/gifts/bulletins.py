"""Who got gifts hears of it, some seconds later and once a burst.

A gift itself writes nothing for this: a task reads the table of sent gifts. All gifts from one
person to another within BURST_S are one piece of news, whose key is made of them, so that reading
the same gifts twice tells nothing twice. Read again are those of the last OVERLAP: of two gifts
the earlier may be committed later.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.gifts import signals
from apps.gifts.models import Bulletin

BURST_S = 600
OVERLAP = timedelta(seconds=15)
LOOKED_BACK = timedelta(hours=1)  # after a pause of the workers
# Of those who give to one person at the same time, the most generous are named.
NAMED_SENDERS = 20
LATEST = 500  # of a sender's gifts, to sum a burst up

BURSTS_SQL = f"""
    WITH fresh AS (
        SELECT sender_id, receiver_id,
            floor(extract(epoch FROM created_at) / {BURST_S})::bigint AS burst
        FROM gifts_sentgift WHERE created_at > %(since)s GROUP BY 1, 2, 3
    ), summed AS (
        SELECT fresh.*, total.*, row_number() OVER (
            PARTITION BY receiver_id ORDER BY total.coins DESC, sender_id) AS place
        FROM fresh CROSS JOIN LATERAL (
            SELECT sum(s.count) AS gifts, sum(s.coins) AS coins, min(s.gift_id) AS gift_id,
                min(s.gift_id) <> max(s.gift_id) AS mixed,
                max(s.video_id) AS video_id, max(s.live_streaming_id) AS room_id
            FROM (SELECT * FROM gifts_sentgift s WHERE s.sender_id = fresh.sender_id
                ORDER BY s.id DESC LIMIT {LATEST}) s
            WHERE s.receiver_id = fresh.receiver_id
                AND floor(extract(epoch FROM s.created_at) / {BURST_S}) = fresh.burst) total
    )
    SELECT sender_id, receiver_id, burst, gifts, coins, coalesce(video_id, 0),
        coalesce(room_id, 0), CASE WHEN mixed THEN '' ELSE g.title END, u.username
    FROM summed JOIN gifts_gift g ON g.id = summed.gift_id JOIN users_user u ON u.id = sender_id
    WHERE place <= {NAMED_SENDERS} ORDER BY burst, receiver_id, place"""


@transaction.atomic
def tell_receivers(*, now: datetime) -> int:
    """Send the signal `gifts_came` for what was sent since the last time; how many bursts.

    Locks the row that says when that was; whoever finds it locked leaves it to the other.
    """
    Bulletin.objects.get_or_create(pk=Bulletin.SINGLE, defaults={"told_until": now - OVERLAP})
    last = Bulletin.objects.select_for_update(skip_locked=True).first()
    if last is None:
        return 0
    since = max(last.told_until - OVERLAP, now - LOOKED_BACK)
    with connection.cursor() as cursor:
        cursor.execute(BURSTS_SQL, {"since": since})
        bursts = cursor.fetchall()
    for sender, receiver, burst, gifts, coins, video, room, title, name in bursts:
        signals.gifts_came.send(
            sender=None,
            sender_id=sender,
            receiver_id=receiver,
            text=f"{name} {what_was_sent(int(gifts), int(coins), title)}",
            key=f"gift:{sender}:{burst}",
            video=video,
            room=room,
        )
    Bulletin.objects.filter(pk=last.pk).update(told_until=now)
    return len(bursts)


def what_was_sent(gifts: int, coins: int, title: str) -> str:
    """'sent you 3 gifts: Rose, worth 30 coins'; without a title they were of several kinds."""
    number = "a gift" if gifts == 1 else f"{gifts} gifts"
    worth = "1 coin" if coins == 1 else f"{coins} coins"
    what = f"{number}: {title}," if title else number
    return f"sent you {what} worth {worth}"
