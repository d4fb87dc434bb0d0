"""How long each statistic of a session takes, small and large, and how fast it is exported.

    uv run --all-extras python -m benchmarks.analytics [--events 1000000] [--exported 1000000]

An embedded PostgreSQL that is thrown away afterwards holds one session of ten thousand events
and one of a million, made by SQL, and five earlier lives of the same streamer. Statistics are
medians of five; each export runs in a process of its own, whose memory is looked at. Last, a full
journal is stored, alone and while another process exports the large session again and again.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.capture import clipcast_speed, fresh_messages
from benchmarks.servers import in_this_process, set_up_django

SMALL = 10_000
ROUNDS = 5
EARLIER_LIVES = 5
WARM_UP_EVENTS = 25_000
STORED_BESIDE = 50_000
BESIDE = "ndjson"  # the quickest, so the one that asks PostgreSQL for the most
# (category, subtype, message, share in percent)
KINDS = [
    ("chat", "", "WebcastChatMessage", 35),
    ("like", "", "WebcastLikeMessage", 25),
    ("member", "join", "WebcastMemberMessage", 25),
    ("gift", "", "WebcastGiftMessage", 8),
    ("social", "follow", "WebcastSocialMessage", 4),
    ("room_update", "viewers", "WebcastRoomUserSeqMessage", 3),
]

EVENTS_SQL = """
INSERT INTO capture_event (session_id, session_day, message_key, type, category, subtype, user_id,
    unique_id, nickname, text, happened_at, received_at, data, raw, parsed, parse_error)
SELECT %(session)s, %(day)s, gen_random_uuid(), k.type, k.category, k.subtype,
    CASE WHEN k.category <> 'room_update' THEN u END,
    CASE WHEN k.category <> 'room_update' THEN 'user' || u ELSE '' END,
    CASE WHEN k.category <> 'room_update' THEN 'User ' || u ELSE '' END,
    CASE WHEN k.category = 'chat' THEN 'what a lovely word' || (power(random(), 3) * 20000)::int
        || ' from word' || (random() * 300)::int || ' 🔥' ELSE '' END,
    %(begun)s + n * interval '3 hours' / %(events)s,
    %(begun)s + n * interval '3 hours' / %(events)s,
    CASE k.category WHEN 'like' THEN '{"count": 7}'::jsonb
        WHEN 'room_update' THEN jsonb_build_object('viewers', (random() * 5000)::int)
        WHEN 'gift' THEN '{"diamonds": 5, "count": 5, "name": "Rose"}'::jsonb
        ELSE '{}'::jsonb END,
    '', true, ''
FROM (SELECT n, random() * 100 AS dice, (power(random(), 2) * %(people)s)::int + 1 AS u
    FROM generate_series(1, %(events)s) n) e
JOIN (SELECT category, subtype, type, low, high FROM unnest(%(categories)s::text[],
    %(subtypes)s::text[], %(types)s::text[], %(lows)s::float8[], %(highs)s::float8[])
    AS k(category, subtype, type, low, high)) k ON e.dice >= k.low AND e.dice < k.high
"""
GIFTS_SQL = """
INSERT INTO capture_gift (session_id, key, user_id, unique_id, nickname, gift_id, name, count,
    diamonds_each, closed, first_at, last_at)
SELECT session_id, id::text, user_id, unique_id, nickname, 5655, 'Rose', 5, 1, true, happened_at,
    happened_at
FROM capture_event WHERE session_id = %(session)s AND session_day = %(day)s AND category = 'gift'
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--exported", type=int, default=1_000_000)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=2, metavar=("FORMAT", "SESSION"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        set_up_django()
        if options.again:
            export_again_and_again(*options.child, options.exported)
        print(json.dumps(export_in_this_process(*options.child, options.exported)))
        return
    in_this_process(
        "analytics", lambda folder: run(options.events, options.exported), durable=False
    )


