"""Who may watch: asked of Django, in a few threads that keep connections.

Asked when a stream begins and every few seconds while it is open, so that a key that is revoked
or a right that ends closes the streams that were opened with it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections

from apps.access import services
from apps.access.models import ApiKey
from apps.capture.models import Session, Source
from apps.staff.two_factor import step_for
from apps.users.models import User

logger = logging.getLogger(__name__)
THREADS = 4
threads = ThreadPoolExecutor(THREADS, thread_name_prefix="permission")
# Headers that say nothing about who asks.
OTHER_HEADERS = {b"last-event-id", b"user-agent", b"accept", b"accept-encoding", b"cache-control"}
SHORTEST_RECHECK_PAUSE_S = 0.02

Refusal = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What of a session somebody may watch."""

    categories: frozenset[str] = frozenset()  # none: all of them
    most_back: int | None = None  # how many events before the latest; None: all of them


EVERYTHING = Grant()
# Other apps' rules about their own sessions: (request, session id) -> may this caller watch all
# of it (True), a part (a Grant), or nothing (False)?
viewers: list[Callable[[ASGIRequest, UUID], Grant | bool]] = []
asked: dict["Pass", asyncio.Task[Grant | Refusal]] = {}
# Who watches by which pass, as what ends their streams.
open_streams: dict["Pass", set[Callable[[], None]]] = {}


class Pass:
    """What a request shows in order to watch a session. Equal if it shows the same."""

    def __init__(self, scope: MutableMapping[str, Any], session_id: UUID | None) -> None:
        self.scope = dict(scope)
        self.session_id = session_id
        headers = [pair for pair in scope["headers"] if pair[0] not in OTHER_HEADERS]
        self.key = (session_id, scope["query_string"], tuple(headers))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pass) and self.key == other.key

    async def verdict(self) -> Grant | Refusal:
        """What may be watched, or the HTTP status and sentence with which to refuse.

        Those who ask with the same pass at the same time share one answer.
        """
        if self not in asked:
            asked[self] = asyncio.create_task(self.find_verdict())
            asked[self].add_done_callback(lambda _: asked.pop(self))
        return await asyncio.shield(asked[self])

    async def find_verdict(self) -> Grant | Refusal:
        return await asyncio.get_running_loop().run_in_executor(
            threads, find_verdict, self.scope, self.session_id
        )


@contextmanager
def watching(pass_: Pass, end: Callable[[], None]) -> Iterator[None]:
    """While the block runs, `end` is called if the pass stops to be good."""
    open_streams.setdefault(pass_, set()).add(end)
    try:
        yield
    finally:
        open_streams[pass_].discard(end)
        if not open_streams[pass_]:
            del open_streams[pass_]


async def recheck() -> None:
    """Ask for each pass in turn whether it is still good, all of them every STREAM_RECHECK_S.

    With very many it takes longer: a check costs a query or two.
    """
    while True:
        passes: list[Pass | None] = [*open_streams] or [None]
        pause_s = max(settings.STREAM_RECHECK_S / len(passes), SHORTEST_RECHECK_PAUSE_S)
        for pass_ in passes:
            await asyncio.sleep(pause_s)
            if pass_ and pass_ in open_streams:
                await end_if_refused(pass_)


async def end_if_refused(pass_: Pass) -> None:
    try:
        verdict = await pass_.verdict()
    except DatabaseError as error:
        logger.warning("Who may watch can't be asked: %s", error)
        return
    if not isinstance(verdict, Grant):
        for end in tuple(open_streams.get(pass_, ())):
            end()


def find_verdict(scope: dict[str, Any], session_id: UUID | None) -> Grant | Refusal:
    close_old_connections()
    try:
        request = ASGIRequest(scope, BytesIO())
        for may_watch in viewers:
            if session_id and (answer := may_watch(request, session_id)):
                return answer if isinstance(answer, Grant) else EVERYTHING
        return check(request, session_id) or EVERYTHING
    finally:
        close_old_connections()


def check(request: ASGIRequest, session_id: UUID | None = None) -> Refusal | None:
    secret = services.offered_key(request.headers)
    key = services.find_key(secret) if secret else None
    if secret and key is None:
        return 401, "This API key is unknown or revoked."
    user = None
    if key is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        request.session = store(request.COOKIES[settings.SESSION_COOKIE_NAME])
        user = get_user(request)
        if user.is_authenticated and user.is_staff and step_for(user, request.session):
            user = None  # the second factor is not proven
    if services.may_use(ApiKey.Scope.READ, user=user, key=key):
        return None
    if session_id and may_watch_rooms(user) and is_room(session_id):
        return None
    if user is not None and user.is_authenticated:
        return 403, "Your account may not watch this."
    return 401, "Sign in as an operator, or send an API key."


def may_watch_rooms(user: User | AnonymousUser | None) -> bool:
    return services.is_operator(user) and user.has_perm("live.view_liveroom")


def is_room(session_id: UUID) -> bool:
    return Session.objects.filter(pk=session_id, source=Source.ROOM).exists()
