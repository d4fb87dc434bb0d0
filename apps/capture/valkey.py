"""Connections to Valkey, one pool a process and kind."""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings


@cache
def client() -> redis.Redis:
    """For threads."""
    return redis.Redis.from_url(settings.REDIS_URL)


def asyncio_client() -> redis.asyncio.Redis:
    """For an asyncio loop; each loop makes its own."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL)
