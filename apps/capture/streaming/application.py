"""GET /api/sessions/<id>/stream as an ASGI application."""

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from apps.capture.streaming import asking, frames, permission
from apps.capture.streaming.feed import Feed
from apps.capture.streaming.hub import Hub
from apps.capture.streaming.reader import Reader
from apps.capture.streaming.store import PAGE
from config.outages import RETRY_AFTER_S
from config.serve import is_leaving

logger = logging.getLogger(__name__)
PATH = re.compile(r"^/api/sessions/(?P<session_id>[^/]+)/stream/?$")
BACKLOG_SEND_TIMEOUT_S = 60
AWAY = (DatabaseError, psycopg.Error, PoolTimeout)
NO_SESSION = "There is no such session."

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class StreamApplication:
    """Routes what the server gives us: its start and end, and requests for streams."""

    def __init__(self) -> None:
        self.hub: Hub | None = None
        self.starting = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "http":
            if scope["path"] == "/health/live":
                await refuse(scope, send, 503 if is_leaving() else 200, "The stream process.")
            else:
                await self.answer(scope, receive, send)

    async def live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.started()
            elif self.hub:
                await self.hub.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def started(self) -> Hub:
        async with self.starting:
            if self.hub is None:
                self.hub = Hub()
                await self.hub.start()
            return self.hub

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS" and PATH.match(scope["path"]):
            return await answer_preflight(scope, send)
        try:
            feed, pass_, asked = await self.open(scope)
        except asking.Refused as refusal:
            return await refuse(scope, send, refusal.status, refusal.sentence)
        except AWAY as error:
            logger.warning("A stream was not opened: %s", error)
            return await refuse(scope, send, 503, "The database does not answer.")
        try:
            await watched(Stream(scope, send, feed, pass_, asked).run(), receive)
        finally:
            (await self.started()).leave(feed)

    async def open(self, scope: Scope) -> tuple[Feed, permission.Pass, asking.Asked]:
        """The session's feed, with one member more. Raises asking.Refused."""
        match = PATH.match(scope["path"])
        if match is None:
            raise asking.Refused(404, "There is nothing at this address.")
        if scope["method"] != "GET":
            raise asking.Refused(405, "Use GET.")
        session_id = as_uuid(match["session_id"])
        pass_ = permission.Pass(scope, session_id)
        verdict = await pass_.verdict()
        if not isinstance(verdict, permission.Grant):
            raise asking.Refused(*verdict)
        asked = asking.read(scope, verdict)
        feed = await self.find_feed(session_id)
        if feed is None:
            raise asking.Refused(404, NO_SESSION)
        return feed, pass_, asked

    async def find_feed(self, session_id: uuid.UUID | None) -> Feed | None:
        return await (await self.started()).join(session_id) if session_id else None


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


async def watched(stream: Awaitable[None], receive: Receive) -> None:
    """Run the stream until it ends or the reader hangs up."""
    running = asyncio.ensure_future(stream)
    watcher = asyncio.ensure_future(hung_up(receive))
    try:
        await asyncio.wait((running, watcher), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watcher.cancel()
        running.cancel()
        with suppress(asyncio.CancelledError, TimeoutError):
            await running


async def hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Stream:
    """What one reader is sent."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        feed: Feed,
        pass_: permission.Pass,
        asked: asking.Asked,
    ) -> None:
        self.scope = scope
        self.send = send
        self.feed = feed
        self.pass_ = pass_
        self.asked = asked

    async def run(self) -> None:
        await start(self.scope, self.send, 200, b"text/event-stream")
        try:
            reader = await self.begin()
            await self.catch_up(reader)
        except AWAY as error:
            # The reader comes again, with the id of the last event that it has got.
            logger.warning("A stream ends while it catches up: %s", error)
            return await self.write(b"", more=False)
        # Nothing is awaited between the end of catching up and this line: no gap, no repeat.
        self.feed.readers.add(reader)
        try:
            with permission.watching(self.pass_, reader.finish):
                await self.follow(reader)
        finally:
            self.feed.readers.discard(reader)

    async def begin(self) -> Reader:
        after = self.feed.last_id if self.asked.after is None else self.asked.after
        if self.asked.most_back is not None:
            after = await self.feed.no_earlier(after, self.asked.most_back)
        is_behind = after < self.feed.last_id
        stats = frames.stats(self.feed.state.json, None if is_behind else after)
        await self.write(frames.HELLO + stats)
        return Reader(self.asked.types, after)

    async def catch_up(self, reader: Reader) -> None:
        while reader.after < self.feed.last_id:
            up_to = self.feed.last_id
            events = await self.feed.missed(reader, up_to)
            reader.after = events[-1].id if len(events) >= PAGE else up_to
            content = frames.joined(events, reader.types)
            if reader.types:  # few of these events may be its own
                content += frames.stats(self.feed.state.json, reader.after)
            async with asyncio.timeout(BACKLOG_SEND_TIMEOUT_S):
                await self.write(content)

    async def follow(self, reader: Reader) -> None:
        while not (reader.is_last or self.feed.is_over):
            await self.write(await reader.take())
        reader.finish()
        rest = await reader.take()
        if not self.feed.state.is_open:
            rest += frames.end(self.feed.state.json)
        await self.write(rest, more=False)

    async def write(self, content: bytes, *, more: bool = True) -> None:
        if content or not more:
            await self.send({"type": "http.response.body", "body": content, "more_body": more})


async def start(scope: Scope, send: Send, status: int, content_type: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
        *cors_headers(scope),
    ]
    if status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_S))
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def refuse(scope: Scope, send: Send, status: int, sentence: str) -> None:
    await start(scope, send, status, b"application/json")
    await send({"type": "http.response.body", "body": orjson.dumps({"detail": sentence})})


async def answer_preflight(scope: Scope, send: Send) -> None:
    await start(scope, send, 204, b"text/plain")
    await send({"type": "http.response.body", "body": b""})


def cors_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The same as the pages of the API give (django-cors-headers), and always `Vary`: a cache
    must not give one origin's answer to another."""
    origin = dict(scope["headers"]).get(b"origin", b"")
    vary = (b"vary", b"Origin")
    if origin.decode("latin-1") not in settings.CORS_ALLOWED_ORIGINS:
        return [vary]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", b"GET, OPTIONS"),
        (b"access-control-allow-headers", ", ".join(settings.CORS_ALLOW_HEADERS).encode()),
        (b"access-control-expose-headers", ", ".join(settings.CORS_EXPOSE_HEADERS).encode()),
        vary,
    ]
