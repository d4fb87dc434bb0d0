"""A server of ours that is away for the moment: said in a sentence, and never a 500."""

import logging
import sys
from collections.abc import Callable

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.views.defaults import server_error
from kombu.exceptions import OperationalError as BrokerAway
from limits.errors import StorageError

logger = logging.getLogger(__name__)
# PostgreSQL or Valkey can't be reached, was cut off, or gave up on a lock.
AWAY = (
    *(OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError),
    *(BrokerAway, StorageError),
)
TRY_AGAIN = "The server is busy or restarting. Please try again in a moment."
RETRY_AFTER_S = 5


class OutageMiddleware:
    """Answers 503 for a page or a REST request that could not be done. Mobile requests never come
    here: their envelope says it (apps/contract/middleware.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if isinstance(error, AWAY) else None


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.warning("%s was not answered: %s", request.path, error)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": TRY_AGAIN}, status=503, headers=headers)
    return HttpResponse(TRY_AGAIN, status=503, headers=headers, content_type="text/plain")


def handle_500(request: HttpRequest) -> HttpResponse | HttpResponseServerError:
    """Django's handler500, for what a middleware raises: who asks may be read before any view."""
    error = sys.exc_info()[1]
    return unavailable(request, error) if isinstance(error, AWAY) else server_error(request)


class NoErrorFilter(logging.Filter):
    """For the log of Django's answers, where each 503 would be an ERROR. Ours are all on purpose: a
    server is away, or this process is leaving. Whoever answered so has said why."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", 0) != 503
