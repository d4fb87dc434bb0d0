"""How PostgreSQL and Valkey are reached, and for how long a silent one is waited for."""

from typing import Any

from config.environment import env

VALKEY_TIMEOUT_S = 5
CONNECT_TIMEOUT_S = 5


def database() -> dict[str, Any]:
    """Django's DATABASES["default"]."""
    # The placeholder lets tools that only read the settings (type checker) do without a server.
    found: dict[str, Any] = env.db_url(
        "DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/clipcast"
    )
    found["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE_S", default=600)
    found["CONN_HEALTH_CHECKS"] = True
    # A server that is there but silent is given up on: a request must not wait for ever.
    found.setdefault("OPTIONS", {}).setdefault("connect_timeout", CONNECT_TIMEOUT_S)
    return found


def cache(url: str) -> dict[str, Any]:
    """Django's CACHES["default"], on the Valkey of that address."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {
            "socket_timeout": VALKEY_TIMEOUT_S,
            "socket_connect_timeout": VALKEY_TIMEOUT_S,
        },
    }


def broker_url(url: str) -> str:
    """The same address as Celery writes it: of a socket's, it calls the database virtual_host."""
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
