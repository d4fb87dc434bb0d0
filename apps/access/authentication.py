"""API keys and scopes for Django REST framework's views."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.access import services
from apps.access.models import ApiKey

WRONG_KEY_SENTENCE = "This API key is unknown or revoked."


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer ck_...` or `X-Api-Key: ck_...`; `request.auth` is the ApiKey."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        secret = services.offered_key(request.headers)
        if secret is None:
            return None
        key = services.find_key(secret)
        if key is None:
            raise AuthenticationFailed(WRONG_KEY_SENTENCE)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayUseCapture(BasePermission):
    """Reading asks for the scope `read` or the right to see sessions, anything else for `write` or
    the right to change them."""

    message = "You may not do this."
    reading: Sequence[str] = SAFE_METHODS
    # Of operators, by method, where it is about something else than sessions.
    rights: Mapping[str, str] = {}

    def has_permission(self, request: Request, view: Any) -> bool:
        method = str(request.method)
        scope = ApiKey.Scope.READ if method in self.reading else ApiKey.Scope.WRITE
        key = request.auth if isinstance(request.auth, ApiKey) else None
        if key and not key.allows(scope):
            self.message = f"This API key lacks the scope '{scope}'."
        right = self.rights.get(method, "")
        return services.may_use(scope, user=request.user, key=key, right=right)
