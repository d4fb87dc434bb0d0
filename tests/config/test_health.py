"""/health/live and /health/ready."""

import threading
from pathlib import Path

import boto3
import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from kombu import Connection

from config import health
from config.celery import app as celery_app
from tests.objectstore import KEYS, PRIVATE, use_s3

ALL_IS_WELL = dict.fromkeys(("database", "migrations", "valkey", "broker", "storage"), "ok")
NOBODY = "redis://:hunter2@127.0.0.1:1/0"


def not_ready(client: Client) -> dict[str, str]:
    """The sentences of what is away."""
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    found = answer.json()["checks"]
    assert found.keys() == ALL_IS_WELL.keys()
    return {name: sentence for name, sentence in found.items() if sentence != "ok"}


def replaced(monkeypatch: pytest.MonkeyPatch, name: str, ask) -> None:
    monkeypatch.setitem(health.CHECKS, name, (ask, health.CHECKS[name][1]))


def test_live_answers_without_asking_any_server(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert answer.json() == {"status": "ok"}
    assert health.LOOKS == {}


def test_ready_when_all_that_is_needed_is_there(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):  # its statements have connections of their own
        answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": ALL_IS_WELL}


def test_valkey_is_away(client: Client, settings) -> None:
    settings.REDIS_URL = NOBODY
    assert not_ready(client) == {"valkey": "Valkey does not answer."}


def test_the_broker_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_app, "connection_for_write", lambda: Connection(NOBODY))
    assert not_ready(client) == {"broker": "The task queue does not answer."}


def test_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection to postgres://clipcast:hunter2@db refused")

    replaced(monkeypatch, "database", refuse)
    assert not_ready(client) == {"database": "PostgreSQL does not answer."}


def test_a_migration_is_not_applied(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = MigrationRecorder.applied_migrations

    def all_but_one(recorder: MigrationRecorder) -> dict:
        rows = applied(recorder)
        del rows[("users", "0001_initial")]
        return rows

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", all_but_one)
    sentence = "1 migrations are not applied. Run manage.py migrate."
    assert not_ready(client) == {"migrations": sentence}


def test_the_folder_of_the_uploads_can_not_be_written(
    client: Client, settings, tmp_path: Path
) -> None:
    (tmp_path / "media").write_text("a file where a folder must be")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    assert not_ready(client) == {"storage": "The storage of files can't be used."}


def test_a_folder_that_is_not_there_yet_is_made_by_the_first_file(
    client: Client, settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "not" / "yet")
    assert client.get("/health/ready").status_code == 200


def test_a_bucket_is_gone(client: Client, settings, s3_server: str) -> None:
    use_s3(settings, s3_server)
    assert client.get("/health/ready").status_code == 200
    health.LOOKS.clear()
    boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1", **KEYS).delete_bucket(
        Bucket=PRIVATE
    )
    assert not_ready(client) == {"storage": "The storage of files can't be used."}


def test_what_hangs_counts_as_away_and_is_not_asked_twice(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, end = [], threading.Event()

    def hang() -> None:
        times.append(1)
        end.wait(60)

    monkeypatch.setattr(health, "KEEP_S", 0)
    monkeypatch.setattr(health, "TIMEOUT_S", 0.2)
    replaced(monkeypatch, "storage", hang)
    try:
        assert "storage" in health.checks(["storage"])
        assert health.checks(["storage"]) == {"storage": health.LATE}
        assert times == [1]
    finally:
        end.set()


def test_an_answer_is_kept_for_a_moment(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    monkeypatch.setattr(health, "KEEP_S", 60)
    replaced(monkeypatch, "valkey", lambda: times.append(1))
    for _ in range(3):
        client.get("/health/ready")
    assert times == [1]
    monkeypatch.setattr(health, "KEEP_S", 0)
    client.get("/health/ready")
    assert times == [1, 1]


def test_the_answer_holds_no_secret(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path
) -> None:
    def refuse() -> None:
        raise OperationalError("connection to postgres://clipcast:hunter2@db refused")

    (tmp_path / "media").write_text("")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.REDIS_URL = NOBODY
    replaced(monkeypatch, "database", refuse)
    body = client.get("/health/ready").content.decode()
    assert "hunter2" not in body
    assert str(tmp_path) not in body
    assert "127.0.0.1" not in body


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_read_only(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_monitors_come_by_any_address(client: Client, settings, path: str) -> None:
    """A container's, by which Prometheus and Caddy find each process."""
    settings.ALLOWED_HOSTS = ["clipcast.example"]
    settings.METRICS_TOKEN = "scraper"
    monitor = {"host": "172.18.0.5:8081", "authorization": "Bearer scraper"}
    assert client.get(path, headers=monitor).status_code == 200
    assert client.get("/admin/login/", headers=monitor).status_code == 400
    assert client.get("/health/else", headers=monitor).status_code == 400
