"""PostgreSQL or Valkey is away, wherever in a request it shows; with real ones: tests/production"""

import logging

import pytest
import redis
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from config import health, outages


def refuse(*args: object, **kwargs: object) -> None:
    raise OperationalError("the connection was refused")


@pytest.fixture
def blunt(desk: Client) -> Client:
    """A browser that shows what the server answers, not what went wrong inside."""
    desk.raise_request_exception = False
    return desk


@pytest.mark.parametrize("path", ["/admin/", "/dashboard/", "/api/sessions", "/admin/users/user/"])
def test_a_signed_in_operator_hears_that_the_database_is_away(
    blunt: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "load", refuse)
    answer = blunt.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert outages.TRY_AGAIN in answer.content.decode()


def test_a_middleware_finds_valkey_away(blunt: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_too(*args: object) -> None:
        raise redis.ConnectionError("the connection was refused")

    monkeypatch.setattr(SessionStore, "load", refuse_too)
    assert blunt.get("/admin/").status_code == 503


def test_what_nobody_foresaw_stays_an_error(
    blunt: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(SessionStore, "load", fail)
    assert blunt.get("/admin/").status_code == 500
    assert [r.levelname for r in caplog.records if r.name == "django.request"] == ["ERROR"]


def test_an_outage_and_a_process_that_leaves_are_no_errors_in_the_log(
    blunt: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(health, "is_leaving", lambda: True)
    assert blunt.get("/health/live").status_code == 503
    assert caplog.records == []
    monkeypatch.setattr(SessionStore, "load", refuse)
    assert blunt.get("/admin/").status_code == 503
    said = [(record.name, record.levelno) for record in caplog.records]
    assert said == [("config.outages", logging.WARNING)]
