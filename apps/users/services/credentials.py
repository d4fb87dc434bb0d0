"""Passwords and addresses: what a person proves themselves by, and how it changes."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.users import tokens
from apps.users.models import OneTimeCode, User
from apps.users.services import codes
from apps.users.services.accounts import (
    EMAIL_TAKEN,
    PHONE_TAKEN,
    check_password,
    taken_sentence,
)

Purpose = OneTimeCode.Purpose
NO_PROOF = "Please ask for a code first and enter it."


@transaction.atomic
def reset_password(*, email: str, password: str, ip: str) -> int:
    """Set a new password where a reset code was given back; ends every sign-in.

    Returns the person's id. Raises Refused without such a proof, and keeps the proof if the
    password is refused.
    """
    check_password(password)
    if not codes.use_proof(purpose=Purpose.PASSWORD, address=email, ip=ip):
        raise Refused(NO_PROOF)
    user = User.objects.filter(email__lower=email, status=User.Status.ACTIVE).first()
    if user is None:
        raise Refused(NO_PROOF)
    set_password(user, password)
    if user.email_verified_at is None:
        User.objects.filter(pk=user.pk).update(email_verified_at=timezone.now())
    tokens.revoke_all(user_id=user.pk)
    return user.pk


@transaction.atomic
def change_password(*, user_id: int, old: str, new: str, token_id: int | None) -> None:
    """Change the password of a signed-in person; their other sign-ins end."""
    user = User.objects.get(pk=user_id)
    if not user.has_usable_password():
        raise Refused('This account has no password yet. Choose one with "Forgot password".')
    if not user.check_password(old):
        raise Refused("The old password is wrong.")
    check_password(new)
    set_password(user, new)
    tokens.revoke_all(user_id=user_id, except_token_id=token_id)


def set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def refuse_taken_email(*, user_id: int, email: str) -> None:
    if User.objects.filter(email__lower=email).exclude(pk=user_id).exists():
        raise Refused(EMAIL_TAKEN)


def refuse_taken_phone(*, user_id: int, phone: str) -> None:
    if User.objects.filter(phone=phone).exclude(pk=user_id).exists():
        raise Refused(PHONE_TAKEN)


@transaction.atomic
def change_email(*, user_id: int, email: str, ip: str) -> None:
    """Set an address whose code the person has just given back. Raises Refused if it is taken."""
    if not codes.use_proof(purpose=Purpose.CHANGE_EMAIL, address=email, ip=ip, user_id=user_id):
        raise Refused(NO_PROOF)
    save_address(user_id, email=email, email_verified_at=timezone.now())


@transaction.atomic
def change_phone(*, user_id: int, phone: str, ip: str, proven: bool = False) -> None:
    """Set a number that was proven by a code, or otherwise (`proven`). Raises Refused."""
    if User.objects.filter(pk=user_id, phone=phone).exists():
        return
    if not (codes.use_proof(purpose=Purpose.PHONE, address=phone, ip=ip) or proven):
        raise Refused(NO_PROOF)
    save_address(user_id, phone=phone)


def save_address(user_id: int, **address: object) -> None:
    try:
        with transaction.atomic():
            User.objects.filter(pk=user_id).update(**address)
    except IntegrityError as error:
        raise Refused(taken_sentence(error)) from error
