"""Whether questions about a session stay quick while the table of events grows.

    uv run --all-extras python -m benchmarks.events [--sizes 10000,100000,1000000,10000000]

The session that is asked about has 10,000 events throughout; the rest of the table are events of
other sessions of the same week, so in the same partition. PostgreSQL makes them; they are shorter
than real ones, which takes nothing from the indexes' depth. The last line asks a session of as
many events as the whole table had before. Each question is what the REST API asks: the median of
several, in milliseconds.
"""

import argparse
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.servers import in_this_process

SESSION_EVENTS = 10_000
PER_OTHER_SESSION = 100_000
ROUNDS = 9
BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    # The rows are thrown away: nothing is gained by waiting for the disk while they are made.
    quick = {"fsync": "off", "max_wal_size": "8GB"}
    in_this_process("events", lambda folder: run(sizes), settings=quick, durable=False)


def run(sizes: list[int]) -> str:
    """The table, as Markdown."""
    session = new_session(SESSION_EVENTS)
    total, rows = SESSION_EVENTS, {}
    for size in sizes:
        while total < size:
            number = min(PER_OTHER_SESSION, size - total)
            new_session(number)
            total += number
        analyse()
        rows[f"{total:,} events in the table"] = measure(session)
    if total > SESSION_EVENTS:
        big = new_session(min(total, 1_000_000))
        analyse()
        rows[f"a session of {big.total:,} events"] = measure(big)
    names = list(next(iter(rows.values())))
    lines = [f"| ms | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [
        f"| {label} | {' | '.join(f'{values[name]:.1f}' for name in names)} |"
        for label, values in rows.items()
    ]
    return "\n".join(lines)


def analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        # What was made is written out, so that nobody does it while we ask.
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM ANALYZE capture_event")
        cursor.execute("VACUUM ANALYZE capture_participant")
        cursor.execute("VACUUM ANALYZE capture_minute")


MAKE_EVENTS = """
INSERT INTO capture_event (session_id, session_day, message_key, message_id, type, category,
    subtype, user_id, unique_id, nickname, text, happened_at, received_at, data, raw, parsed,
    parse_error)
SELECT %(session)s, %(day)s, gen_random_uuid(), n,
    CASE WHEN n %% 1000 = 0 THEN 'WebcastPollMessage' WHEN n %% 10 = 0 THEN 'WebcastGiftMessage'
        WHEN n = 4 THEN 'WebcastSubNotifyMessage' WHEN n %% 4 = 0 THEN 'WebcastSocialMessage'
        WHEN n %% 2 = 0 THEN 'WebcastLikeMessage' ELSE 'WebcastChatMessage' END,
    CASE WHEN n %% 1000 = 0 THEN 'poll' WHEN n %% 10 = 0 THEN 'gift'
        WHEN n %% 4 = 0 THEN 'social' WHEN n %% 2 = 0 THEN 'like' ELSE 'chat' END,
    '', 1 + n * 7919 %% %(people)s, 'user' || 1 + n * 7919 %% %(people)s, 'Somebody',
    CASE WHEN n = %(number)s / 2 THEN 'the needle in the hay' ELSE 'hello number ' || n END,
    %(begun)s + n * %(length)s / %(number)s, %(begun)s + n * %(length)s / %(number)s,
    jsonb_build_object('language', 'en', 'n', n), '\\x0102030405060708', true, ''
FROM generate_series(1::bigint, %(number)s) n
"""


def new_session(number: int) -> Any:
    from django.db import connection, transaction

    from apps.capture import rollups
    from apps.capture.models import Session, Streamer

    session = Session.objects.create(
        streamer=Streamer.objects.create(username=f"bench{uuid.uuid4().hex[:12]}"),
        started_at=BEGUN,
        status="live",
    )
    parameters = {
        "session": session.pk,
        "day": session.day,
        "number": number,
        "people": max(number // 20, 1),
        "begun": BEGUN,
        "length": timedelta(hours=2),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAKE_EVENTS, parameters)
        rollups.rebuild(cursor, session.pk, session.day)
    Session.objects.filter(pk=session.pk).update(total=number, counters={"chat": number // 2})
    session.total = number
    return session


def measure(session: Any) -> dict[str, float]:
    return {name: median_ms(ask) for name, ask in questions(session).items()}


def questions(session: Any) -> dict[str, Callable[[], Any]]:
    from apps.capture import selectors
    from apps.capture import statistics as sums
    from apps.capture.models import Event
    from apps.capture.selectors import EventFilter

    middle = Event.objects.filter(session=session, session_day=session.day).order_by("id")
    half = middle[middle.count() // 2].id

    def page(**where: Any) -> Callable[[], Any]:
        order = where.pop("order", selectors.NEWEST)
        chosen = EventFilter(**where)
        return lambda: selectors.list_events(
            session_id=session.pk, day=session.day, where=chosen, order=order
        )

    hour = BEGUN + timedelta(hours=1)
    return {
        "newest": page(),
        "from the middle": page(after=half, order=selectors.OLDEST),
        "chat": page(types=("chat",)),
        "rare types": page(types=("poll", "WebcastGiftMessage")),
        # One event, the oldest of its category, which is a fifth of the session.
        "a rare type in a large category": page(types=("WebcastSubNotifyMessage",)),
        "one person": page(user="7"),
        "by name": page(user="user7"),
        "ten minutes": page(since=hour, until=hour + timedelta(minutes=10)),
        "text": page(text="needle"),
        "statistics": lambda: sums.session_statistics(session_id=session.pk),
        "participants": lambda: sums.list_participants(session_id=session.pk),
    }


def median_ms(ask: Callable[[], Any]) -> float:
    ask()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
