"""The feeds of one process, and its one subscription to Valkey."""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import redis.asyncio as valkey
from django.conf import settings
from redis.exceptions import RedisError

from apps.capture import readers
from apps.capture.channel import channel_of
from apps.capture.streaming import permission
from apps.capture.streaming.feed import Feed
from apps.capture.streaming.store import Store
from config.servers import subscription_options

logger = logging.getLogger(__name__)
RECONNECT_S = 0.5
# Subscribed to all the time: a subscription to nothing can't be listened to.
OWN_CHANNEL = "capture:streams"


class Hub:
    def __init__(self) -> None:
        self.store = Store()
        self.feeds: dict[uuid.UUID, Feed] = {}
        self.by_channel: dict[bytes, Feed] = {}
        self.readers = 0
        self.valkey = valkey.Redis.from_url(
            settings.REDIS_URL, health_check_interval=30, **subscription_options(settings.REDIS_URL)
        )
        self.pubsub = self.valkey.pubsub()
        self.opening = asyncio.Lock()
        self.tasks: set[asyncio.Task] = set()

    async def start(self) -> None:
        await self.store.open()
        self.keep(self.listen())
        self.keep(permission.recheck())
        self.keep(self.tell_readers())

    async def stop(self) -> None:
        for feed in self.feeds.values():
            feed.finish()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.pubsub.aclose()
        await self.valkey.aclose()
        await self.store.close()

    def keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """asyncio holds tasks weakly, so we hold them."""
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def listen(self) -> None:
        """Wake the feeds that hints are for. After a break all are woken: hints may be lost."""
        while True:
            try:
                await self.pubsub.subscribe(OWN_CHANNEL, *self.by_channel)
                self.wake_all()
                async for message in self.pubsub.listen():
                    feed = self.by_channel.get(message["channel"])
                    if feed and message["type"] == "message":
                        feed.news.set()
            except (RedisError, OSError) as error:
                logger.warning("Streams wait for Valkey: %s", error)
                await asyncio.sleep(RECONNECT_S)

    async def tell_readers(self) -> None:
        """How many read here, for operators."""
        process = f"{socket.gethostname()}:{os.getpid()}"
        while True:
            try:
                await self.valkey.hset(readers.KEY, process, readers.entry(self.readers))
            except (RedisError, OSError) as error:
                logger.info("How many read is not told: %s", error)
            await asyncio.sleep(readers.TELL_EVERY_S)

    def wake_all(self) -> None:
        for feed in self.feeds.values():
            feed.news.set()

    async def join(self, session_id: uuid.UUID) -> Feed | None:
        """The session's feed with one member more, or None if there is no such session."""
        async with self.opening:
            feed = self.feeds.get(session_id) or await self.open(session_id)
        if feed:
            feed.members += 1
            self.readers += 1
            feed.news.set()  # so that a state that is old by now is read again
        return feed

    def leave(self, feed: Feed) -> None:
        feed.members -= 1
        self.readers -= 1
        feed.left_at = time.monotonic()

    async def open(self, session_id: uuid.UUID) -> Feed | None:
        """Subscribe first, read then: what happens in between is told by a hint."""
        channel = channel_of(session_id)
        await self.subscribe(channel)
        state = await self.store.state(session_id)
        if state is None:
            await self.unsubscribe(channel)
            return None
        feed = Feed(self.store, session_id, state, await self.store.last_id(session_id, state.day))
        if state.is_open:
            self.feeds[session_id] = self.by_channel[channel.encode()] = feed
            self.keep(self.run(feed))
        else:
            await self.unsubscribe(channel)
        return feed

    async def run(self, feed: Feed) -> None:
        try:
            await feed.run()
        finally:
            feed.finish()
            channel = channel_of(feed.session_id)
            self.feeds.pop(feed.session_id, None)
            self.by_channel.pop(channel.encode(), None)
            await self.unsubscribe(channel)

    async def subscribe(self, channel: str) -> None:
        """Without Valkey the feed looks every few seconds and subscribes when it is back."""
        try:
            await self.pubsub.subscribe(channel)
        except (RedisError, OSError) as error:
            logger.warning("Streams wait for Valkey: %s", error)

    async def unsubscribe(self, channel: str) -> None:
        try:
            await self.pubsub.unsubscribe(channel)
        except (RedisError, OSError) as error:
            logger.warning("Streams wait for Valkey: %s", error)
