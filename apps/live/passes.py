"""A viewer's pass: it stands in the addresses of a room's video and says who watches.

MediaMTX shows the query of each connection, so that somebody who was thrown out, blocked or
banned is found among those who watch. Rooms that are not for everyone are opened by it. A pass is
good for one person in one room as long as that room is open to them; it signs nobody in.
"""

from base64 import urlsafe_b64encode
from hmac import compare_digest

from django.utils.crypto import salted_hmac

QUERY_KEY = "viewer"
SIGNATURE_LENGTH = 22  # 132 bits


def make_pass(*, room_id: int, user_id: int) -> str:
    """The text for the query key `viewer`."""
    signed = salted_hmac("live.viewer", f"{room_id}:{user_id}", algorithm="sha256").digest()
    return f"{user_id}.{urlsafe_b64encode(signed)[:SIGNATURE_LENGTH].decode()}"


def holder_of(text: str, *, room_id: int) -> int | None:
    """Whose pass it is; None if we never gave it for this room."""
    number = text.partition(".")[0]
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    genuine = make_pass(room_id=room_id, user_id=int(number))
    return int(number) if compare_digest(text.encode(), genuine.encode()) else None
