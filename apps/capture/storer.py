"""The thread that takes journals to PostgreSQL: read, decode, commit, tell, delete.

Each step may fail and is then done again: the journal keeps a frame until its messages are
committed, and what comes twice is stored once.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection
from psycopg import Error as PsycopgError
from redis import RedisError

from apps.capture import journal, valkey
from apps.capture.channel import NEWS, channel_of
from apps.capture.storing import NewEvent, decode, store

logger = logging.getLogger(__name__)

BATCH_MESSAGES = 1_000
FRAMES_AT_ONCE = 200
# Few events wait a little for more: a commit each would cost more than all else.
LINGER_S = 0.1
IDLE_S = 0.5
LONGEST_RETRY_S = 5.0

# Session -> the frames' ids in its journal.
Frames = dict[UUID, list[bytes]]


class Storer(threading.Thread):
    def __init__(self, owner: str, *, on_lost: Callable[[UUID], None]) -> None:
        super().__init__(name="capture-storer", daemon=True)
        self.owner = owner
        self.on_lost = on_lost
        self.sessions: set[UUID] = set()
        self.news = threading.Event()
        self.ended = False
        self.valkey = valkey.client()

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
                elif stored < BATCH_MESSAGES // 2:
                    time.sleep(LINGER_S)
        connection.close()

    def wait_to_retry(self, failures: int) -> int:
        connection.close()
        time.sleep(min(0.1 * 2**failures, LONGEST_RETRY_S))
        return min(failures + 1, 10)

    def store_waiting(self) -> int:
        """One round over all sessions; the number of messages taken from journals."""
        frames, events = self.read_journals()
        if not events:
            return 0
        committed = store(events, owner=self.owner)
        for session_id in frames.keys() - committed.keys():
            self.remove(session_id)
            self.on_lost(session_id)
        pipeline = self.valkey.pipeline(transaction=False)
        for session_id in committed:
            pipeline.publish(channel_of(session_id), NEWS)
            pipeline.xdel(journal.key_of(session_id), *frames[session_id])
        pipeline.execute()
        return len(events)

    def read_journals(self) -> tuple[Frames, list[NewEvent]]:
        """The oldest messages of every session, decoded."""
        frames: Frames = {}
        events: list[NewEvent] = []
        keys: dict[Any, UUID] = {
            journal.key_of(session_id).encode(): session_id for session_id in self.sessions
        }
        if not keys:
            return frames, events
        count = max(FRAMES_AT_ONCE // len(keys), 1)
        answer: Any = self.valkey.xread(dict.fromkeys(keys, "0-0"), count=count)
        for key, entries in answer:
            session_id = keys[key]
            for frame_id, fields in entries:
                if len(events) >= BATCH_MESSAGES:
                    return frames, events
                frames.setdefault(session_id, []).append(frame_id)
                events += [
                    decode(session_id, message) for message in journal.unpack(fields[journal.FIELD])
                ]
        return frames, events
