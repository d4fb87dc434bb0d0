"""What MediaMTX calls: a bare WSGI application, for MediaMTX waits while it answers.

    POST /mediamtx/auth        may this client publish, watch, use the API? 200 or not
    POST /mediamtx/ready       a stream came online; form or JSON: path, id (bearer: our secret)
    POST /mediamtx/not-ready   it left; the same
    POST /mediamtx/segment     a piece is recorded: path, segment (bearer: our secret)
    GET  /health/live          this process answers

The denial's short reason ends up in MediaMTX's log, so no secret may stand in it.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from django.db import Error, InterfaceError, OperationalError, connection

from apps.contract.answers import Refused
from apps.contract.inputs import parse_text
from apps.live import recordings, services
from apps.live.admission import Question, is_allowed, is_internal
from apps.live.models import room_id_of

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 64 * 1024
MAX_ID_LENGTH = 64

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Reply = tuple[str, bytes]

OK: Reply = ("200 OK", b"")
BAD_REQUEST: Reply = ("400 Bad Request", b"not a request of MediaMTX")
REFUSED: Reply = ("401 Unauthorized", b"refused")
NOT_FOUND: Reply = ("404 Not Found", b"no such hook")
AWAY: Reply = ("503 Service Unavailable", b"the database is away")
FAILED: Reply = ("500 Internal Server Error", b"failed, see Clipcast's log")


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    status, body = reply_to(environ)
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


def reply_to(environ: Environ) -> Reply:
    handler = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    if handler is None:
        return NOT_FOUND
    try:
        return once_more_if_cut(handler, environ, read_body(environ))
    except (ValueError, Refused):
        return BAD_REQUEST
    except Error as error:
        logger.error("A hook got no answer from the database: %s", type(error).__name__)
        return AWAY
    except Exception as error:
        # Not the traceback: it may print the request, and the request holds secrets.
        logger.error("A hook failed: %s", type(error).__name__)
        return FAILED


Handler = Callable[[Environ, bytes], Reply]


def once_more_if_cut(handler: Handler, environ: Environ, body: bytes) -> Reply:
    """The connection to the database is kept between requests and may have been cut meanwhile."""
    try:
        return handler(environ, body)
    except (OperationalError, InterfaceError):
        connection.close()
        return handler(environ, body)


def read_body(environ: Environ) -> bytes:
    """Raises ValueError for a body without a length or longer than MediaMTX's ever is."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError("body too large")
    return environ["wsgi.input"].read(length) if length else b""


def auth(environ: Environ, body: bytes) -> Reply:
    return OK if is_allowed(Question.parse(orjson.loads(body))) else REFUSED


def ready(environ: Environ, body: bytes) -> Reply:
    return notified(services.publisher_came, environ, body)


def not_ready(environ: Environ, body: bytes) -> Reply:
    return notified(services.publisher_left, environ, body)


def segment(environ: Environ, body: bytes) -> Reply:
    if not is_from_mediamtx(environ):
        return REFUSED
    values = parse_text(body)
    path, name = str(values.get("path", "")), str(values.get("segment", ""))
    if room_id_of(path) is None or not name:
        return BAD_REQUEST
    recordings.hint(path, name)
    return OK


def notified(service: Callable[..., bool], environ: Environ, body: bytes) -> Reply:
    if not is_from_mediamtx(environ):
        return REFUSED
    values = parse_text(body)
    path, publisher_id = str(values.get("path", "")), str(values.get("id", ""))
    if room_id_of(path) is None or len(publisher_id) > MAX_ID_LENGTH:
        return BAD_REQUEST
    service(path=path, publisher_id=publisher_id)
    return OK


def is_from_mediamtx(environ: Environ) -> bool:
    scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return scheme.lower() == "bearer" and is_internal(secret)


def alive(environ: Environ, body: bytes) -> Reply:
    return OK


ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "/mediamtx/auth"): auth,
    ("POST", "/mediamtx/ready"): ready,
    ("POST", "/mediamtx/not-ready"): not_ready,
    ("POST", "/mediamtx/segment"): segment,
    ("GET", "/health/live"): alive,
}
