"""POST /api/sessions and DELETE /api/sessions/<id>"""

import pytest
from django.test import Client

from apps.capture import services
from apps.capture.models import Session
from tests.capture_edge.making import make_session


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)


@pytest.fixture
def post(client, program):
    headers = program("write")

    def send(body, path="/api/sessions"):
        return client.post(path, body, content_type="application/json", headers=headers)

    return send


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/"])
@pytest.mark.parametrize("name", ["ada", "@Ada", "https://www.tiktok.com/@ada/live?lang=en"])
def test_a_session_begins(post, path, name):
    response = post({"username": name}, path)
    assert response.status_code == 201
    assert response.json()["username"] == "ada"
    assert response.json()["status"] == "waiting"
    assert Session.objects.get().id.hex == response.json()["id"].replace("-", "")


@pytest.mark.parametrize(
    "body",
    [{}, {"username": ""}, {"username": None}, {"username": "no spaces"}, {"username": ["a"]}, []],
)
def test_a_wrong_name_is_a_400_with_a_sentence(post, body):
    response = post(body)
    assert response.status_code == 400
    assert isinstance(response.json()["detail"], str)
    assert not Session.objects.exists()


@pytest.mark.parametrize("body", ["", "{", '{"username": "a\x00b"}'])
def test_a_broken_body_is_a_400(post, body):
    assert post(body).status_code == 400


def test_a_form_is_not_understood(client, program):
    response = client.post("/api/sessions", {"username": "ada"}, headers=program("write"))
    assert response.status_code == 415


def test_a_streamer_who_is_captured_already_is_a_conflict(post):
    session = make_session("ada")
    response = post({"username": "ada"})
    assert response.status_code == 409
    assert response.json() == {
        "detail": "@ada is being captured already.",
        "session_id": str(session.id),
    }


def test_a_session_is_ended(client, program, session):
    response = client.delete(f"/api/sessions/{session.id}", headers=program("write"))
    assert response.status_code == 200
    assert response.json()["stop_requested"] is True
    assert client.delete(f"/api/sessions/{session.id}/", headers=program("write")).json()
    session.refresh_from_db()
    assert session.stop_requested_at is not None


def test_an_unknown_session_can_not_be_ended(client, program):
    headers = program("write")
    assert client.delete("/api/sessions/nonsense", headers=headers).status_code == 404


def test_a_reading_key_changes_nothing(client, program, session):
    headers = program("read")
    sent = {"username": "bob"}
    begun = client.post("/api/sessions", sent, content_type="application/json", headers=headers)
    ended = client.delete(f"/api/sessions/{session.id}", headers=headers)
    assert (begun.status_code, ended.status_code) == (403, 403)
    assert begun.json() == {"detail": "This API key lacks the scope 'write'."}
    session.refresh_from_db()
    assert (Session.objects.count(), session.stop_requested_at) == (1, None)


def test_a_stranger_changes_nothing(browser_of, stranger, session):
    browser = browser_of(stranger)
    assert browser.delete(f"/api/sessions/{session.id}").status_code == 403
    session.refresh_from_db()
    assert session.stop_requested_at is None


def test_an_operators_browser_needs_the_csrf_token(operator, session):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator.user)
    assert browser.delete(f"/api/sessions/{session.id}").status_code == 403
    browser.get("/admin/")
    token = browser.get("/admin/password_change/").context["csrf_token"]
    headers = {"X-CSRFToken": str(token)}
    assert browser.delete(f"/api/sessions/{session.id}", headers=headers).status_code == 200
