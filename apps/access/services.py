"""Who may use the capture API: operators by their session, programs by their key."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeGuard

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.access.models import ApiKey
from apps.users.callers import digest
from apps.users.models import User

PREFIX = "ck_"
KEY_BYTES = 32
TOUCH_INTERVAL = timedelta(minutes=5)
# What an operator must be allowed to do what a key may do by its scope.
RIGHTS = {ApiKey.Scope.READ: "capture.view_session", ApiKey.Scope.WRITE: "capture.change_session"}


def create_key(*, name: str, scope: str = ApiKey.Scope.READ) -> tuple[ApiKey, str]:
    """A new key and its text, which can't be read again."""
    secret = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key = ApiKey.objects.create(name=name, scope=scope, digest=digest(secret), hint=secret[:8])
    return key, secret


def revoke_key(*, key_id: int) -> None:
    ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=timezone.now())


def find_key(secret: str) -> ApiKey | None:
    """The key with this text unless it is unknown or revoked; its use is noted now and then."""
    key = ApiKey.objects.filter(digest=digest(secret), revoked_at=None).first()
    now = timezone.now()
    if key and (key.last_used_at is None or now - key.last_used_at > TOUCH_INTERVAL):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def offered_key(headers: Mapping[str, str]) -> str | None:
    """The key's text in `X-Api-Key` or `Authorization: Bearer`, or None if there is none."""
    scheme, _, bearer = headers.get("Authorization", "").partition(" ")
    offered = headers.get("X-Api-Key") or (bearer if scheme.lower() == "bearer" else "")
    return offered.strip() or None


def may_use(
    scope: str, *, user: User | AnonymousUser | None, key: ApiKey | None, right: str = ""
) -> bool:
    """Whether the API may be used for `scope` by this key, or by this operator, who needs `right`
    or, without one, that of the scope."""
    if settings.CAPTURE_OPEN_API:
        return True
    if key is not None:
        return key.allows(scope)
    return is_operator(user) and user.has_perm(right or RIGHTS[ApiKey.Scope(scope)])


def is_operator(user: User | AnonymousUser | None) -> TypeGuard[User]:
    return user is not None and user.is_active and user.is_staff
