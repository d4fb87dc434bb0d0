"""Events as the bytes of a binary COPY.

Packed by hand and once: psycopg would look at every value's type again, which costs more than
all else that Python does about storing an event.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import orjson

from apps.capture.normal_form import NormalForm
from apps.capture.sources import RawMessage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# PostgreSQL counts from here.
FIRST_DAY = date(2000, 1, 1)
FIRST_MOMENT_US = 946_684_800 * 1_000_000

COLUMNS = (
    *("id", "session_id", "session_day"),
    *("message_key", "happened_at", "received_at", "parsed", "message_id", "user_id"),
    *("type", "category", "subtype", "unique_id", "nickname", "text"),
    *("data", "parse_error", "raw"),
)
COPY_EVENTS = f"COPY capture_event ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": each value stands behind
# its length in bytes.
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
NOTHING = bytes(4)
JSONB_VERSION = b"\x01"
# The number of columns, id, session and day: known only when the event is stored.
BEGINNING = struct.Struct(">h iq i16s ii")
# Key, two moments, parsed.
FIXED = struct.Struct(">i16s iq iq i?")
NUMBER = struct.Struct(">iq")
LENGTH = struct.Struct(">i")

# Some thirty rows.
PIECES_AT_ONCE = 100

# What a value that no column holds raises.
UNFIT = (struct.error, ValueError, TypeError, OverflowError)


@dataclass(slots=True)
class NewEvent:
    """A decoded message of a session; `id` is given when it is stored.

    `key` says which message it is. `packed` is the middle of its row, if that was made ahead.
    """

    session_id: UUID
    message: RawMessage
    key: bytes
    form: NormalForm
    happened_us: int
    id: int = 0
    packed: bytes = b""

    @property
    def happened_at(self) -> datetime:
        return at(self.happened_us)

    @property
    def received_at(self) -> datetime:
        return at(self.message.received_us)


def at(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def pack_ahead(events: Iterable[NewEvent]) -> None:
    """What doesn't fit is left to be refused when it is stored."""
    for event in events:
        try:
            event.packed = pack(event)
        except UNFIT:
            event.packed = b""


def pack(event: NewEvent) -> bytes:
    """The row from `message_key` to the length of `raw`. Raises one of UNFIT."""
    form, message = event.form, event.message
    unique_id, nickname = form.unique_id.encode(), form.nickname.encode()
    text, data = form.text.encode(), dump_json(form.data)
    length = LENGTH.pack
    return b"".join(
        (
            FIXED.pack(
                *(16, event.key),
                *(8, event.happened_us - FIRST_MOMENT_US),
                *(8, message.received_us - FIRST_MOMENT_US),
                *(1, not form.error),
            ),
            NUMBER.pack(8, message.message_id) if message.message_id else NULL,
            NULL if form.user_id is None else NUMBER.pack(8, form.user_id),
            pack_labels(message.type, form.category, form.subtype),
            *(length(len(unique_id)), unique_id),
            *(length(len(nickname)), nickname),
            *(length(len(text)), text),
            *(length(len(data) + 1), JSONB_VERSION, data),
            pack_text(form.error.replace("\x00", "")) if form.error else NOTHING,
            length(len(message.payload)),
        )
    )


@lru_cache(4096)
def pack_labels(type_name: str, category: str, subtype: str) -> bytes:
    type_name = type_name.replace("\x00", "")[:100]
    return pack_text(type_name) + pack_text(category) + pack_text(subtype[:40])


def pack_text(text: str) -> bytes:
    data = text.encode()
    return LENGTH.pack(len(data)) + data


def dump_json(value: Any) -> bytes:
    """PostgreSQL's jsonb holds every character but NUL."""
    data = orjson.dumps(value)
    return data.replace(b"\\u0000", b"") if b"\\u0000" in data else data


def rows(session_id: UUID, day: date, events: Iterable[NewEvent]) -> Iterator[bytes]:
    """The rows, in pieces, of one session's events, whose ids are given."""
    session, days = session_id.bytes, (day - FIRST_DAY).days
    for event in events:
        yield BEGINNING.pack(len(COLUMNS), 8, event.id, 16, session, 4, days)
        yield event.packed or pack(event)
        yield event.message.payload


def in_chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Of a size that stays in the processor's cache."""
    while chunk := b"".join(islice(pieces, PIECES_AT_ONCE)):
        yield chunk
