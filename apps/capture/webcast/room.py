"""A streamer of the local Webcast server: whether they are live, and what their room sends."""

import asyncio
import gzip
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from apps.capture.webcast.recording import RecordedMessage
from apps.capture.webcast.wire import FetchResult, PushFrame


class State(StrEnum):
    LIVE = "live"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    AGE_RESTRICTED = "age restricted"
    RATE_LIMITED = "the sign server allows no more"
    SIGN_DOWN = "the sign server answers 500"
    BLOCKED = "the socket is refused"
    CAPTCHA = "a page without data"


class AtEnd(StrEnum):
    """What happens when every message has been sent."""

    STAY = "stay connected, silent"
    CLOSE = "close the socket with 1000"
    GO_OFFLINE = "go offline and close the socket with 1000"
    REPEAT = "begin again"


room_ids = count(7_300_000_000_000_000_001)
message_ids = count(7_400_000_000_000_000_001)


@dataclass
class Room:
    """What the room sends goes on where it was when a client reconnects.

    A frame is kept until the client acknowledges it, and sent again, with the same message ids,
    on the next connection. Set the attributes and call the methods from the server's loop
    (`WebcastServer.call` from other threads).
    """

    username: str
    state: State = State.LIVE
    messages: Sequence[RecordedMessage] = ()
    rate: float = 0
    """Messages a second; 0 sends as fast as the client reads."""
    per_frame: int = 10
    at_end: AtEnd = AtEnd.STAY
    compressed: bool = True
    ping_interval_s: float = 1
    answer_delay_s: float = 0
    """How long every HTTP answer about this room takes, and the socket's handshake."""
    limits: Mapping[str, str] = field(
        default_factory=lambda: {"RateLimit-Remaining": "2", "RateLimit-Reset": "0"}
    )
    """Headers of the sign server's answer in the state RATE_LIMITED."""
    history: Sequence[RecordedMessage] = ()
    """What the sign server's answer brings of what happened before, on every connection."""
    rewrite: Callable[[RecordedMessage, int], bytes] | None = None
    """Makes the payload to send out of a recorded message and its new message id."""

    room_id: int = field(default_factory=lambda: next(room_ids))
    position: int = 0
    silent: bool = False
    connections: int = 0
    heartbeats: int = 0
    sent_ids: list[int] = field(default_factory=list)
    acknowledged_ids: set[int] = field(default_factory=set)
    unacknowledged: dict[int, tuple[bytes, list[int]]] = field(default_factory=dict)
    last_frames: deque[bytes] = field(default_factory=lambda: deque(maxlen=10))
    socket: ServerConnection | None = None
    log_ids: Iterator[int] = field(default_factory=lambda: count(1))

    async def serve(self, socket: ServerConnection) -> None:
        """One client from its handshake to the end of its connection."""
        self.socket = socket
        self.connections += 1
        reader = asyncio.create_task(self.read(socket))
        try:
            for frame, _ in list(self.unacknowledged.values()):
                await socket.send(frame)
            await self.send_all(socket)
            await reader
        except ConnectionClosed:
            pass
        finally:
            reader.cancel()

    async def send_all(self, socket: ServerConnection) -> None:
        while self.position < len(self.messages):
            if self.silent or self.socket is not socket:
                await asyncio.sleep(0.02)
                continue
            batch = self.messages[self.position : self.position + self.per_frame]
            self.position += len(batch)
            await self.send_messages(batch)
            if self.rate:
                await asyncio.sleep(len(batch) / self.rate)
            if self.position >= len(self.messages) and self.at_end == AtEnd.REPEAT:
                self.position = 0
        if self.at_end in (AtEnd.CLOSE, AtEnd.GO_OFFLINE):
            if self.at_end == AtEnd.GO_OFFLINE:
                self.state = State.OFFLINE
            await socket.close(1000)

    async def read(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                frame = PushFrame.FromString(data if isinstance(data, bytes) else data.encode())
                if frame.payload_type == "ack":
                    _, ids = self.unacknowledged.pop(frame.log_id, (b"", []))
                    self.acknowledged_ids.update(ids)
                elif frame.payload_type == "hb":
                    self.heartbeats += 1

    async def send_messages(self, batch: Iterable[RecordedMessage]) -> None:
        """One frame with new message ids, which the client has to acknowledge."""
        await self.send_raw(self.new_frame(batch))

    def new_frame(self, batch: Iterable[RecordedMessage]) -> bytes:
        result = FetchResult(need_ack=True, internal_ext="ext", now=int(time.time() * 1000))
        ids = []
        for message in batch:
            message_id = next(message_ids)
            ids.append(message_id)
            payload = self.rewrite(message, message_id) if self.rewrite else message.payload
            result.messages.add(method=message.type, payload=payload, msg_id=message_id)
        log_id = next(self.log_ids)
        frame = self.push_frame(result, log_id)
        self.unacknowledged[log_id] = (frame, ids)
        self.sent_ids += ids
        self.last_frames.append(frame)
        return frame

    def add_history(self, result: Any) -> None:
        """To the sign server's answer; the same ids on every connection."""
        for number, message in enumerate(self.history, start=1):
            result.messages.add(
                method=message.type, payload=message.payload, msg_id=number, is_history=True
            )

    def push_frame(self, result: Any, log_id: int) -> bytes:
        frame = PushFrame(log_id=log_id, payload_type="msg", payload_encoding="pb")
        frame.payload = result.SerializeToString()
        if self.compressed:
            frame.payload = gzip.compress(frame.payload, 1)
            frame.headers.add(key="compress_type", value="gzip")
        return frame.SerializeToString()

    # --- Faults ------------------------------------------------------------------------------

    async def send_raw(self, data: bytes) -> None:
        if self.socket is None:
            raise RuntimeError("no client is connected")
        await self.socket.send(data)

    async def send_again(self, frames: int = 1) -> None:
        """Repeat the last frames, acknowledged or not, at most ten."""
        for frame in list(self.last_frames)[-frames:]:
            await self.send_raw(frame)

    async def send_reordered(self, batches: Sequence[Sequence[RecordedMessage]]) -> None:
        """A frame for each batch, the last first."""
        for frame in reversed([self.new_frame(batch) for batch in batches]):
            await self.send_raw(frame)

    async def send_slowly(self, batch: Iterable[RecordedMessage], *, pieces: int) -> None:
        """One frame whose bytes come piece by piece, as over a line that is nearly dead."""
        frame = self.new_frame(batch)
        size = -(-len(frame) // pieces)
        if self.socket is None:
            raise RuntimeError("no client is connected")
        await self.socket.send(self.dripping(frame, size))

    async def dripping(self, data: bytes, size: int) -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]
            await asyncio.sleep(0.05)

    async def send_bomb(self, megabytes: int) -> None:
        """A small frame that unpacks to many megabytes."""
        frame = PushFrame(log_id=0, payload_type="msg")
        frame.payload = gzip.compress(bytes(megabytes << 20))
        frame.headers.add(key="compress_type", value="gzip")
        await self.send_raw(frame.SerializeToString())

    async def cut(self) -> None:
        """Drop the TCP connection without a word."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def close(self, code: int = 1000) -> None:
        if self.socket is not None:
            await self.socket.close(code)
