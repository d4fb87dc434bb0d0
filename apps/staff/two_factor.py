"""The second factor of operators: codes of an authenticator app (TOTP), and backup codes.

A session that passed keeps the id of the authenticator in PASSED, so that resetting it ends what
was opened with it.
"""

from typing import Any

import segno
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.audit.services import Kind, note
from apps.users.models import User

PASSED = "two_factor"
BACKUP_CODES = 10
WRONG = "This code is wrong, was used before, or is too old."


class NotNow(Exception):
    """Too many wrong codes; the sentence says how long to wait."""


def step_for(user: Any, session: Any) -> str:
    """What a session of an operator needs before it opens anything: "", "code" or "setup"."""
    own = authenticator_ids(user.pk)
    if not own:
        return "setup" if settings.STAFF_TWO_FACTOR else ""
    return "" if session.get(PASSED) in own else "code"


def authenticator_ids(user_id: int) -> set[int]:
    return set(
        TOTPDevice.objects.filter(user_id=user_id, confirmed=True).values_list("pk", flat=True)
    )


@transaction.atomic
def new_authenticator(user: User) -> TOTPDevice:
    """What is to be scanned; the same until it is confirmed. Locks the person."""
    User.objects.select_for_update().get(pk=user.pk)
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return waiting or TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=False)


def qr_code(device: TOTPDevice) -> str:
    """The address of an authenticator as inline SVG."""
    return segno.make(device.config_url, error="m").svg_inline(
        scale=5, border=2, light="white", omitsize=False
    )


@transaction.atomic
def confirm(request: HttpRequest, code: str) -> list[str] | None:
    """Take the scanned authenticator into use; the backup codes, or None if the code is wrong.

    An older authenticator ends. Locks the new one. Raises NotNow.
    """
    waiting = TOTPDevice.objects.select_for_update().filter(user=request.user, confirmed=False)
    device = waiting.first()
    if device is None or not verified(device, code):
        return None
    TOTPDevice.objects.filter(user=request.user, confirmed=True).delete()
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    let_pass(request, device.pk)
    note(Kind.TWO_FACTOR, "set up")
    return new_backup_codes(request.user)


@transaction.atomic
def new_backup_codes(user: Any) -> list[str]:
    """Ten codes that work once each; older ones end."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Backup codes")
    codes = [StaticToken.random_token() for _ in range(BACKUP_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return codes


@transaction.atomic
def check(request: HttpRequest, code: str) -> bool:
    """Let a session in by a code of the authenticator or a backup code. Raises NotNow.

    Locks the devices, so that of two requests with one code one gets in.
    """
    own = TOTPDevice.objects.select_for_update().filter(user=request.user, confirmed=True)
    authenticator = own.first()
    if authenticator is None:
        return False
    if len(code) == authenticator.digits and code.isdecimal():
        passed, how = verified(authenticator, code), "code"
    else:
        backup = StaticDevice.objects.select_for_update().filter(user=request.user).first()
        passed, how = backup is not None and verified(backup, code.lower()), "backup code"
    note(Kind.TWO_FACTOR, how if passed else f"wrong {how}")
    if passed:
        let_pass(request, authenticator.pk)
    return passed


def verified(device: Any, code: str) -> bool:
    """Raises NotNow while the device rests after wrong codes."""
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise NotNow(f"Too many wrong codes. Try again in {seconds_left(why)} seconds.")
    return device.verify_token(code)


def seconds_left(why: dict[str, Any]) -> int:
    from django.utils import timezone

    until = why.get("locked_until") or timezone.now()
    return max(1, round((until - timezone.now()).total_seconds()))


def let_pass(request: HttpRequest, authenticator_id: int) -> None:
    request.session.cycle_key()
    request.session[PASSED] = authenticator_id


@transaction.atomic
def reset(*, user_id: int) -> bool:
    """Forget somebody's authenticator and backup codes, which ends their sessions; False if there
    were none."""
    there = TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists()
    TOTPDevice.objects.filter(user_id=user_id).delete()
    StaticDevice.objects.filter(user_id=user_id).delete()
    return there
