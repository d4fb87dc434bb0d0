"""What the mobile API answers: `{"code": int, "msg": ...}`, always with HTTP status 200.

Both shipped clients throw the body of any other status away. The codes and who reads them:
docs/developers/contract.md.
"""

from typing import Any

import orjson
from django.http import HttpResponse

OK = 200
REFUSED = 201  # what the user can be told; also "empty list" and "toggle undone"
NO_IDENTITY = 401
NOT_FOUND = 404  # no such endpoint
TOO_FAST = 429
UNEXPECTED = 500
SESSION_ENDED = 501  # the Android client wipes its session at this code
AWAY = 503  # a server of ours does not answer for the moment; the proxy says it too

ContractValue = Any  # what orjson can write: dict, list, str, int, float, None, Fragment


ABSENT = object()  # an endpoint's `refusal_msg`: no `msg` at all


class ContractError(Exception):
    """An outcome other than success. `message` is a sentence for the app's user."""

    code = UNEXPECTED

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(ContractError):
    """Bad input or a rule of the business; nothing was changed."""

    code = REFUSED


class NoIdentity(ContractError):
    """No proof of identity, or one that belongs to nobody."""

    code = NO_IDENTITY


class SessionEnded(ContractError):
    """The token was revoked or has expired, or the account is banned or deleted."""

    code = SESSION_ENDED


class UnknownEndpoint(ContractError):
    code = NOT_FOUND


class TooFast(ContractError):
    code = TOO_FAST


class Answer:
    """A success with keys beside `code` and `msg`, or with a code other than 200."""

    def __init__(self, msg: ContractValue, *, code: int = OK, **beside: ContractValue) -> None:
        self.content = {"code": code, "msg": msg} | beside


def to_response(content: dict[str, ContractValue]) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")
