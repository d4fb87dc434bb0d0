"""What operators do to accounts. Each stands in the logs, in the same transaction."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from apps.moderation.models import OperatorAction
from apps.moderation.services.operators import NotPossible, record
from apps.staff import two_factor
from apps.users import tokens
from apps.users.models import User
from apps.users.operators import has_say_over
from apps.users.services import accounts, deletion, export, pictures

Kind = OperatorAction.Kind
PROFILE_PARTS = {
    "picture": ("profile_pic", "profile_pic_small", "profile_gif"),
    "texts": ("bio", "website", "first_name", "last_name"),
}


def access(operator: User, user_id: int) -> User:
    """The account, locked until the end of the transaction.

    Raises NotPossible if it is gone, or an operator's whom `operator` has no say over.
    """
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None or user.status == User.Status.DELETED:
        raise NotPossible("This account does not exist any more.")
    require_say(operator, user)
    return user


def require_say(operator: User, user: User) -> None:
    """Raises NotPossible for the accounts of those who stand above `operator`."""
    if not has_say_over(operator, user):
        raise NotPossible(f"{user.username} is an operator: ask who manages them.")


@transaction.atomic
def reset_password(*, operator: User, user_id: int, reason: str) -> None:
    """Make the password useless and end every sign-in; the person chooses another one with
    "Forgot password". Locks the account."""
    user = access(operator, user_id)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    tokens.revoke_all(user_id=user.pk)
    record(operator_id=operator.pk, kind=Kind.RESET_PASSWORD, user_id=user.pk, reason=reason)


@transaction.atomic
def sign_out(*, operator: User, user_id: int, reason: str) -> None:
    """End every sign-in of somebody, in apps and browsers. Locks the account."""
    user = access(operator, user_id)
    tokens.revoke_all(user_id=user.pk)
    if user.is_staff:
        end_browser_sessions(user.pk)
    record(operator_id=operator.pk, kind=Kind.SIGN_OUT, user_id=user.pk, reason=reason)


def end_browser_sessions(user_id: int) -> None:
    """Only operators have any, so there are few."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        if session.get_decoded().get(SESSION_KEY) == str(user_id):
            session.delete()


@transaction.atomic
def reset_profile(*, operator: User, user_id: int, parts: Collection[str], reason: str) -> None:
    """Take away what somebody shows of themselves: "picture", "texts", "username". Locks the
    account."""
    user = access(operator, user_id)
    if "picture" in parts:
        pictures.replace(user_id=user.pk, **dict.fromkeys(PROFILE_PARTS["picture"], ""))
    changes = dict.fromkeys(PROFILE_PARTS["texts"], "") if "texts" in parts else {}
    if "username" in parts:
        changes["username"] = accounts.free_username("user")
    if changes:
        User.objects.filter(pk=user.pk).update(**changes)
    record(
        operator_id=operator.pk,
        kind=Kind.RESET_PROFILE,
        user_id=user.pk,
        reason=reason,
        parts=", ".join(sorted(parts)),
        username=user.username,
    )


@transaction.atomic
def restore_account(*, operator: User, user_id: int, reason: str) -> None:
    """Undo a deletion within the grace period. Locks the account."""
    user = User.objects.select_for_update().get(pk=user_id)
    require_say(operator, user)
    if not deletion.restore_account(user_id=user.pk):
        raise NotPossible("This account is not deleted, or its data is gone.")
    record(operator_id=operator.pk, kind=Kind.RESTORE_ACCOUNT, user_id=user.pk, reason=reason)


@transaction.atomic
def data_of(*, operator: User, user: User, reason: str) -> dict[str, Any]:
    """All that is kept about somebody, for them to have."""
    require_say(operator, user)
    record(operator_id=operator.pk, kind=Kind.EXPORT_DATA, user_id=user.pk, reason=reason)
    return export.data_of(user_id=user.pk)


@transaction.atomic
def reset_two_factor(*, operator: User, user_id: int, reason: str) -> None:
    """Forget an operator's authenticator and backup codes. Locks the account."""
    user = access(operator, user_id)
    if not two_factor.reset(user_id=user.pk):
        raise NotPossible(f"{user.username} has set up no second factor.")
    record(operator_id=operator.pk, kind=Kind.RESET_TWO_FACTOR, user_id=user.pk, reason=reason)
