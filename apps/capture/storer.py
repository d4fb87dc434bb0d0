"""The thread that takes journals to PostgreSQL: read, decode, commit, tell, delete.

Each step may fail and is then done again: the journal keeps a frame until its messages are
committed, and what comes twice is stored once.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection
from psycopg import Error as PsycopgError
from redis import RedisError

from apps.capture import journal, valkey
from apps.capture.channel import NEWS, channel_of
from apps.capture.copying import NewEvent, pack_ahead
from apps.capture.storing import decode, store

logger = logging.getLogger(__name__)

# What one transaction stores at most; a frame holds some ten messages.
FRAMES_AT_ONCE = 500
# Few events wait a little for more: a commit each would cost more than all else.
LINGER_S = 0.1
IDLE_S = 0.5
LONGEST_RETRY_S = 5.0

# Session -> the frames' ids in its journal.
Frames = dict[UUID, list[bytes]]


@dataclass
class Batch:
    frames: Frames = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    is_full: bool = False  # more frames wait


class Storer(threading.Thread):
    def __init__(self, owner: str, *, on_lost: Callable[[UUID], None]) -> None:
        super().__init__(name="capture-storer", daemon=True)
        self.owner = owner
        self.on_lost = on_lost
        self.sessions: set[UUID] = set()
        self.news = threading.Event()
        self.ended = False
        self.valkey = valkey.client()
        self.decoder = ThreadPoolExecutor(1, "capture-decoder")
        self.ahead: Future[Batch] | None = None

    # --- For other threads -------------------------------------------------------------------

    def add(self, session_id: UUID) -> None:
        """Store this session's journal from now on."""
        self.sessions = self.sessions | {session_id}
        self.wake()

    def remove(self, session_id: UUID) -> None:
        self.sessions = self.sessions - {session_id}

    def wake(self) -> None:
        self.news.set()

    def stop(self) -> None:
        self.ended = True
        self.wake()

    # --- The thread --------------------------------------------------------------------------

    def run(self) -> None:
        failures = 0
        while not (self.ended and not self.sessions):
            try:
                stored = self.store_waiting()
                failures = 0
            except (RedisError, OSError, DatabaseError, PsycopgError) as error:
                logger.warning("Captured events wait in the journal: %s", error)
                failures = self.wait_to_retry(failures)
            except Exception:
                logger.exception("Captured events wait in the journal")
                failures = self.wait_to_retry(failures)
            else:
                if not stored:
                    self.news.wait(IDLE_S)
                    self.news.clear()
                elif not self.ahead:
                    time.sleep(LINGER_S)
        self.decoder.shutdown()
        connection.close()

    def wait_to_retry(self, failures: int) -> int:
        connection.close()
        time.sleep(min(0.1 * 2**failures, LONGEST_RETRY_S))
        return min(failures + 1, 10)

    def store_waiting(self) -> int:
        """One batch of all sessions; the number of messages taken from journals.

        While PostgreSQL works on a full batch, the next one is read and decoded.
        """
        batch = self.next_batch()
        if not batch.events:
            return 0
        if batch.is_full:
            self.ahead = self.decoder.submit(self.read_journals, batch.frames)
        try:
            committed = store(batch.events, owner=self.owner)
        except BaseException:
            self.drop_ahead()
            raise
        lost = batch.frames.keys() - committed.keys()
        if lost:
            self.drop_ahead()
        for session_id in lost:
            self.remove(session_id)
            self.on_lost(session_id)
        pipeline = self.valkey.pipeline(transaction=False)
        for session_id in committed:
            pipeline.publish(channel_of(session_id), NEWS)
            pipeline.xdel(journal.key_of(session_id), *batch.frames[session_id])
        pipeline.execute()
        return len(batch.events)

    def next_batch(self) -> Batch:
        ahead, self.ahead = self.ahead, None
        return ahead.result() if ahead else self.read_journals({})

    def drop_ahead(self) -> None:
        """What was read ahead is still in the journals and is read again."""
        if self.ahead:
            wait([self.ahead])
            self.ahead = None

    def read_journals(self, before: Frames) -> Batch:
        """The oldest messages of every session, decoded; those after the frames in `before`."""
        batch = Batch()
        keys: dict[Any, UUID] = {
            journal.key_of(session_id).encode(): session_id for session_id in self.sessions
        }
        if not keys:
            return batch
        after: Any = {key: before[id_][-1] if id_ in before else "0-0" for key, id_ in keys.items()}
        count = max(FRAMES_AT_ONCE // len(keys), 1)
        answer: Any = self.valkey.xread(after, count=count)
        for key, entries in answer:
            session_id = keys[key]
            batch.frames[session_id] = [frame_id for frame_id, _ in entries]
            batch.is_full |= len(entries) == count
            for _, fields in entries:
                batch.events += [
                    decode(session_id, message) for message in journal.unpack(fields[journal.FIELD])
                ]
        pack_ahead(batch.events)
        return batch
