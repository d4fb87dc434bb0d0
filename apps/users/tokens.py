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


def revoke_all(*, user_id: int, except_token_id: int | None = None) -> None:
    """End every sign-in of a person, but for the one that asks."""
    theirs = AuthToken.objects.filter(user_id=user_id, revoked_at=None)
    if except_token_id:
        theirs = theirs.exclude(pk=except_token_id)
    theirs.update(revoked_at=timezone.now())
