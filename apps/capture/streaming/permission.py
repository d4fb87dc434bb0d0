"""Who may watch: asked once per stream, of Django, in a few threads that keep connections."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections

from apps.access import services
from apps.access.models import ApiKey

THREADS = 4
# Other apps' rules about their own sessions: (request, session id) -> may this caller watch?
viewers: list[Callable[[ASGIRequest, UUID], bool]] = []
threads = ThreadPoolExecutor(THREADS, thread_name_prefix="permission")


async def refusal(scope: dict[str, Any], session_id: UUID | None) -> tuple[int, str] | None:
    """The HTTP status and sentence with which to refuse, or None if the stream is allowed."""
    return await asyncio.get_running_loop().run_in_executor(
        threads, find_refusal, scope, session_id
    )


def find_refusal(scope: dict[str, Any], session_id: UUID | None) -> tuple[int, str] | None:
    close_old_connections()
    try:
        request = ASGIRequest(scope, BytesIO())
        if session_id and any(may_watch(request, session_id) for may_watch in viewers):
            return None
        return check(request)
    finally:
        close_old_connections()


def check(request: ASGIRequest) -> tuple[int, str] | None:
    secret = services.offered_key(request.headers)
    key = services.find_key(secret) if secret else None
    if secret and key is None:
        return 401, "This API key is unknown or revoked."
    user = None
    if key is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        request.session = store(request.COOKIES[settings.SESSION_COOKIE_NAME])
        user = get_user(request)
    if services.may_use(ApiKey.Scope.READ, user=user, key=key):
        return None
    if user is not None and user.is_authenticated:
        return 403, "Only operators may watch."
    return 401, "Sign in as an operator, or send an API key."
