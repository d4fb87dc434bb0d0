"""What every page of the dashboard has: who may see it, and what it may load."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

# What is captured is strangers' text: no page here may run or load anything but our own files.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def operators_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Others are sent to the sign-in page."""

    @wraps(view)
    def protected(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        add_never_cache_headers(response)
        return response

    return staff_member_required(protected, login_url="admin:login")


def parse_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
