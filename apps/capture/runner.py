"""One session from its claim to its end: connect, read, watch, reconnect.

Runs on the worker's asyncio loop. What the socket gives goes to the session's journal in Valkey
and nowhere else; the storer takes it from there.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from redis import RedisError

from apps.capture import journal, leases, services
from apps.capture.models import Session
from apps.capture.sources import Deliver, LiveError, LiveSource, Offline, RawMessage

logger = logging.getLogger(__name__)

RETRY_VALKEY_S = 0.5
POLL_S = 0.1


@dataclass(frozen=True)
class Timing:
    first_delay_s: float = 1
    longest_delay_s: float = 60
    attempts_before_live: int = 5
    give_up_after_s: float = 15 * 60
    # Told to stop, the process is to end in a few seconds, whatever else is away.
    drain_on_shutdown_s: float = 2
    shutdown_s: float = 5


class Worker(Protocol):
    """What a runner needs of the process it runs in."""

    owner: str
    valkey: Any
    timing: Timing

    async def database(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any: ...
    async def status_changed(self, session: Session) -> None: ...
    def new_source(self, username: str, deliver: Deliver) -> LiveSource: ...
    def journal_grew(self) -> None: ...


class Interrupted(Exception):
    """The session is to end here, was taken away, or the process stops."""


class SessionRunner:
    def __init__(self, worker: Worker, session: Session) -> None:
        self.worker = worker
        self.session = session
        self.username = session.streamer.username
        self.interrupted = asyncio.Event()
        self.stop_requested = session.stop_requested_at is not None
        self.lost = False
        self.shutdown = False
        self.was_live = session.started_at is not None
        self.delivering = False
        self.finished = False
        self.failures = 0
        self.gone_since: float | None = None
        # Whether the latest connection was closed by TikTok, and none was tried since.
        self.just_closed = False
        # Nothing of a connection is kept before it is known which live it is of.
        self.room_known = asyncio.Event()
        self.room_id = session.room_id
        self.is_other_live = False
        self.last_sign_at = session.last_event_at or session.started_at or datetime.now(UTC)

    def interrupt(self, *, stop: bool = False, lost: bool = False, shutdown: bool = False) -> None:
        """Called on the loop: end the session, leave it to its new owner, or hand it over."""
        self.stop_requested |= stop
        self.lost |= lost
        self.shutdown |= shutdown
        self.interrupted.set()

    async def run(self) -> None:
        """Until the session ends, or belongs to another worker."""
        try:
            if self.stop_requested:
                self.interrupted.set()
            await self.capture()
        except Interrupted:
            if self.stop_requested:
                await self.finish(Session.Status.ENDED, "Ended on request.")
        except Exception:
            logger.exception("Session %s failed", self.session.pk)
            sentence = "Something went wrong in the worker; its log says what."
            await self.finish(Session.Status.FAILED, sentence, "worker_error")
        if self.shutdown and not self.stop_requested and not self.lost:
            await self.drain(limit_s=self.worker.timing.drain_on_shutdown_s)

    async def hand_over(self) -> None:
        """Leave the session to another worker, unless it is over or has one."""
        if not self.finished and not self.lost:
            await self.worker.database(
                leases.hand_over, self.session.pk, self.worker.owner, since=self.last_sign_at
            )

    async def capture(self) -> None:
        while True:
            if self.interrupted.is_set():
                raise Interrupted
            problem = await self.connect_once()
            if await self.is_over(problem):
                return
            await self.pause(problem)

    async def connect_once(self) -> LiveError:
        """One connection from its beginning to its end; why it ended."""
        if self.room_id:
            self.room_known.clear()
        else:
            self.room_known.set()
        source = self.worker.new_source(self.username, self.deliver)
        try:
            await self.say_connecting()
            self.note_room(await self.unless_interrupted(source.connect()))
            await self.say_live()
            return await self.watch(source)
        except LiveError as error:
            return error
        finally:
            try:
                await source.close()
            finally:
                self.note_last_sign(source)

    def note_room(self, room_id: str) -> None:
        """Let the connection's messages come in. Raises OtherLive if they are another session's."""
        self.is_other_live = bool(self.room_id) and room_id != self.room_id
        self.room_known.set()
        if self.is_other_live:
            raise OtherLive("Another live has begun.")
        self.room_id = room_id

    def note_last_sign(self, source: LiveSource) -> None:
        if self.was_live and self.gone_since is None:
            silent_s = time.monotonic() - source.last_frame_at
            self.last_sign_at = datetime.now(UTC) - timedelta(seconds=max(silent_s, 0))

    async def is_over(self, problem: LiveError) -> bool:
        """After a connection ended: end the session if there is no use in another."""
        if isinstance(problem, OtherLive):
            await self.follow_with_another()
        elif isinstance(problem, Offline) and self.was_live:
            await self.end_gap()
            await self.finish(Session.Status.ENDED, "The live has ended.")
        elif problem.final:
            await self.finish(Session.Status.FAILED, str(problem), problem.code)
        elif self.is_hopeless():
            sentence = f"{problem} Given up after several attempts."
            await self.finish(Session.Status.FAILED, sentence, problem.code)
        else:
            return False
        return True

    async def end_gap(self) -> None:
        """The live is over. It was the reason for the gap only if TikTok closed the connection and
        said so when it was asked next; else some of the live may have passed unseen."""
        if self.just_closed:
            await self.worker.database(leases.drop_gap, self.session.pk, self.worker.owner)
        await self.worker.database(
            leases.close_gap, self.session.pk, self.worker.owner, note=leases.LIVE_ENDED
        )

    async def follow_with_another(self) -> None:
        await self.drain()
        if not self.lost:
            await self.worker.database(
                services.follow_with_another, self.session, self.worker.owner
            )
            self.finished = True
            await self.worker.status_changed(self.session)

    def is_hopeless(self) -> bool:
        timing = self.worker.timing
        if not self.was_live:
            return self.failures + 1 >= timing.attempts_before_live
        since = self.gone_since or time.monotonic()
        return time.monotonic() - since > timing.give_up_after_s

    async def pause(self, problem: LiveError) -> None:
        """Say what is wrong and wait, longer each time, with chance against a stampede."""
        timing = self.worker.timing
        delay_s = min(timing.first_delay_s * 2**self.failures, timing.longest_delay_s)
        delay_s = max(delay_s * random.uniform(0.8, 1.2), problem.retry_after_s)  # noqa: S311
        self.failures += 1
        self.just_closed = isinstance(problem, Closed) and self.gone_since is None
        status = Session.Status.RECONNECTING if self.was_live else Session.Status.CONNECTING
        await self.say(status, str(problem), problem=problem.code)
        if self.was_live:
            await self.begin_gap(problem)
        await self.unless_interrupted(asyncio.sleep(delay_s))

    async def begin_gap(self, problem: LiveError) -> None:
        if self.gone_since is None:
            self.gone_since = time.monotonic()
        await self.worker.database(
            leases.open_gap,
            self.session.pk,
            since=self.last_sign_at,
            cause=problem.code,
            detail=str(problem),
        )

    # --- While connected ---------------------------------------------------------------------

    async def watch(self, source: LiveSource) -> LiveError:
        """Until the socket is closed, or gives no sign of life; what happened."""
        closed = asyncio.ensure_future(source.wait_closed())
        interrupted = asyncio.ensure_future(self.interrupted.wait())
        try:
            while True:
                await asyncio.wait(
                    [closed, interrupted],
                    timeout=min(1, settings.CAPTURE_SILENCE_S / 4),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self.interrupted.is_set():
                    raise Interrupted
                if closed.done():
                    closed.result()
                    return Closed("TikTok closed the connection.")
                silent_s = time.monotonic() - source.last_frame_at
                # While Valkey keeps us waiting, the socket is not read.
                if silent_s > settings.CAPTURE_SILENCE_S and not self.delivering:
                    return Silent("The connection gave no sign of life.")
        finally:
            interrupted.cancel()
            closed.cancel()

    async def deliver(self, messages: list[RawMessage]) -> None:
        """Put messages in the journal, however long Valkey is away; wait while it is full."""
        await self.room_known.wait()
        if self.is_other_live:
            raise OtherLive("Another live has begun.")
        self.delivering = True
        try:
            waiting = await self.append(messages)
            self.worker.journal_grew()
            while waiting > journal.MAX_FRAMES:
                await asyncio.sleep(POLL_S)
                waiting = await self.waiting_frames()
        finally:
            self.delivering = False

    async def append(self, messages: list[RawMessage]) -> int:
        while True:
            try:
                pipeline = self.worker.valkey.pipeline(transaction=False)
                journal.append_all(pipeline, self.session.pk, messages)
                return (await pipeline.execute())[-1]
            except (RedisError, OSError) as error:
                logger.warning("Valkey does not take messages: %s", error)
                await asyncio.sleep(RETRY_VALKEY_S)

    async def waiting_frames(self) -> int:
        """How many frames are not stored yet; as if there were many while Valkey is away."""
        try:
            return await self.worker.valkey.xlen(journal.key_of(self.session.pk))
        except (RedisError, OSError):
            await asyncio.sleep(RETRY_VALKEY_S)
            return journal.MAX_FRAMES + 1

    # --- Telling -----------------------------------------------------------------------------

    async def say_connecting(self) -> None:
        if self.was_live and self.failures:
            await self.say(Session.Status.RECONNECTING, "Connecting again.")
        elif self.was_live:
            problem = TakenOver("Another worker took over.")
            await self.say(Session.Status.RECONNECTING, "Connecting again.", problem=problem.code)
            await self.begin_gap(problem)
        elif not self.failures:
            sentence = f"Looking up the live of @{self.username}."
            await self.say(Session.Status.CONNECTING, sentence, problem="")

    async def say_live(self) -> None:
        fields: dict[str, Any] = {"room_id": self.room_id}
        if not self.was_live:
            fields["started_at"] = datetime.now(UTC)
        self.was_live = True
        self.failures = 0
        self.gone_since = None
        await self.worker.database(leases.close_gap, self.session.pk, self.worker.owner)
        await self.worker.database(leases.note_live, self.session.streamer_id)
        await self.say(Session.Status.LIVE, "Connected.", problem="", **fields)

    async def say(self, status: str, detail: str, **fields: Any) -> None:
        kept = await self.worker.database(
            leases.set_status, self.session.pk, self.worker.owner, status, detail, **fields
        )
        if not kept:
            self.interrupt(lost=True)
            raise Interrupted
        await self.worker.status_changed(self.session)

    async def finish(self, status: str, detail: str, problem: str = "") -> None:
        """End the session once all that was received is stored."""
        await self.drain()
        if not self.lost:
            await self.worker.database(
                leases.finish, self.session.pk, self.worker.owner, status, detail, problem
            )
            self.finished = True
            await self.worker.status_changed(self.session)

    async def drain(self, *, limit_s: float = float("inf")) -> None:
        """Wait until the journal is empty, which says that all is committed."""
        end = time.monotonic() + limit_s
        while not self.lost and time.monotonic() < end:
            self.worker.journal_grew()
            if not await self.waiting_frames():
                return
            await asyncio.sleep(POLL_S)

    async def unless_interrupted(self, work: Any) -> Any:
        """The result of `work`; raises Interrupted, and gives `work` up, if that comes first."""
        task = asyncio.ensure_future(work)
        interrupted = asyncio.ensure_future(self.interrupted.wait())
        try:
            await asyncio.wait([task, interrupted], return_when=asyncio.FIRST_COMPLETED)
            if self.interrupted.is_set():
                raise Interrupted
            return task.result()
        finally:
            task.cancel()
            interrupted.cancel()


class Closed(LiveError):
    code = "connection_closed"


class Silent(LiveError):
    code = "silence"


class OtherLive(LiveError):
    """The streamer went live anew: that is another session."""

    code = "other_live"


class TakenOver(LiveError):
    code = "worker_lost"
