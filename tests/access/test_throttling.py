"""Changes over REST are counted by key; looking is not."""

import pytest
from django.test import Client

from apps.access.services import create_key
from apps.contract import throttle

pytestmark = pytest.mark.django_db


def test_a_key_that_writes_too_often_waits_and_others_do_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "limit", lambda rate: throttle.parse("2/minute"))
    busy, other = (create_key(name=name, scope="write")[1] for name in ("busy", "other"))

    def begin(key: str) -> int:
        answer = client.post(
            "/api/sessions", {"username": "?"}, "application/json", headers={"X-Api-Key": key}
        )
        if answer.status_code == 429:
            assert answer["Retry-After"] == "60"
            assert "throttled" in answer.json()["detail"]
        return answer.status_code

    assert [begin(busy) for _ in range(3)] == [400, 400, 429]
    assert begin(other) == 400
    for _ in range(3):
        answer = client.get("/api/sessions", headers={"X-Api-Key": busy})
        assert answer.status_code == 200
