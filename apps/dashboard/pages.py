"""What every page of the dashboard has: who may see it, how often, and what it may load."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from apps.access.throttling import WINDOW_S
from apps.contract.throttle import Rate, allows

# What is captured is strangers' text: no page here may run or load anything but our own files.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


View = Callable[..., HttpResponse]
SEE_SESSIONS = "capture.view_session"
CAPTURE = "capture.change_session"


def operators_page(right: str, *, to_post: str = "") -> Callable[[View], View]:
    """For operators with `right`, and with `to_post` for those who send its form. Others are sent
    to the sign-in page, or told that they may not; whoever changes too much has to wait."""

    def decorate(view: View) -> View:
        @wraps(view)
        def protected(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            is_change = request.method == "POST"
            if not request.user.has_perm((is_change and to_post) or right):
                raise PermissionDenied
            if is_change and not allows(Rate.REST_WRITE, f"user:{request.user.pk}"):
                response = render(request, "dashboard/too_often.html", status=429)
                response.headers["Retry-After"] = str(WINDOW_S)
            else:
                response = view(request, **kwargs)
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            add_never_cache_headers(response)
            return response

        return staff_member_required(protected, login_url="admin:login")

    return decorate


def parse_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
