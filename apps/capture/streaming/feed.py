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

from apps.capture.categories import categories_of
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
        await self.read_events(state.json if changed else "")
        self.state = state
        if not state.is_open:
            self.finish()

    async def read_events(self, news: str) -> None:
        """Give out the events that are new, and after them `news`, in one piece if possible."""
        while True:
            events = await self.store.events(self.session_id, self.state.day, self.last_id)
            is_last_page = len(events) < PAGE
            self.give(events, news if is_last_page else "")
            if is_last_page:
                return

    def give(self, events: list[EventFrame], news: str) -> None:
        """`news` is the session as JSON if it has changed."""
        first_id = events[0].id if events else self.last_id + 1
        self.remember(events)
        stats = frames.stats(news, self.last_id) if news else b""
        contents: dict[frozenset[str], bytes] = {}
        for reader in tuple(self.readers):
            if reader.after >= first_id:  # it came with an id that is ahead of us
                self.give_ahead(reader, events, news)
                continue
            if reader.types not in contents:
                contents[reader.types] = frames.joined(events, reader.types) + stats
            reader.offer(contents[reader.types])

    def give_ahead(self, reader: Reader, events: list[EventFrame], news: str) -> None:
        """What it lacks of these events. Its position must not go back to ours."""
        position = max(self.last_id, reader.after)
        stats = frames.stats(news, position) if news else b""
        reader.offer(frames.joined(newer(events, reader.after), reader.types) + stats)

    def remember(self, events: list[EventFrame]) -> None:
        if len(self.recent) + len(events) > RECENT_EVENTS:
            self.forget(len(self.recent) + len(events) - RECENT_EVENTS)
        self.recent.extend(events)
        if events:
            self.last_id = events[-1].id

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

    async def missed(self, reader: Reader, up_to: int) -> list[EventFrame]:
        """The reader's next events of those given out already, at least PAGE unless there are
        fewer. Some may be of other types than it asked for."""
        if reader.after >= self.recent_after:
            return newer(self.recent, reader.after)
        return await self.store.events(
            self.session_id, self.state.day, reader.after, up_to, categories_of(reader.types)
        )

    async def no_earlier(self, after: int, most_back: int) -> int:
        """`after`, but no more than so many events back."""
        if after >= self.recent_after:
            return after
        return max(after, await self.store.id_back(self.session_id, self.state.day, most_back))

    def __str__(self) -> str:
        return str(self.session_id)


def ended(state: State) -> State:
    """For a session that was deleted meanwhile."""
    return State(state.day, False, state.json)


def newer(events: Iterable[EventFrame], after: int) -> list[EventFrame]:
    return [event for event in events if event.id > after]
