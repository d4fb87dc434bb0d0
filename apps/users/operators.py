"""How an operator gets in without a password, by a link that signs in once; and whose accounts an
operator may touch."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.users.callers import digest
from apps.users.models import LoginLink, User

OPERATOR = "operator"
LINK_LIFETIME = timedelta(hours=24)
LINK_BYTES = 32


class NotAnOperator(Exception):
    """The name belongs to somebody who may not be signed in by a link; a sentence says so."""


@transaction.atomic
def create_login_link(*, username: str = OPERATOR) -> str:
    """A new secret for /operator/login/<secret>/; the only time that it can be read.

    The account named `operator` is made if it is missing; it has no password until one is set.
    Older unused links of the same person end. Raises NotAnOperator.
    """
    user = find_operator(username)
    LoginLink.objects.filter(user=user, used_at=None).delete()
    secret = secrets.token_urlsafe(LINK_BYTES)
    LoginLink.objects.create(
        digest=digest(secret), user=user, expires_at=timezone.now() + LINK_LIFETIME
    )
    return secret


def find_operator(username: str) -> User:
    user = User.objects.filter(username__iexact=username).first()
    if user is None and username == OPERATOR:
        return User.objects.create_superuser(OPERATOR)
    if user is None or not (user.is_staff and user.is_active):
        raise NotAnOperator(
            f"{username} is not an operator. Name one with --username, or make one: "
            "manage.py createsuperuser."
        )
    return user


def is_usable(*, secret: str) -> bool:
    return usable_links(secret).exists()


def use_login_link(*, secret: str) -> User | None:
    """The operator whom an unused, unexpired link signs in, or None.

    One conditional UPDATE uses it up, so that of two simultaneous calls one wins.
    """
    if not usable_links(secret).update(used_at=timezone.now()):
        return None
    return LoginLink.objects.select_related("user").get(digest=digest(secret)).user


def usable_links(secret: str) -> QuerySet[LoginLink]:
    return LoginLink.objects.filter(
        digest=digest(secret),
        used_at=None,
        expires_at__gt=timezone.now(),
        user__is_active=True,
        user__is_staff=True,
    )


def has_say_over(operator: User, user: User) -> bool:
    """Whether `operator` may change the account `user` at all."""
    if user.is_superuser:
        return operator.is_superuser
    return not user.is_staff or operator.has_perm("staff.manage_staff")
