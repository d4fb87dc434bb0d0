"""No operator's page without the second factor."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.staff import two_factor

# Pages that send to the page of the second factor. Elsewhere the session counts as nobody's.
PAGES = ("/admin/", "/dashboard/")
OPEN = ("/operator/", "/admin/logout/", "/static/", "/media/", "/health/")


class TwoFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(OPEN):
            user = request.user
            if user.is_authenticated and user.is_staff:
                step = two_factor.step_for(user, request.session)
                if step and request.path.startswith(PAGES):
                    return redirect(address(step, request))
                if step:
                    request.user = AnonymousUser()
        return self.get_response(request)


def address(step: str, request: HttpRequest) -> str:
    name = "two-factor" if step == "code" else "two-factor-setup"
    wanted = request.get_full_path() if request.method == "GET" else "/admin/"
    return f"{reverse(name)}?{urlencode({'next': wanted})}"
