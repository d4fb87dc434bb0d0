"""Our own sign-in tokens: random, shown once, kept as a digest, one for each sign-in."""

import secrets

from django.utils import timezone

from apps.users.callers import digest
from apps.users.models import AuthToken, User

TOKEN_BYTES = 32


def issue(*, user: User, platform: str = "") -> str:
    """A new token for `user`; the only time that it can be read."""
    return issue_with_id(user=user, platform=platform)[0]


def issue_with_id(*, user: User, platform: str = "") -> tuple[str, int]:
    """The same, and the id of the sign-in."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = AuthToken.objects.create(digest=digest(token), user=user, platform=platform[:20])
    return token, row.pk


def is_token(text: str, token_id: int) -> bool:
    """Whether `text` is the token of that sign-in."""
    return AuthToken.objects.filter(pk=token_id, digest=digest(text)).exists()


def revoke(*, user_id: int, token_id: int) -> bool:
    """End one sign-in of a person; False if it has ended or is not theirs."""
    theirs = AuthToken.objects.filter(pk=token_id, user_id=user_id, revoked_at=None)
    return bool(theirs.update(revoked_at=timezone.now()))


def revoke_all(*, user_id: int, except_token_id: int | None = None) -> None:
    """End every sign-in of a person, but for the one that asks."""
    theirs = AuthToken.objects.filter(user_id=user_id, revoked_at=None)
    if except_token_id:
        theirs = theirs.exclude(pk=except_token_id)
    theirs.update(revoked_at=timezone.now())
