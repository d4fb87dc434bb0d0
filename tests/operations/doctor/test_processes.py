"""Workers, beat, stream, hooks and MediaMTX, as manage.py doctor sees them."""

import time

import pytest
import redis

from apps.capture import readers
from apps.live import mediamtx
from apps.operations import signs
from apps.operations.doctor import processes
from tests.operations.doctor.looking import found, levels, workers_that_read


def test_every_queue_has_a_worker() -> None:
    assert found(processes.workers) == [("ok", "default 1, media 1, exports 1, capture 1")]


def test_a_queue_without_a_worker_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    workers_that_read(monkeypatch, "default", "exports", "capture")
    assert found(processes.workers)[0] == ("wrong", "No worker reads the queue media.")
    workers_that_read(monkeypatch)
    assert levels(processes.workers) == ["wrong"] * 4


def test_beat_is_known_by_what_it_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(processes.beat)[0][0] == "wrong"
    signs.note_beat()
    assert found(processes.beat) == [("ok", "runs")]
    signs.valkey.client().set(signs.key_of(signs.BEAT), time.time() - 600)
    assert found(processes.beat)[0][1].startswith("Beat has done nothing for 600 s")


def test_beat_goes_on_without_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs.valkey, "client", lambda: redis.Redis(port=1))
    signs.note_beat()


def test_the_media_server(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    class Server:
        def streams(self) -> list:
            return []

    monkeypatch.setattr(mediamtx, "media_server", Server)
    assert found(processes.media_server) == [("ok", "MediaMTX answers, 0 streams")]
    settings.MEDIAMTX_API_URL = ""
    assert levels(processes.media_server) == ["skipped"]


def test_a_media_server_that_is_away_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = mediamtx.MediaMtx("http://127.0.0.1:1", "secret")
    monkeypatch.setattr(mediamtx, "media_server", lambda: nobody)
    assert levels(processes.media_server) == ["wrong"]


def test_stream_processes_are_known_by_what_they_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(processes.stream) == ["wrong"]
    told = {"one:7": readers.entry(3), "two:8": readers.entry(0), "gone:9": "5 1000"}
    signs.valkey.client().hset(readers.KEY, mapping=told)
    assert found(processes.stream) == [("ok", "2 run, 3 readers")]


def test_hooks_are_known_by_their_signs_of_life(settings) -> None:
    assert levels(processes.hooks) == ["wrong"]
    signs.note(signs.HOOKS)
    assert levels(processes.hooks) == ["ok"]
    signs.valkey.client().set(signs.key_of(signs.HOOKS), time.time() - 600)
    assert levels(processes.hooks) == ["wrong"]
    settings.MEDIAMTX_API_URL = ""
    assert levels(processes.hooks) == ["skipped"]
