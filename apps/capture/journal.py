"""Raw messages on their way to PostgreSQL: one Valkey stream a session.

The reader appends what the socket gave before anything is decoded, and before the frame is
acknowledged. The storer takes it from there and deletes it once the rows are committed. Whoever
owns the session's lease reads the whole stream from its beginning, so a crash anywhere replays,
and the events' unique key makes it exactly once.

Key: `clipcast:capture:<session id>:journal`. An entry is one frame's messages, packed into the
field `m`.
"""

import struct
from collections.abc import Iterator
from typing import Any

from apps.capture import valkey
from apps.capture.sources import RawMessage

FIELD = b"m"
# Length of the type, length of the payload, message id, moment of receipt.
HEAD = struct.Struct(">HIqq")
# A live of some hundred messages a second fills this in about half a minute.
MAX_FRAMES = 2_000


def key_of(session_id: Any) -> str:
    return f"clipcast:capture:{session_id}:journal"


def pack(messages: list[RawMessage]) -> bytes:
    parts = []
    for message in messages:
        name = message.type.encode()
        parts += [
            HEAD.pack(len(name), len(message.payload), message.message_id, message.received_us),
            name,
            message.payload,
        ]
    return b"".join(parts)


def unpack(data: bytes) -> Iterator[RawMessage]:
    position = 0
    while position < len(data):
        name_size, payload_size, message_id, received_us = HEAD.unpack_from(data, position)
        position += HEAD.size
        name = data[position : position + name_size].decode()
        position += name_size
        yield RawMessage(name, data[position : position + payload_size], message_id, received_us)
        position += payload_size


def is_empty(session_id: Any) -> bool:
    """Whether all is stored. Raises RedisError or OSError."""
    return not valkey.client().xlen(key_of(session_id))


def append_all(pipeline: Any, session_id: Any, messages: list[RawMessage]) -> Any:
    """Put the append and a count of the waiting frames on a pipeline, sync or not."""
    pipeline.xadd(key_of(session_id), {FIELD: pack(messages)})
    return pipeline.xlen(key_of(session_id))
