"""How fast captured events are stored and decoded, against the floor and against older ways.

    uv run --all-extras python -m benchmarks.capture [--events 100000] [--rounds 3]

Everything runs on this machine: an embedded PostgreSQL and Valkey that are thrown away
afterwards. The events are the recorded messages, each copy with an id of its own. The rounds
are interleaved and medians are taken. Read the ratios, not the figures.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from benchmarks.servers import in_this_process

BATCH = 5_000  # as many as the storer takes at once
PER_FRAME = 10
SINGLE_INSERTS = 1_500

COPY = "bare COPY of the same rows by psycopg, in batches of 5,000 with a commit each"
PACKED = "the same COPY of bytes that were ready beforehand, which no program has for nothing"
CLIPCAST = "Clipcast: from the journal in Valkey to committed rows and counters"
ONE_BY_ONE = "PostgreSQL, one insert and commit for each event"
SQLITE = "the old way: SQLite, one insert and one counter update for each event"
OURS = "Clipcast: frame to normal form"
STOCK = "the stock client: frame to emitted event"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    in_this_process("capture", lambda folder: run(options.events, options.rounds, folder))


def run(events: int, rounds: int, folder: Path) -> str:
    """The two tables, as Markdown."""
    storing: dict[str, list[float]] = {}
    decoding: dict[str, list[float]] = {}
    for number in range(rounds):
        messages = fresh_messages(events)
        for label, measure in (
            (COPY, copy_speed),
            (PACKED, packed_copy_speed),
            (CLIPCAST, clipcast_speed),
            (ONE_BY_ONE, insert_speed),
        ):
            storing.setdefault(label, []).append(measure(messages))
        old = sqlite_speed(messages, folder / f"old-{number}.db")
        storing.setdefault(SQLITE, []).append(old)
        frames = known_frames()
        for label, measure_frames in ((OURS, our_decoding_speed), (STOCK, stock_speed)):
            decoding.setdefault(label, []).append(measure_frames(frames))
    return (
        table("events stored", "by wall clock", storing, CLIPCAST)
        + "\n\n"
        + table("messages decoded", "by CPU time of one core", decoding, OURS)
    )


def table(what: str, how: str, speeds: dict[str, list[float]], ours: str) -> str:
    medians = {label: statistics.median(values) for label, values in speeds.items()}
    lines = [f"| {what} ({how}) | each second | Clipcast is |", "|---|---|---|"]
    lines += [
        f"| {label} | {speed:,.0f} | {medians[ours] / speed:.2f}x |"
        for label, speed in medians.items()
    ]
    return "\n".join(lines)


def fresh_messages(number: int) -> list[Any]:
    """The recording over and over, with ids that were never seen."""
    from apps.capture.sources import RawMessage
    from apps.capture.webcast.recording import recorded_messages

    recorded, first = recorded_messages(), time.time_ns()
    now = first // 1000
    return [
        RawMessage(*recorded[index % len(recorded)], first + index, now + index)
        for index in range(number)
    ]


def timed(work: Callable[[], Any], number: int) -> float:
    started = time.perf_counter()
    work()
    return number / (time.perf_counter() - started)


# --- Storing ---------------------------------------------------------------------------------


def new_session() -> Any:
    from apps.capture.models import Session, Streamer

    name = f"bench{uuid.uuid4().hex[:12]}"
    return Session.objects.create(
        streamer=Streamer.objects.create(username=name), lease_owner="bench"
    )


COLUMNS = {
    "id": "int8",
    "session_id": "uuid",
    "session_day": "date",
    "message_key": "uuid",
    "message_id": "int8",
    "type": "text",
    "category": "text",
    "subtype": "text",
    "user_id": "int8",
    "unique_id": "text",
    "nickname": "text",
    "text": "text",
    "happened_at": "timestamptz",
    "received_at": "timestamptz",
    "data": "jsonb",
    "raw": "bytea",
    "parsed": "bool",
    "parse_error": "text",
}


def rows_for(messages: list[Any], session: Any) -> list[tuple]:
    """What Clipcast stores of the messages, in the order of COLUMNS."""
    from psycopg.types.json import Jsonb

    from apps.capture.storing import decode

    rows = []
    for number, message in enumerate(messages, start=1):
        event = decode(session.pk, message)
        form = event.form
        rows.append(
            (
                *(-number, session.pk, session.day, uuid.UUID(bytes=event.key)),
                *(message.message_id, message.type),
                *(form.category, form.subtype, form.user_id, form.unique_id, form.nickname),
                *(form.text, event.happened_at, event.received_at),
                Jsonb(form.data, dumps=orjson.dumps),
                *(message.payload, not form.error, form.error),
            )
        )
    return rows


def copy_speed(messages: list[Any]) -> float:
    """From rows that are ready, which psycopg turns into PostgreSQL's bytes."""
    rows = rows_for(messages, new_session())
    statement = f"COPY bare ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"

    def work(connection: Any) -> None:
        for start in range(0, len(rows), BATCH):
            with connection.cursor().copy(statement) as copy:
                copy.set_types(list(COLUMNS.values()))
                for row in rows[start : start + BATCH]:
                    copy.write_row(row)
            connection.commit()

    return into_bare_table(work, len(rows))


def packed_copy_speed(messages: list[Any]) -> float:
    """From PostgreSQL's own bytes, as Clipcast packs them: what the server alone can take."""
    from apps.capture import copying
    from apps.capture.storing import decode

    session, batches = new_session(), []
    for start in range(0, len(messages), BATCH):
        events = [decode(session.pk, message) for message in messages[start : start + BATCH]]
        for number, event in enumerate(events, start=start + 1):
            event.id = -number
        batches.append(list(copying.in_chunks(copying.rows(session.pk, session.day, events))))
    statement = copying.COPY_EVENTS.replace("capture_event", "bare")

    def work(connection: Any) -> None:
        for batch in batches:
            with connection.cursor().copy(statement) as copy:
                copy.write(copying.SIGNATURE)
                for chunk in batch:
                    copy.write(chunk)
                copy.write(copying.TRAILER)
            connection.commit()

    return into_bare_table(work, len(messages))


