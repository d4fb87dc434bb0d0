"""How often a program or an operator may change something over REST."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.access.models import ApiKey
from apps.contract.throttle import Rate, allows, client_ip

WINDOW_S = 60


class WriteThrottle(BaseThrottle):
    """Whoever is past the limit gets status 429 with Retry-After. Reading is not counted."""

    def allow_request(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or allows(Rate.REST_WRITE, who(request))

    def wait(self) -> float:
        return WINDOW_S


def who(request: Request) -> str:
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    return f"user:{request.user.pk}" if request.user.pk else f"ip:{client_ip(request._request)}"
