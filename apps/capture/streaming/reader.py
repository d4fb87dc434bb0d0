"""One open stream: what waits to be sent to it, within a bound."""

import asyncio
from collections import deque

MAX_WAITING_BYTES = 1024 * 1024


class Reader:
    """`after` is the id up to which the reader has everything when it joins the feed."""

    def __init__(self, types: frozenset[str], after: int) -> None:
        self.types = types
        self.after = after
        self.task = asyncio.current_task()
        self.waiting: deque[bytes] = deque()
        self.waiting_bytes = 0
        self.filled = asyncio.Event()
        self.is_last = False  # nothing will be offered any more
        self.is_dropped = False

    def offer(self, content: bytes) -> None:
        """Queue bytes; a reader that has let too much pile up is dropped."""
        if self.is_dropped or not content:
            return
        self.waiting.append(content)
        self.waiting_bytes += len(content)
        if self.waiting_bytes > MAX_WAITING_BYTES:
            self.drop()
        self.filled.set()

    def drop(self) -> None:
        """End the stream: the reader reconnects and resumes with Last-Event-ID.

        Its task may hang in a write that never ends, so it is cancelled.
        """
        self.is_dropped = True
        self.waiting.clear()
        if self.task:
            self.task.cancel()

    def finish(self) -> None:
        self.is_last = True
        self.filled.set()

    async def take(self, timeout_s: float) -> bytes:
        """Everything that waits; empty if nothing came within `timeout_s`, or at the end."""
        if not self.waiting and not self.is_last:
            try:
                async with asyncio.timeout(timeout_s):
                    await self.filled.wait()
            except TimeoutError:
                return b""
        self.filled.clear()
        content = b"".join(self.waiting)
        self.waiting.clear()
        self.waiting_bytes = 0
        return content
