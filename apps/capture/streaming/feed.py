"""One session that somebody watches: its news are read once and given to every reader."""

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable

import psycopg
from django.conf import settings
from psycopg_pool import PoolTimeout

from apps.capture.streaming import frames
from apps.capture.streaming.frames import EventFrame
from apps.capture.streaming.reader import Reader
from apps.capture.streaming.store import PAGE, State, Store

logger = logging.getLogger(__name__)
# What comes within a tick is sent together: one write a reader. With many readers ticks are
# longer, so that the writes take about two thirds of this process's time at most.
TICK_S = 0.2
LONGEST_TICK_S = 0.5
TICK_S_PER_READER = 0.00003
HEARTBEAT_CHECK_S = 1
STATS_INTERVAL_S = 1
LOOK_ANYWAY_S = 5  # should hints get lost
LINGER_S = 30  # how long a feed outlives its last reader
RECENT_EVENTS = 1000


class Feed:
    """`last_id` is the id up to which events were given out. Readers are held by `Hub`."""

    def __init__(self, store: Store, session_id: uuid.UUID, state: State, last_id: int) -> None:
        self.store = store
        self.session_id = session_id
        self.state = state
        self.last_id = last_id
        self.recent: deque[EventFrame] = deque(maxlen=RECENT_EVENTS)
        self.recent_after = last_id  # every event above it is in `recent`
        self.readers: set[Reader] = set()
        self.is_over = not state.is_open
        self.members = 0  # readers, and those who still catch up
        self.news = asyncio.Event()
        self.stats_at = time.monotonic()
        self.is_stale = False  # there were news since the state was read
        self.beaten_at = time.monotonic()
        self.left_at = time.monotonic()

    async def run(self) -> None:
        """Until the session has ended or nobody watches any more."""
        while self.state.is_open and not self.is_deserted():
            try:
                await self.wait_for_news()
                await self.look()
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("Stream of session %s waits for PostgreSQL: %s", self, error)
                self.news.set()  # what was not read is read as soon as it can be
            self.beat()
            await asyncio.sleep(self.tick_s())

    def tick_s(self) -> float:
        return min(max(TICK_S, len(self.readers) * TICK_S_PER_READER), LONGEST_TICK_S)

    def beat(self) -> None:
        """A comment for readers to whom nothing was sent for long, so that they know we live."""
        now = time.monotonic()
        if now - self.beaten_at < HEARTBEAT_CHECK_S:
            return
        self.beaten_at = now
        for reader in tuple(self.readers):
            if now - reader.offered_at >= settings.STREAM_HEARTBEAT_S:
                reader.offer(frames.HEARTBEAT)

    async def wait_for_news(self) -> None:
        due_in_s = self.stats_at + STATS_INTERVAL_S - time.monotonic()
        try:
            look_anyway_s = min(LOOK_ANYWAY_S, settings.STREAM_HEARTBEAT_S)
            async with asyncio.timeout(max(due_in_s, 0) if self.is_stale else look_anyway_s):
                await self.news.wait()
        except TimeoutError:
            return

    async def look(self) -> None:
        """Read what is new and give it out.

        The state is read before the events: if it says "ended", every event is there to be read.
        """
        self.news.clear()
        state = self.state
        self.is_stale = time.monotonic() - self.stats_at < STATS_INTERVAL_S
        if not self.is_stale:
            state = await self.store.state(self.session_id) or ended(self.state)
            self.stats_at = time.monotonic()
        changed = state != self.state
        await self.read_events(frames.stats(state.json) if changed else b"")
        self.state = state
        if not state.is_open:
            self.finish()

    async def read_events(self, news: bytes) -> None:
        """Give out the events that are new, and after them `news`, in one piece if possible."""
        while True:
            events = await self.store.events(self.session_id, self.state.day, self.last_id)
            is_last_page = len(events) < PAGE
            self.give(events, news if is_last_page else b"")
            if is_last_page:
                return

    def give(self, events: list[EventFrame], news: bytes) -> None:
        if not events:
            self.give_news(news)
            return
        if len(self.recent) + len(events) > RECENT_EVENTS:
            self.forget(len(self.recent) + len(events) - RECENT_EVENTS)
        self.recent.extend(events)
        self.last_id = events[-1].id
        contents: dict[frozenset[str], bytes] = {}
        for reader in tuple(self.readers):
            if reader.after >= events[0].id:  # it came with an id that is ahead of us
                reader.offer(frames.joined(newer(events, reader.after), reader.types) + news)
                continue
            if reader.types not in contents:
                contents[reader.types] = frames.joined(events, reader.types) + news
            reader.offer(contents[reader.types])

    def give_news(self, news: bytes) -> None:
        for reader in tuple(self.readers):
            reader.offer(news)

    def forget(self, count: int) -> None:
        for _ in range(count):
            self.recent_after = self.recent.popleft().id

    def finish(self) -> None:
        """Nothing more will be given out."""
        self.is_over = True
        for reader in tuple(self.readers):
            reader.finish()

    def is_deserted(self) -> bool:
        return not self.members and time.monotonic() - self.left_at > LINGER_S

    async def missed(self, after: int, up_to: int) -> list[EventFrame]:
        """The next events of those given out already, at least PAGE unless there are fewer."""
        if after >= self.recent_after:
            return newer(self.recent, after)
        events = await self.store.events(self.session_id, self.state.day, after)
        return [event for event in events if event.id <= up_to]

    def __str__(self) -> str:
        return str(self.session_id)


def ended(state: State) -> State:
    """For a session that was deleted meanwhile."""
    return State(state.day, False, state.json)


def newer(events: Iterable[EventFrame], after: int) -> list[EventFrame]:
    return [event for event in events if event.id > after]
