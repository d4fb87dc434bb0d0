"""manage.py check --deploy, and what an https address means."""

import subprocess
import sys

import pytest
from django.test import Client

from tests.config.test_unsafe_settings import ROOT, SAFE

PRODUCTION = SAFE | {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "PUBLIC_URL": "https://clips.example.com",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_django_finds_nothing_in_production_settings() -> None:
    answer = check()
    assert answer.returncode == 0, answer.stderr
    assert "System check identified no issues" in answer.stdout + answer.stderr


def test_without_https_it_warns() -> None:
    answer = check(PUBLIC_URL="http://clips.example.com")
    assert answer.returncode == 1
    assert "security.W008" in answer.stderr
    assert "security.W004" in answer.stderr


@pytest.fixture
def https_only(settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600


def test_pages_are_sent_to_https(https_only: None) -> None:
    answer = Client().get("/admin/login/")
    assert answer.status_code == 301
    assert answer["Location"].startswith("https://")


def test_behind_the_proxy_pages_are_answered(https_only: None) -> None:
    answer = Client().get("/admin/login/", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"] == "max-age=3600"


@pytest.mark.parametrize("path", ["/health/live", "/metrics"])
def test_monitors_may_ask_from_inside(https_only: None, path: str) -> None:
    assert Client().get(path).status_code in (200, 403)


def test_apps_are_answered_and_not_redirected(https_only: None) -> None:
    answer = Client().post("/api/showTopics", "{}", content_type="application/json")
    assert answer.status_code == 200
