"""Health for load balancers: `live` says the process answers, `ready` that it can do its work."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)
CHECK_TIMEOUT_S = 2


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL and Valkey answer; else 503 with the name of the one that does not."""
    found = checks()
    is_ready = all(found.values())
    content = {"status": "ok" if is_ready else "unavailable", "checks": found}
    return JsonResponse(content, status=200 if is_ready else 503)


def checks() -> dict[str, bool]:
    """Each server that is needed, and whether it answers."""
    return {"database": answers(ask_database), "valkey": answers(ask_valkey)}


def answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, redis.RedisError) as error:
        logger.warning("Not ready: %s", error)
        return False
    return True


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_valkey() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=CHECK_TIMEOUT_S) as client:
        client.ping()
