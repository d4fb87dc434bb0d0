"""Sending gifts."""

from django.conf import settings
from django.db import connection, transaction

from apps.contract.answers import Refused
from apps.gifts import selectors, signals, velocity

TO_ONESELF = "You can't send a gift to yourself."
KEY_TAKEN = "This key has already been used for another gift. Nothing was sent."
REFUSALS = {
    "no_gift": "This gift is not available.",
    "no_receiver": "This person can't receive gifts.",
    "blocked": "You can't send gifts to this person.",
    "no_video": "This video is not available, or it belongs to somebody else.",
    "frozen": "Your wallet is frozen. Please write to the support.",
    "poor": "You don't have enough coins for this gift.",
}
SEND_SQL = "SELECT outcome, sent_id FROM gifts_send(%s, %s, %s, %s, %s, %s, %s, %s)"


def send_gift(
    *,
    sender_id: int,
    receiver_id: int,
    gift_id: int,
    count: int,
    key: str = "",
    video_id: int | None = None,
    live_streaming_id: int | None = None,
) -> None:
    """Spend coins on `count` gifts for somebody; a `key` that was used before sends nothing new.

    One SQL call (migrations/0005_video_checked.py) that locks the sender's accounts; the receiver's
    coins are pending until the next settlement and part of their wallet at once. Raises Refused.
    """
    if sender_id == receiver_id:
        raise Refused(TO_ONESELF)
    asked = (receiver_id, gift_id, count, video_id, live_streaming_id)
    if key and was_sent(sender_id, key, asked):
        return
    limits = velocity.check(
        sender_id=sender_id, receiver_id=receiver_id, gift_id=gift_id, count=count
    )
    if live_streaming_id is None:
        outcome, _ = write_gift(sender_id, asked, key)
    else:
        outcome = send_in_room(sender_id, asked, key)
    if outcome == "repeated":  # by a request that overtook us
        was_sent(sender_id, key, asked)
    elif outcome != "sent":
        raise Refused(REFUSALS[outcome])
    else:
        limits.count()


def write_gift(sender_id: int, asked: tuple[int | None, ...], key: str) -> tuple[str, int | None]:
    """The outcome, and the id of what was sent."""
    receiver_id, gift_id, count, video_id, live_streaming_id = asked
    share = settings.GIFT_PLATFORM_SHARE_PERCENT
    values = [sender_id, receiver_id, gift_id, count, key or None, share]
    with connection.cursor() as cursor:
        cursor.execute(SEND_SQL, [*values, video_id, live_streaming_id])
        return cursor.fetchone()


@transaction.atomic
def send_in_room(sender_id: int, asked: tuple[int | None, ...], key: str) -> str:
    """The gift, and that the room hears of it, in one transaction.

    Whoever listens refuses a room that has ended or that the receiver does not broadcast in.
    """
    outcome, sent_id = write_gift(sender_id, asked, key)
    if outcome == "sent":
        receiver_id, gift_id, count, _, room_id = asked
        signals.sent_in_room.send(
            sender=None,
            room=room_id,
            giver=sender_id,
            receiver=receiver_id,
            gift=gift_id,
            count=count,
            sent=sent_id,
        )
    return outcome


def was_sent(sender_id: int, key: str, asked: tuple[int | None, ...]) -> bool:
    """Whether the key has sent this very gift. Raises Refused if it has sent another."""
    sent = selectors.sent_with_key(sender_id=sender_id, key=key)
    if sent is None:
        return False
    known = (sent.receiver_id, sent.gift_id, sent.count, sent.video_id, sent.live_streaming_id)
    if known != asked:
        raise Refused(KEY_TAKEN)
    return True
