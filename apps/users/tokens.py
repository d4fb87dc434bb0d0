"""Our own sign-in tokens: random, shown once, kept as a digest, one for each sign-in."""

import secrets

from django.utils import timezone

from apps.users.callers import digest
from apps.users.models import AuthToken, User

TOKEN_BYTES = 32


def issue(*, user: User, platform: str = "") -> str:
    """A new token for `user`; the only time that it can be read."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    AuthToken.objects.create(digest=digest(token), user=user, platform=platform[:20])
    return token


def revoke(*, token_id: int) -> None:
    """End one sign-in."""
    AuthToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(*, user: User) -> None:
    """End every sign-in of a person."""
    AuthToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