def run(events: int, exported: int) -> str:
    """The tables, as Markdown."""
    small = make_session("small", SMALL)
    for _ in range(EARLIER_LIVES):
        make_session("large", max(events // 20, 1), counted=False)
    begun = time.perf_counter()
    large = make_session("large", events)
    made_s = time.perf_counter() - begun
    lines = [f"| statistic | {SMALL:,} events, ms | {events:,} events, ms |", "|---|---|---|"]
    for name, ask in questions().items():
        lines.append(f"| {name} | {median_ms(ask, small):.0f} | {median_ms(ask, large):.0f} |")
    counted_s = made_s_of_words(large)
    exports = [export_row(chosen, large, exported) for chosen in formats()]
    return "\n".join(
        [
            *lines,
            "",
            f"Words, emoji and viewers are counted in the background, {events / counted_s:,.0f} "
            f"events a second. (Making the large session took {made_s:.0f} s.)",
            "",
            f"| export of {exported:,} events | events/s | MB | more memory at the peak, MB |",
            "|---|---|---|---|",
            *exports,
            "",
            *stored_beside(large, exported),
        ]
    )


def stored_beside(session: Any, exported: int) -> list[str]:
    """The table of how fast a journal is stored while somebody exports."""
    speeds: dict[str, list[float]] = {"alone": [], "beside": []}
    for _ in range(ROUNDS):
        speeds["alone"].append(clipcast_speed(fresh_messages(STORED_BESIDE)))
        with somebody_exports(session, exported):
            speeds["beside"].append(clipcast_speed(fresh_messages(STORED_BESIDE)))
    alone, beside = (statistics.median(speeds[name]) for name in ("alone", "beside"))
    return [
        "| storing, from the journal to committed rows | events/s | ratio |",
        "|---|---|---|",
        f"| alone | {alone:,.0f} | 1.00 |",
        f"| beside an export of {exported:,} events | {beside:,.0f} | {beside / alone:.2f} |",
    ]


@contextmanager
def somebody_exports(session: Any, exported: int) -> Iterator[None]:
    """Another process exports the session until the block ends, and has begun when it begins."""
    command = [*child_command(exported), "--again", "--child", BESIDE, str(session.pk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        if child.stdout is None or not child.stdout.readline():
            raise RuntimeError("The export did not begin")
        try:
            yield
            if child.poll() is not None:
                raise RuntimeError("The export ended too soon")
        finally:
            child.terminate()


def make_session(username: str, events: int, *, counted: bool = True) -> Any:
    """A session with so many events, gifts, rollups and counted words."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from apps.capture import rollups
    from apps.capture.models import Event, Session, Streamer

    streamer, _ = Streamer.objects.get_or_create(username=username)
    begun = timezone.now() - timedelta(hours=3)
    session = Session.objects.create(streamer=streamer, started_at=begun, status="ended")
    values = {
        "session": session.pk,
        "day": session.day,
        "begun": begun,
        "events": events,
        "people": max(events // 20, 10),
        **kinds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(EVENTS_SQL, values)
        cursor.execute(GIFTS_SQL, values)
        rollups.rebuild(cursor, session.pk, session.day)
        cursor.execute("ANALYZE")
    stored = Event.objects.filter(session=session, session_day=session.day)
    last = stored.order_by("-id").values_list("id", flat=True)[0]
    Session.objects.filter(pk=session.pk).update(
        last_event_id=last, total=stored.count(), ended_at=timezone.now(), counters={"chat": events}
    )
    session.refresh_from_db()
    if counted:
        count_words(session)
    return session


def kinds() -> dict[str, list]:
    names = {"categories": 0, "subtypes": 1, "types": 2}
    columns: dict[str, list] = {name: [kind[at] for kind in KINDS] for name, at in names.items()}
    highs = [sum(kind[3] for kind in KINDS[: index + 1]) for index in range(len(KINDS))]
    return columns | {"lows": [0, *highs[:-1]], "highs": highs}


def count_words(session: Any) -> None:
    from apps.analytics import counting

    while counting.catch_up(session.pk):
        pass


def made_s_of_words(session: Any) -> float:
    from apps.analytics import counting

    counting.recount(session.pk)
    begun = time.perf_counter()
    count_words(session)
    return time.perf_counter() - begun


def questions() -> dict[str, Callable[[Any], Any]]:
    from datetime import timedelta

    from apps.analytics import selectors as analytics
    from apps.capture import selectors
    from apps.capture import statistics as sums

    def events(session: Any, **where: Any) -> Any:
        found = selectors.EventFilter(**where)
        return selectors.list_events(session_id=session.pk, day=session.day, where=found)

    def minutes(session: Any) -> Any:
        middle = session.started_at + timedelta(minutes=90)
        return events(session, since=middle, until=middle + timedelta(minutes=1))

    return {
        "statistics: sums, rates, peak, top lists, diamonds by minute": lambda s: (
            sums.session_statistics(session_id=s.pk)
        ),
        "participants, by diamonds": lambda s: sums.list_participants(
            session_id=s.pk, sort="diamonds"
        ),
        "one person": lambda s: sums.find_participant(session_id=s.pk, user_id=1),
        "words and emoji": lambda s: analytics.top_words(session_id=s.pk),
        "viewers by minute": lambda s: analytics.viewers(session_id=s.pk),
        "returning viewers": lambda s: analytics.returning_viewers(session_id=s.pk),
        "six lives side by side": lambda s: analytics.compare(
            list(s.streamer.sessions.order_by("-created_at").values_list("id", flat=True)[:6])
        ),
        "events: newest 100": events,
        "events: newest 100 gifts": lambda s: events(s, types=("gift",)),
        "events: of one person": lambda s: events(s, user="1"),
        "events: with a common word": lambda s: events(s, text="word7"),
        "events: with a text that no event has": lambda s: events(s, text="nothing like this"),
        "events: of one minute in the middle": minutes,
    }


def median_ms(ask: Callable[[Any], Any], session: Any) -> float:
    ask(session)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask(session)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def formats() -> list[str]:
    from apps.exports.formats import FORMATS

    return list(FORMATS)


def export_row(chosen: str, session: Any, exported: int) -> str:
    child = subprocess.run(
        [*child_command(exported), "--child", chosen, str(session.pk)],
        capture_output=True,
        check=True,
    )
    found = json.loads(child.stdout.splitlines()[-1])
    return (
        f"| {chosen} | {found['events'] / found['seconds']:,.0f} | {found['bytes'] / 1e6:.0f} "
        f"| {found['memory_mb']:.0f} |"
    )


def child_command(exported: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.analytics", "--exported", str(exported)]


def export_again_and_again(chosen: str, session_id: str, exported: int) -> None:
    """Until the process is ended; says on standard output that it began."""
    from apps.capture.models import Session

    session = Session.objects.select_related("streamer").get(pk=uuid.UUID(session_id))
    print("begun", flush=True)
    while True:
        export(chosen, session, exported)


def export_in_this_process(chosen: str, session_id: str, exported: int) -> dict[str, Any]:
    """What it costs beyond what a small export costs."""
    from apps.capture.models import Session

    session = Session.objects.select_related("streamer").get(pk=uuid.UUID(session_id))
    export(chosen, session, WARM_UP_EVENTS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    number, size = export(chosen, session, exported)
    return {
        "seconds": time.perf_counter() - begun,
        "events": number,
        "bytes": size,
        "memory_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }


def export(chosen: str, session: Any, limit: int) -> tuple[int, int]:
    """Write the first events to nowhere; how many events and bytes."""
    from apps.capture.models import Event
    from apps.capture.selectors import EventFilter
    from apps.exports import formats

    ids = Event.objects.filter(session=session, session_day=session.day).order_by("id")
    past = ids.values_list("id", flat=True)[limit : limit + 1].first()
    where = EventFilter(before=past)
    number = 0

    def counted() -> Any:
        nonlocal number
        for page in formats.pages_of(session, where):
            number += len(page)
            yield page

    size = sum(len(content) for content in formats.FORMATS[chosen].write(session, counted()))
    return number, size


if __name__ == "__main__":
    main()
