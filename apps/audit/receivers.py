"""Sign-ins of operators, those that fail, and sign-outs."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from apps.audit.services import Kind, note
from apps.users.models import User


@receiver(user_logged_in)
def signed_in(user: User, **kwargs: Any) -> None:
    note(Kind.SIGN_IN, "sign in", operator_id=user.pk, operator_name=user.get_username())


@receiver(user_logged_out)
def signed_out(user: User | None, **kwargs: Any) -> None:
    if user is not None:
        note(Kind.SIGN_OUT, "sign out", operator_id=user.pk, operator_name=user.get_username())


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    note(Kind.SIGN_IN_FAILED, "sign in", operator_name=str(credentials.get("username", "")))