def into_bare_table(work: Callable[[Any], None], number: int) -> float:
    """The speed of `work` on a table with the same columns and indexes as that of the events."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute("CREATE TABLE bare (LIKE capture_event_default INCLUDING ALL)")
        connection.commit()
        return timed(lambda: work(connection), number)


def clipcast_speed(messages: list[Any]) -> float:
    """The worker's own storer on a full journal."""
    from apps.capture import journal, valkey
    from apps.capture.models import Event
    from apps.capture.storer import Storer
    from apps.capture.worker import load_tiktok

    load_tiktok()
    session = new_session()
    pipeline = valkey.client().pipeline(transaction=False)
    for start in range(0, len(messages), PER_FRAME):
        journal.append_all(pipeline, session.pk, messages[start : start + PER_FRAME])
    pipeline.execute()
    storer = Storer("bench", on_lost=lambda _: None)
    storer.sessions = {session.pk}

    def work() -> None:
        while storer.store_waiting():
            pass

    speed = timed(work, len(messages))
    stored = Event.objects.filter(session=session, session_day=session.day).count()
    if stored != len(messages):
        raise RuntimeError(f"{stored} of {len(messages)} events were stored")
    return speed


def insert_speed(messages: list[Any]) -> float:
    import psycopg

    session = new_session()
    rows = rows_for(messages[:SINGLE_INSERTS], session)
    marks = ", ".join("%s" for _ in COLUMNS)
    insert = f"INSERT INTO capture_event ({', '.join(COLUMNS)}) VALUES ({marks})"

    def work() -> None:
        for row in rows:
            connection.execute(insert, row)

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        return timed(work, len(rows))


def sqlite_speed(messages: list[Any], path: Path) -> float:
    """As the old server had it: no batch, no WAL, a commit for each of the two statements."""
    rows = [
        (str(row[1]), row[5], row[6], row[11], orjson.dumps(row[14].obj), row[15])
        for row in rows_for(messages[:SINGLE_INSERTS], new_session())
    ]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, session TEXT, type TEXT, category TEXT, "
        "text TEXT, data TEXT, raw BLOB, at TEXT DEFAULT CURRENT_TIMESTAMP)"
    )
    connection.execute("CREATE INDEX by_session ON events (session, id)")
    connection.execute("CREATE INDEX by_type ON events (session, type)")
    connection.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, total INTEGER)")
    connection.execute("INSERT INTO sessions VALUES (?, 0)", [rows[0][0]])

    async def work() -> None:
        for row in rows:
            await asyncio.to_thread(store_in_sqlite, row)

    def store_in_sqlite(row: tuple) -> None:
        connection.execute(
            "INSERT INTO events (session, type, category, text, data, raw) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        connection.execute("UPDATE sessions SET total = total + 1 WHERE id = ?", [row[0]])

    connection.close()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    speed = timed(lambda: asyncio.run(work()), len(rows))
    connection.close()
    return speed


# --- Decoding --------------------------------------------------------------------------------


def known_frames() -> list[bytes]:
    """Frames as the socket gives them, with messages that the stock client has classes for."""
    from apps.capture.decoding import message_classes
    from apps.capture.webcast.recording import recorded_messages
    from apps.capture.webcast.room import Room
    from apps.capture.webcast.wire import FetchResult

    known = [message for message in recorded_messages() if message.type in message_classes()]
    room, frames = Room("bench"), []
    for start in range(0, len(known), PER_FRAME):
        result = FetchResult()
        for index, message in enumerate(known[start : start + PER_FRAME]):
            result.messages.add(
                method=message.type, payload=message.payload, msg_id=start + index + 1
            )
        frames.append(room.push_frame(result, start + 1))
    return frames


def cpu_timed(work: Callable[[], int]) -> float:
    """Messages a CPU second, warm."""
    work()
    started = time.process_time()
    number = work()
    return number / (time.process_time() - started)


def our_decoding_speed(frames: list[bytes]) -> float:
    from apps.capture.normal_form import normalise
    from apps.capture.tiktok import Frames

    async def work() -> int:
        taken: list[Any] = []

        async def deliver(messages: list[Any]) -> None:
            taken.extend(messages)

        reader = Frames(deliver)
        for frame in frames:
            await reader.take(frame)
        for message in taken:
            if normalise(message.type, message.payload).error:
                raise RuntimeError(f"{message.type} was not decoded")
        return len(taken)

    return cpu_timed(lambda: asyncio.run(work()))


def stock_speed(frames: list[bytes]) -> float:
    from TikTokLive import TikTokLiveClient
    from TikTokLive.client.ws.ws_utils import extract_webcast_response_message
    from TikTokLive.events import CommentEvent
    from TikTokLive.proto import WebcastPushFrame

    async def work() -> int:
        client = TikTokLiveClient("bench")
        client.ignore_broken_payload = True
        client.add_listener(CommentEvent, lambda event: None)
        number = 0
        for frame in frames:
            response = extract_webcast_response_message(WebcastPushFrame().parse(frame))
            number += len(response.messages)
            async for event in client._parse_webcast_response(response):
                client.emit(event.get_type(), event)
        await client.web.close()
        return number

    return cpu_timed(lambda: asyncio.run(work()))


if __name__ == "__main__":
    main()
