"""How often one caller (or one address, for guests) may ask. Counted in Valkey."""

import logging
from enum import Enum
from functools import cache
from threading import Lock

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from apps.contract.answers import TooFast
from apps.users.callers import Caller
from config.servers import valkey_options

logger = logging.getLogger(__name__)
TOO_FAST_SENTENCE = "You are doing this too often. Please wait a moment."


class Rate(Enum):
    """Requests in a window; None is not counted."""

    READ = None
    WRITE = "120/minute"
    MONEY = "300/minute"
    ROOM_CHAT = "40/minute"
    SIGN_IN = "20/minute"
    UPLOAD = "60/hour"
    CONTACTS = "30/hour"  # each looks up to a thousand numbers up
    LOOK_UP = "30/minute"
    EXPORT = "3/minute"
    REST_WRITE = "60/minute"


# The first storage imports redis, and `limits` fails in a thread that sees it half imported.
making_storage = Lock()


@cache
def limiter() -> FixedWindowRateLimiter:
    with making_storage:
        storage = RedisStorage(
            settings.REDIS_URL,
            key_prefix="throttle",
            wrap_exceptions=True,
            **valkey_options(settings.REDIS_URL),
        )
    return FixedWindowRateLimiter(storage)


@cache
def limit(rate: Rate) -> RateLimitItem | None:
    return parse(rate.value) if rate.value else None


def check(rate: Rate, caller: Caller, request: HttpRequest) -> None:
    """Count this request. Raises TooFast past the limit."""
    if not allows(rate, f"user:{caller.id}" if caller.id else f"ip:{client_ip(request)}"):
        raise TooFast(TOO_FAST_SENTENCE)


def allows(rate: Rate, who: str) -> bool:
    """Count one more; whether it is within the limit. Everything is, while Valkey is away."""
    item = limit(rate)
    if item is None or not settings.THROTTLE_ENABLED:
        return True
    try:
        return limiter().hit(item, rate.name, who)
    except StorageError:
        logger.warning("The throttle's storage is away; a request passes uncounted.")
        return True


def client_ip(request: HttpRequest) -> str:
    """The address in front of our own proxy, which appends it last to X-Forwarded-For."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")
