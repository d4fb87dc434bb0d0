"""How PostgreSQL and Valkey are reached, and for how long a silent one is waited for."""

import socket
from typing import Any

from config.environment import env

VALKEY_TIMEOUT_S = 5
CONNECT_TIMEOUT_S = 5
# A machine that is gone without a word is noticed after so long, in silence or while it is sent to.
SILENT_S, ASK_EVERY_S, ASK_TIMES = 15, 5, 3
GONE_S = SILENT_S + ASK_EVERY_S * ASK_TIMES
DATABASE_OPTIONS = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": SILENT_S,
    "keepalives_interval": ASK_EVERY_S,
    "keepalives_count": ASK_TIMES,
    "tcp_user_timeout": GONE_S * 1000,
}
KEEPALIVES = {
    "socket_keepalive": True,
    "socket_keepalive_options": {
        socket.TCP_KEEPIDLE: SILENT_S,
        socket.TCP_KEEPINTVL: ASK_EVERY_S,
        socket.TCP_KEEPCNT: ASK_TIMES,
    },
}


def database() -> dict[str, Any]:
    """Django's DATABASES["default"]."""
    # The placeholder lets tools that only read the settings (type checker) do without a server.
    found: dict[str, Any] = env.db_url(
        "DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/clipcast"
    )
    found["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE_S", default=600)
    found["CONN_HEALTH_CHECKS"] = True
    # A server that is there but silent is given up on: a request must not wait for ever.
    found["OPTIONS"] = DATABASE_OPTIONS | found.get("OPTIONS", {})
    return found


def valkey_options(url: str, timeout_s: float = VALKEY_TIMEOUT_S) -> dict[str, Any]:
    """What a client of redis-py is given beside the address."""
    return subscription_options(url) | {"socket_timeout": timeout_s}


def subscription_options(url: str) -> dict[str, Any]:
    """For who waits for news, however long there is none."""
    keepalives = {} if url.startswith("unix://") else KEEPALIVES
    return keepalives | {"socket_connect_timeout": CONNECT_TIMEOUT_S}


def cache(url: str) -> dict[str, Any]:
    """Django's CACHES["default"], on the Valkey of that address."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": valkey_options(url),
    }


def broker_url(url: str) -> str:
    """The same address as Celery writes it: of a socket's, it calls the database virtual_host."""
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
