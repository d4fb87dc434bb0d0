"""Connections to Valkey, one pool a process and kind."""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings

from config.servers import VALKEY_TIMEOUT_S, valkey_options

# A loop that is busy comes late to an answer that is there.
LOOP_TIMEOUT_S = 2 * VALKEY_TIMEOUT_S


@cache
def client() -> redis.Redis:
    """For threads."""
    return redis.Redis.from_url(settings.REDIS_URL, **valkey_options(settings.REDIS_URL))


def asyncio_client() -> redis.asyncio.Redis:
    """For an asyncio loop; each loop makes its own."""
    options = valkey_options(settings.REDIS_URL, LOOP_TIMEOUT_S)
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, **options)
