"""The key by which a client says that a request is the same as one before.

It comes as the header `Idempotency-Key` or in the body, where the endpoint's Input declares
`idempotency_key = KeyField()`.
"""

from typing import Any

from django.http import HttpRequest

from apps.contract.answers import Refused
from apps.contract.fields import TextField

KEY_MAX_LENGTH = 100


class KeyField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": KEY_MAX_LENGTH, "required": False} | kwargs))


def idempotency_key(request: HttpRequest, data: dict[str, Any]) -> str:
    """The request's key, empty without one. Raises Refused for one that can't be kept."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > KEY_MAX_LENGTH or "\x00" in key:
        raise Refused(f"Idempotency-Key: at most {KEY_MAX_LENGTH} characters.")
    return key or data.get("idempotency_key", "")
