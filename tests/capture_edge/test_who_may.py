"""Who may use the capture API: operators by session, programs by key, nobody else."""

import pytest
from django.test import Client

from apps.access import services


@pytest.fixture
def paths(session) -> list[str]:
    return [
        "/api/sessions",
        f"/api/sessions/{session.id}",
        f"/api/sessions/{session.id}/events",
    ]


def statuses(client, paths, headers=None) -> set[int]:
    responses = [client.get(path, headers=headers or {}) for path in paths]
    assert all(response["Content-Type"] == "application/json" for response in responses)
    return {response.status_code for response in responses}


def test_nobody_is_asked_to_prove_themselves(client, paths):
    assert statuses(client, paths) == {401}
    assert client.get(paths[0])["WWW-Authenticate"] == "Bearer"


def test_an_operator_may_read(browser_of, operator, paths):
    assert statuses(browser_of(operator), paths) == {200}


def test_a_user_who_is_no_operator_may_not(browser_of, stranger, paths):
    assert statuses(browser_of(stranger), paths) == {403}


def test_a_program_may_read_with_either_header(client, paths):
    secret = services.create_key(name="program")[1]
    assert statuses(client, paths, {"Authorization": f"Bearer {secret}"}) == {200}
    assert statuses(client, paths, {"X-Api-Key": secret}) == {200}


@pytest.mark.parametrize("secret", ["ck_wrong", "", "ck_\x7f\u00e9"])
def test_a_wrong_key_opens_nothing(client, paths, secret):
    assert statuses(client, paths, {"X-Api-Key": secret}) == {401}


def test_a_revoked_key_opens_nothing(client, paths):
    key, secret = services.create_key(name="program")
    services.revoke_key(key_id=key.pk)
    assert statuses(client, paths, {"X-Api-Key": secret}) == {401}


def test_the_open_api_asks_for_nothing(client, paths, settings):
    settings.CAPTURE_OPEN_API = True
    assert statuses(client, paths) == {200}


def test_a_page_of_an_allowed_origin_may_read_the_answer(client, program, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://games.example"]
    headers = program("read")
    allowed = client.get("/api/sessions", headers=headers | {"Origin": "https://games.example"})
    other = client.get("/api/sessions", headers=headers | {"Origin": "https://evil.example"})
    assert allowed["Access-Control-Allow-Origin"] == "https://games.example"
    assert allowed["Access-Control-Expose-Headers"] == "Retry-After, Content-Disposition"
    assert "origin" in allowed["Vary"]
    assert "origin" in other["Vary"]
    assert not other.has_header("Access-Control-Allow-Origin")


def test_health_is_open_to_all(client: Client, settings):
    response = client.get("/api/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "version": settings.VERSION,
        "database": "ok",
        "valkey": "ok",
    }


def test_health_names_the_part_that_is_away(client: Client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/api/health/")
    assert response.status_code == 503
    assert response.json()["valkey"] == "unavailable"
    assert response.json()["database"] == "ok"
