"""From a proof of identity to the person who owns it, in one query each."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.users import providers
from apps.users.models import AuthToken, ExternalIdentity, User

TOKEN_TOUCH_INTERVAL = timedelta(hours=1)
BANNED_SENTENCE = "This account has been blocked. Please contact the support."
DELETED_SENTENCE = "This account has been deleted."
EXPIRED_SENTENCE = "Your sign-in has ended. Please sign in again."


@dataclass(frozen=True, slots=True)
class Caller:
    """The person on whose behalf a request acts; id 0 is a guest.

    `ended` says why they may not act any more, or is empty.
    """

    id: int
    username: str
    token_id: int | None = None
    ended: str = ""


GUEST = Caller(id=0, username="")

CALLER_COLUMNS = "u.id, u.username, u.status, u.banned_until"
BY_TOKEN_SQL = f"""
    SELECT {CALLER_COLUMNS}, t.id, t.revoked_at, t.last_used_at
    FROM users_authtoken t JOIN users_user u ON u.id = t.user_id WHERE t.digest = %s
"""
BY_IDENTITY_SQL = f"""
    SELECT {CALLER_COLUMNS}
    FROM users_externalidentity i JOIN users_user u ON u.id = i.user_id
    WHERE i.provider = %s AND i.subject = %s
"""
BY_ID_SQL = f"SELECT {CALLER_COLUMNS} FROM users_user u WHERE u.id = %s"


def digest(secret: str) -> bytes:
    """What is stored of a random secret. Its length makes a slow hash unnecessary."""
    return hashlib.sha256(secret.encode()).digest()


def by_token(token: str) -> Caller | None:
    row = one_row(BY_TOKEN_SQL, [digest(token)])
    if row is None:
        return None
    *person, token_id, revoked_at, last_used_at = row
    now = timezone.now()
    unused_limit = timedelta(days=settings.TOKEN_UNUSED_DAYS)
    if revoked_at is not None or now - last_used_at > unused_limit:
        return Caller(person[0], person[1], token_id, EXPIRED_SENTENCE)
    if now - last_used_at > TOKEN_TOUCH_INTERVAL:
        AuthToken.objects.filter(pk=token_id).update(last_used_at=now)
    return to_caller(*person, token_id=token_id)


def by_firebase_id_token(token: str) -> Caller | None:
    proof = providers.verify(ExternalIdentity.Provider.FIREBASE, token)
    return by_identity(ExternalIdentity.Provider.FIREBASE, proof.subject) if proof else None


def by_firebase_uid(uid: str) -> Caller | None:
    return by_identity(ExternalIdentity.Provider.FIREBASE, uid)


def by_identity(provider: str, subject: str) -> Caller | None:
    row = one_row(BY_IDENTITY_SQL, [provider, subject])
    return to_caller(*row) if row else None


def by_user_id(user_id: int) -> Caller | None:
    row = one_row(BY_ID_SQL, [user_id])
    return to_caller(*row) if row else None


def to_caller(
    user_id: int,
    username: str,
    status: str,
    banned_until: datetime | None,
    *,
    token_id: int | None = None,
) -> Caller:
    return Caller(user_id, username, token_id, why_ended(status, banned_until))


def why_ended(status: str, banned_until: datetime | None) -> str:
    """Why an account may not act now, as a sentence; empty if it may."""
    if status == User.Status.DELETED:
        return DELETED_SENTENCE
    if status == User.Status.BANNED and (banned_until is None or banned_until > timezone.now()):
        return BANNED_SENTENCE
    return ""


def one_row(sql: str, parameters: list[Any]) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()
