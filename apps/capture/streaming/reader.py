"""One open stream: what waits to be sent to it, within a bound."""

import asyncio
import time

MAX_WAITING_BYTES = 1024 * 1024


class Reader:
    """`after` is the id up to which the reader has everything when it joins the feed."""

    def __init__(self, types: frozenset[str], after: int) -> None:
        self.types = types
        self.after = after
        self.task = asyncio.current_task()
        self.waiting: list[bytes] = []
        self.waiting_bytes = 0
        self.waiter: asyncio.Future[None] | None = None
        self.offered_at = time.monotonic()
        self.is_last = False  # nothing will be offered any more
        self.is_dropped = False

    def offer(self, content: bytes) -> None:
        """Queue bytes; a reader that has let too much pile up is dropped."""
        if self.is_dropped or not content:
            return
        self.waiting.append(content)
        self.waiting_bytes += len(content)
        self.offered_at = time.monotonic()
        if self.waiting_bytes > MAX_WAITING_BYTES:
            self.drop()
        self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

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
        self.wake()

    async def take(self) -> bytes:
        """Everything that waits, once there is something; empty at the end."""
        if not self.waiting and not self.is_last:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        content = self.waiting[0] if len(self.waiting) == 1 else b"".join(self.waiting)
        self.waiting.clear()
        self.waiting_bytes = 0
        return content
