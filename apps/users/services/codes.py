"""One-time codes: asking for one, giving it back, and the proof that it then is."""

import ipaddress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from kombu.exceptions import OperationalError

from apps.contract.answers import Refused
from apps.users import budgets, senders, tasks
from apps.users.models import OneTimeCode
from apps.users.services.delivery import code_digest

LIFETIME = timedelta(minutes=10)
WINDOW = timedelta(minutes=15)
MAX_TRIES = 5
WRONG_CODE = "This code is wrong or too old. Please ask for a new one."
NOT_NOW = "Codes can't be sent at the moment. Please try again later."
Purpose = OneTimeCode.Purpose


def request_code(*, purpose: Purpose, address: str, ip: str, user_id: int | None = None) -> None:
    """Have a new code sent to the address; an older one for the same purpose ends.

    Known and unknown addresses take the same path. Raises TooFast past a budget, and Refused
    while the queue is away.
    """
    budgets.spend_on_code(address=address, ip=ip)
    code_id = new_code(purpose=purpose, address=address, user_id=user_id)
    try:
        tasks.send_code.delay(code_id)
    except OperationalError as error:
        raise Refused(NOT_NOW) from error


@transaction.atomic
def new_code(*, purpose: Purpose, address: str, user_id: int | None) -> int:
    """One row an address and purpose: asking again starts it anew. Locks that row."""
    now = timezone.now()
    fresh = {"digest": b"", "expires_at": now + LIFETIME, "tries": 0, "sent_at": None}
    code, _ = OneTimeCode.objects.update_or_create(
        **which(purpose, address, user_id), defaults=fresh | {"problem": "", "created_at": now}
    )
    return code.pk


def give_back(
    *, purpose: Purpose, address: str, digits: str, ip: str, user_id: int | None = None
) -> None:
    """Accept a code: for a while the address counts as proven to whoever asks from `ip`.

    Raises Refused for any other code, alike whether one was sent or not.
    """
    budgets.refuse_guessers(address=address)
    code = take_a_try(purpose=purpose, address=address, user_id=user_id)
    if code is None or not is_right(code, digits):
        budgets.count_wrong_code(address=address)
        raise Refused(WRONG_CODE)
    now = timezone.now()
    used = OneTimeCode.objects.filter(pk=code.pk, expires_at=code.expires_at).update(
        expires_at=now, digest=b"", verified_until=now + WINDOW, verified_network=network(ip)
    )
    if not used:
        raise Refused(WRONG_CODE)


def take_a_try(*, purpose: Purpose, address: str, user_id: int | None) -> OneTimeCode | None:
    """The live code with one try taken off; a conditional UPDATE, so that tries can't race."""
    code = OneTimeCode.objects.filter(**which(purpose, address, user_id)).first()
    if code is None or code.sent_at is None:
        return None
    taken = OneTimeCode.objects.filter(
        pk=code.pk, tries__lt=MAX_TRIES, expires_at=code.expires_at, expires_at__gt=timezone.now()
    ).update(tries=F("tries") + 1)
    return code if taken else None


def is_right(code: OneTimeCode, digits: str) -> bool:
    sender = senders.for_address(code.address)
    if not sender.makes_codes:
        return constant_time_compare(bytes(code.digest), code_digest(code, digits))
    try:
        return sender.check(address=code.address, code=digits)
    except senders.NotSent as error:
        raise Refused("The code can't be checked at the moment. Please try again.") from error


def is_proven(*, purpose: Purpose, address: str, ip: str, user_id: int | None = None) -> bool:
    """Whether a code for the address came back lately from the caller's own network."""
    return proofs(which(purpose, address, user_id), ip).exists()


def use_proof(*, purpose: Purpose, address: str, ip: str, user_id: int | None = None) -> bool:
    """Use the proof up; False if there is none. One conditional UPDATE: it serves once."""
    return bool(proofs(which(purpose, address, user_id), ip).update(verified_until=None))


def which(purpose: Purpose, address: str, user_id: int | None) -> dict[str, Any]:
    return {"purpose": purpose, "address": address, "user_id": user_id}


def proofs(code: dict[str, Any], ip: str) -> QuerySet[OneTimeCode]:
    now = timezone.now()
    return OneTimeCode.objects.filter(**code, verified_until__gt=now, verified_network=network(ip))


def network(ip: str) -> str:
    """The address itself, or an IPv6 network: the clients carry no proof from one call to the
    next, so a proof serves only where it was earned."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip[:50]
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
