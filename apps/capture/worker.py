"""The capture worker: one a process, with a loop for sockets and a thread that stores.

    task thread  ->  loop thread: a SessionRunner per session: socket -> journal (Valkey)
                     storer thread: journal -> PostgreSQL, and a hint to the readers

The loop never decodes and never waits for PostgreSQL; its few statements run in a thread of
their own.
"""

import asyncio
import gc
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from redis import RedisError

from apps.capture import leases, valkey
from apps.capture.channel import NEWS, channel_of
from apps.capture.models import Session
from apps.capture.runner import SessionRunner, Timing
from apps.capture.sources import Deliver, LiveSource
from apps.capture.storer import Storer

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 1
RETRY_DATABASE_S = 1
DROP_AGAIN_S = 0.5


# `cache` alone would let tasks that begin at once start a worker each, of which only one would
# be told when the process stops.
first_call = threading.RLock()


def capture_worker() -> "CaptureWorker":
    """This process's worker, started by the first call."""
    with first_call:
        return started_worker()


@cache
def started_worker() -> "CaptureWorker":
    worker = CaptureWorker()
    worker.start()
    return worker


def is_started() -> bool:
    return bool(started_worker.cache_info().currsize)


class CaptureWorker:
    def __init__(self, *, timing: Timing | None = None) -> None:
        self.owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.timing = timing or Timing()
        self.valkey: Any = None
        self.runners: dict[UUID, SessionRunner] = {}
        self.tasks: dict[UUID, asyncio.Task] = {}
        self.stopping = False
        self.loop = asyncio.new_event_loop()
        self.loop_thread = threading.Thread(target=self.run_loop, name="capture-loop", daemon=True)
        self.executor = ThreadPoolExecutor(1, "capture-database")
        self.storer = Storer(self.owner, on_lost=self.session_lost)

    def start(self) -> None:
        self.loop_thread.start()
        self.storer.start()

    def run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.valkey = valkey.asyncio_client()
        self.keeper = self.loop.create_task(self.keep_leases())
        self.loop.run_forever()

    # --- For task threads --------------------------------------------------------------------

    def capture(self, session_id: UUID) -> None:
        """Run a session to its end in this process. Returns at once if it can't be claimed."""
        if not self.stopping:
            with suppress(CancelledError):
                asyncio.run_coroutine_threadsafe(self.run_session(session_id), self.loop).result()

    def begin_shutdown(self) -> None:
        """Hand every session over. Returns at once: it is called by a signal handler."""
        self.stopping = True
        self.loop.call_soon_threadsafe(self.interrupt_all)

    def interrupt_all(self) -> None:
        for runner in self.runners.values():
            runner.interrupt(shutdown=True)
        self.loop.call_later(self.timing.shutdown_s, self.drop_all)

    def drop_all(self) -> None:
        """A socket that won't close or a database that is away must not keep the process:
        their leases run out, and what is not stored stays in the journals."""
        for task in self.tasks.values():
            task.cancel()
        if self.tasks:
            self.loop.call_later(DROP_AGAIN_S, self.drop_all)

    def close(self) -> None:
        """Hand every session over, end the threads and free the connections."""
        self.begin_shutdown()
        self.storer.stop()
        asyncio.run_coroutine_threadsafe(self.end_loop(), self.loop).result(timeout=60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.loop_thread.join(timeout=60)
        self.storer.join(timeout=60)
        # A connection belongs to its thread, so it is looked up there.
        self.executor.submit(close_connection).result(timeout=60)
        self.executor.shutdown()
        self.loop.close()

    async def end_loop(self) -> None:
        while self.runners:
            await asyncio.sleep(0.05)
        self.keeper.cancel()
        await self.valkey.aclose()

    # --- On the loop -------------------------------------------------------------------------

    async def run_session(self, session_id: UUID) -> None:
        if session_id in self.tasks:
            return
        task = self.tasks[session_id] = asyncio.ensure_future(self.claim_and_run(session_id))
        try:
            await task
        finally:
            del self.tasks[session_id]

    async def claim_and_run(self, session_id: UUID) -> None:
        session = await self.database(leases.claim, session_id, self.owner)
        if session is None:
            return
        runner = self.runners[session_id] = SessionRunner(self, session)
        if self.stopping:
            runner.interrupt(shutdown=True)
        try:
            await self.loop.run_in_executor(None, load_tiktok)
            self.storer.add(session_id)
            await runner.run()
        finally:
            self.storer.remove(session_id)
            try:
                await runner.hand_over()
            finally:
                del self.runners[session_id]

    def new_source(self, username: str, deliver: Deliver) -> LiveSource:
        return load_tiktok()(username, deliver)

    def journal_grew(self) -> None:
        self.storer.wake()

    async def status_changed(self, session: Session) -> None:
        try:
            await self.valkey.publish(channel_of(session.pk), NEWS)
        except (RedisError, OSError):
            logger.info("Valkey is away; readers learn the status later.")

    async def database(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The function's result, from a thread, however long PostgreSQL is away."""
        while True:
            try:
                return await self.loop.run_in_executor(
                    self.executor, lambda: in_database(function, *args, **kwargs)
                )
            except (OperationalError, InterfaceError) as error:
                logger.warning("PostgreSQL is away: %s", error)
                await asyncio.sleep(RETRY_DATABASE_S)

    async def keep_leases(self) -> None:
        """Renew the leases, and learn which sessions are to end or belong to others now."""
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            held = dict(self.runners)
            if not held:
                continue
            try:
                renewals = await self.database(leases.renew, self.owner, held)
            except Exception:
                logger.exception("Leases could not be renewed")
                continue
            for renewal in renewals:
                runner = self.runners.get(renewal.session_id)
                if runner is not None and renewal.stop_requested and not runner.stop_requested:
                    runner.interrupt(stop=True)
            for session_id in leases.missing(held, renewals):
                held[session_id].interrupt(lost=True)

    def interrupt_lost(self, session_id: UUID) -> None:
        runner = self.runners.get(session_id)
        if runner is not None:
            runner.interrupt(lost=True)

    def session_lost(self, session_id: UUID) -> None:
        """Called by the storer's thread."""
        self.loop.call_soon_threadsafe(self.interrupt_lost, session_id)


def close_connection() -> None:
    connection.close()


def in_database(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Drop a connection that failed, so that the next call makes a new one."""
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def load_tiktok() -> Callable[[str, Deliver], LiveSource]:
    """The source's class; the first call takes seconds."""
    with first_call:
        return loaded_tiktok()


@cache
def loaded_tiktok() -> Callable[[str, Deliver], LiveSource]:
    from apps.capture import decoding
    from apps.capture.tiktok import TikTokSource

    decoding.message_classes()
    settle_process()
    return TikTokSource


def settle_process() -> None:
    """Some hundred thousand objects stay: the collector need not look at them ever again. Nor
    need it look at every batch: events are in no cycles. And the thread that feeds PostgreSQL
    waits 5 ms for the one that decodes, each time, unless they are told to take turns sooner.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.0005)
