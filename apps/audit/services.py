"""Writing the audit log. Call `note` inside the transaction of what it is about."""

import ipaddress
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from apps.audit.models import AuditEntry
from apps.contract.throttle import client_ip
from apps.users.models import User
from config.logs import request_id

Kind = AuditEntry.Kind
MOST_IN_A_LIST = 1000


@dataclass
class Visit:
    """The request that is being answered, and what was noted in it."""

    request: HttpRequest
    is_told: bool = False


visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def note(
    kind: AuditEntry.Kind,
    action: str,
    *,
    about: Model | None = None,
    model: str = "",
    object_id: object = "",
    object_name: str = "",
    person_id: int | None = None,
    reason: str = "",
    operator_id: int | None = None,
    operator_name: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Add a line. `about` is the row that it was done to; or name it by `model` and `object_id`.

    Without `operator_id` and `operator_name`, it was done by who sent the request.
    """
    now = visit.get()
    if about is not None:
        model, object_id, object_name = about._meta.label_lower, about.pk, str(about)
        person_id = person_of(about)
    who_id, who_name = who(now, operator_id, operator_name)
    AuditEntry.objects.create(
        operator_id=who_id,
        operator_name=clean(who_name, 150),
        kind=kind,
        action=clean(action, 80),
        model=model,
        object_id=clean("" if object_id is None else object_id, 100),
        object_name=clean(object_name, 200),
        person_id=person_id,
        reason=clean(reason, 300),
        address=address_of(now.request) if now else None,
        request_id=request_id.get()[:64],
        details={name: plain(value) for name, value in (details or {}).items()},
    )
    if now:
        now.is_told = True


# The columns by which a row names whom it concerns, the nearest first.
PEOPLE = ("user_id", "host_id", "receiver_id", "owner_id")


def person_of(row: Model) -> int | None:
    if isinstance(row, User):
        return row.pk
    return next((found for name in PEOPLE if (found := getattr(row, name, None))), None)


def nothing_was_done() -> None:
    """For a page that takes a POST and only asks something back."""
    now = visit.get()
    if now:
        now.is_told = True


def who(now: Visit | None, operator_id: int | None, name: str) -> tuple[int | None, str]:
    user = getattr(now.request, "user", None) if now else None
    if user is not None and user.is_authenticated and operator_id in (None, user.pk) and not name:
        return user.pk, user.get_username()
    if operator_id is not None and not name:
        name = User.objects.filter(pk=operator_id).values_list("username", flat=True).first() or ""
    return operator_id, name


def clean(value: object, most: int) -> str:
    """PostgreSQL takes no NUL."""
    return str(value).replace("\0", "")[:most]


def plain(value: object) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [plain(each) for each in value[:MOST_IN_A_LIST]]
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    return clean(value, 500)


def address_of(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(client_ip(request)))
    except ValueError:
        return None  # a socket file, or a proxy that sends names
