"""Whether every viewer of a live room sees every comment and gift, and how late.

    uv run --all-extras python -m benchmarks.rooms [--readers 1000] [--rate 20] [--seconds 30]

Viewers follow the room by server-sent events with the token of an app. What happens goes the whole
way: the service that the endpoint calls, the room's outbox, the event store, the stream process.
Database, stream process and readers (stream_readers.py) share this machine's cores.
"""

import argparse
import time
from functools import partial
from typing import Any

from benchmarks.servers import in_this_process
from benchmarks.stream import allow_many_sockets, measure_stream

GIFT_EVERY = 5  # the others are comments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=20, help="comments and gifts a second")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    allow_many_sockets(options.readers)
    in_this_process("rooms", lambda folder: run(options.readers, options.rate, options.seconds))


def run(readers: int, rate: float, seconds: float) -> str:
    """The table, as Markdown. Raises RuntimeError if a viewer missed anything."""
    from apps.live import audience, services
    from apps.users import tokens
    from apps.users.models import User

    host = User.objects.create(username="host")
    viewer = User.objects.create(username="viewer")
    room, _ = services.open_room(host_id=host.pk)
    services.publisher_came(path=room.path, publisher_id="bench")
    audience.enter(room_id=room.pk, user_id=viewer.pk, agreed_coins=None)
    return measure_stream(
        path=f"/api/sessions/{room.session_id}/stream?auth_token={tokens.issue(user=viewer)}",
        key="",
        readers=readers,
        rate=rate,
        seconds=seconds,
        happen=partial(talk_and_give, room, viewer),
    )


def talk_and_give(room: Any, viewer: Any, rate: float, last: int) -> None:
    """Comments, and every few a gift as apps/live/receivers.py tells of one."""
    from apps.live import feed, talk

    begun = time.monotonic()
    for number in range(1, last + 1):
        time.sleep(max(begun + number / rate - time.monotonic(), 0))
        text = f"{number} {time.time()}"
        if number % GIFT_EVERY:
            talk.comment(room_id=room.pk, user_id=viewer.pk, text=text)
            continue
        gift = {"gift_id": 1, "name": "Rose", "count": 1, "diamonds_each": 1}
        feed.happened(
            session_id=room.session_id,
            type="room.gift",
            user_id=viewer.pk,
            username=viewer.username,
            text=text,
            gift={"key": f"gift:{number}", "closed": True} | gift,
            data=gift,
        )


if __name__ == "__main__":
    main()
