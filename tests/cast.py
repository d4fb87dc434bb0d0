"""The people of every test, and the phone they hold."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from apps.users import tokens
from apps.users.models import User


@dataclass
class Person:
    """A user with a token."""

    user: User
    token: str

    @property
    def id(self) -> int:
        return self.user.id


def make_person(username: str, **fields: Any) -> Person:
    user = User.objects.create_user(username, **fields)
    return Person(user, tokens.issue(user=user))


class Phone:
    """Calls mobile endpoints over Django's test client, as the apps do."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)

    def call(
        self,
        endpoint: str,
        values: dict[str, Any] | None = None,
        *,
        by: Person | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """POST JSON to /api/<endpoint> and return the envelope. HTTP 200 is asserted."""
        return self.send(
            f"/api/{endpoint}", json.dumps(values or {}).encode(), by=by, headers=headers
        )

    def send(
        self,
        path: str,
        body: bytes,
        *,
        by: Person | None = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = (headers or {}) | ({"Auth-Token": by.token} if by else {})
        response = self.client.post(path, data=body, content_type=content_type, headers=headers)
        assert response.status_code == 200, response.content[:500]
        answer = response.json()
        assert isinstance(answer["code"], int)
        assert "msg" in answer or "message" in answer
        return answer


class Inbox:
    """A sender of one-time codes that keeps them, in place of the person's phone or mail."""

    makes_codes = False

    def __init__(self) -> None:
        self.codes: dict[str, list[str]] = {}

    def send(self, *, address: str, code: str) -> None:
        self.codes.setdefault(address, []).append(code)

    def check(self, *, address: str, code: str) -> bool:
        return False

    def latest(self, address: str) -> str:
        return self.codes[address][-1]
