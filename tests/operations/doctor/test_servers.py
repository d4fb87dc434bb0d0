"""PostgreSQL and Valkey, as manage.py doctor sees them."""

import time
from typing import Any

import pytest

from apps.capture import partitions
from apps.operations.doctor import servers
from config import health
from config.queues import QUEUES
from tests.objectstore import use_s3
from tests.operations.doctor.looking import found, levels, workers_that_read


def test_the_database_answers() -> None:
    assert levels(servers.database) == ["ok"]


def test_an_old_postgresql_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "server_version", lambda: 130_012)
    assert found(servers.database) == [("wrong", "PostgreSQL 13 is too old.")]


def test_the_tests_server_is_set_up_well() -> None:
    assert levels(servers.database_settings) == ["ok"]


def test_postgresqls_defaults_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"random_page_cost": "4", "jit": "on", "max_connections": "10", "activity": 9}
    monkeypatch.setattr(
        servers, "ask", lambda sql: next(answers[word] for word in answers if word in sql)
    )
    said = [said for level, said in found(servers.database_settings) if level == "warning"]
    assert [line.split()[0] for line in said] == ["random_page_cost", "jit", "9"]


def test_more_workers_than_connections_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    workers_that_read(monkeypatch, *QUEUES, threads=1000)
    assert found(servers.database_settings)[0][1].startswith("4000 connections are used or will")


def test_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(servers.migrations) == ["ok"]
    monkeypatch.setattr(health, "known_migrations", lambda: {("users", "9999_next")})
    assert found(servers.migrations)[0][0] == "wrong"


def test_the_partitions_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    partitions.make_partitions()
    assert levels(servers.event_partitions) == ["ok"]
    monkeypatch.setattr(partitions, "partition_names", lambda cursor: {"capture_event_default"})
    assert levels(servers.event_partitions) == ["warning"]


def valkey_that_says(monkeypatch: pytest.MonkeyPatch, **info: Any) -> None:
    class Server:
        def info(self) -> dict[str, Any]:
            return {"valkey_version": "9", "used_memory": 90, "aof_enabled": 1, **info}

    monkeypatch.setattr(servers.valkey_pool, "client", Server)


def test_a_durable_valkey_that_evicts_nothing_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_that_says(monkeypatch, maxmemory_policy="noeviction", maxmemory=0)
    assert found(servers.valkey) == [("ok", "Valkey 9 answers")]


def test_the_tests_own_valkey_keeps_nothing() -> None:
    assert levels(servers.valkey) == ["ok", "warning"]


def test_a_valkey_that_evicts_and_is_full_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_that_says(monkeypatch, maxmemory_policy="allkeys-lru", maxmemory=100, aof_enabled=0)
    assert levels(servers.valkey) == ["ok", "warning", "wrong", "warning"]


def test_clocks_of_this_machine_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "SKEW_WARNING_S", 30)  # a busy machine is not a wrong clock
    monkeypatch.setattr(servers, "SKEW_WRONG_S", 60)
    assert levels(servers.clocks) == ["ok", "ok", "skipped"]


def test_the_stores_clock_is_compared_too(
    monkeypatch: pytest.MonkeyPatch, settings, s3_server: str
) -> None:
    use_s3(settings, s3_server)
    monkeypatch.setattr(servers, "SKEW_WARNING_S", 60)
    assert levels(servers.clocks) == ["ok", "ok", "ok"]


def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "postgres_now", lambda: time.time() - 3600)
    monkeypatch.setattr(servers, "valkey_now", lambda: time.time() + 15)
    assert levels(servers.clocks) == ["wrong", "warning", "skipped"]
