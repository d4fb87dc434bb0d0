"""PostgreSQL and Valkey are stopped (SIGSTOP), not ended: their machines take what is sent, and
nobody answers. People hear it in a sentence, and once they go on so does everything."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.topology import Topology, wait_until
from config.outages import TRY_AGAIN

SILENT_S = 10
PATIENCE_S = 120
TOKEN = "of-the-test"


@pytest.fixture
def clipcast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    folder = tmp_path_factory.mktemp("clipcast") / "run"
    variables = {
        "DATABASE_STATEMENT_TIMEOUT_S": "5",
        "METRICS_TOKEN": TOKEN,
        "EMAIL_CODE_SENDER": "console",
        "REQUIRE_EMAIL_CODE": "true",
    }
    without = ("mediamtx", "media", "exports", "capture", "stream", "beat")
    with Topology(folder, variables, without) as clipcast:
        yield clipcast


def children_of(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


@contextmanager
def stopped(clipcast: Topology, name: str) -> Iterator[Callable[[], bool]]:
    """Whether it is to stay so for longer: ten seconds in all."""
    first = clipcast.processes[name].pid
    os.kill(first, signal.SIGSTOP)  # it can have no further children now
    family = [first, *children_of(first)]
    try:
        for pid in family[1:]:
            os.kill(pid, signal.SIGSTOP)
        until = time.monotonic() + SILENT_S
        yield lambda: time.monotonic() < until
    finally:
        for pid in reversed(family):
            os.kill(pid, signal.SIGCONT)


def ask(
    clipcast: Topology, method: str, path: str, values: dict[str, Any] | None = None, to: str = ""
) -> tuple[int, Any]:
    """Not by the proxy: it would say itself that nobody answers."""
    for name in (to,) if to else ("web1", "web2"):
        connection = HTTPConnection("127.0.0.1", clipcast.ports[name], timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {TOKEN}"} if path == "/metrics" else {}
        connection.request(method, path, json.dumps(values) if values else None, headers)
        response = connection.getresponse()
        content = response.read().decode()
        connection.close()
    return response.status, json.loads(content) if content.startswith("{") else content


def call(clipcast: Topology, endpoint: str, **values: Any) -> tuple[int, Any]:
    """Code and message, of the second web process that was asked."""
    status, answer = ask(clipcast, "POST", f"/api/{endpoint}", values or {"starting_point": 0})
    assert status == 200
    return answer["code"], answer["msg"]


def publishing(clipcast: Topology) -> int:
    """Status of the hook that says who may publish, for a stranger."""
    asked = {"action": "publish", "path": "pub/1", "query": "token=x", "protocol": "rtmp"}
    return ask(clipcast, "POST", "/mediamtx/auth", asked, to="hooks")[0]


def is_well(clipcast: Topology) -> None:
    """Returns when reading, writing and the worker are as they should be."""
    wait_until(clipcast.is_ready, "the system is ready")
    wait_until(lambda: call(clipcast, "showTopics")[0] == 200, "the database is read")
    wait_until(lambda: publishing(clipcast) == 401, "hooks answer")
    email = f"{uuid4().hex}@example.com"
    wait_until(lambda: call(clipcast, "checkEmail", email=email)[0] == 200, "a code is sent")
    sent = f"SELECT sent_at FROM users_onetimecode WHERE address = '{email}'"
    wait_until(lambda: clipcast.rows(sent)[0][0], "the worker has sent the code")


def test_silence_is_said_and_goes_by(clipcast: Topology) -> None:
    is_well(clipcast)

    with stopped(clipcast, "postgres") as lasts:
        while lasts():
            assert call(clipcast, "showTopics") == (503, TRY_AGAIN)
            status, answer = ask(clipcast, "GET", "/health/ready")
            assert (status, answer["checks"]["database"] == "ok") == (503, False)
            status, answer = ask(clipcast, "GET", "/metrics")
            assert (status, "clipcast_database_up 0.0" in answer) == (200, True)
            assert publishing(clipcast) == 503
    is_well(clipcast)

    with stopped(clipcast, "valkey") as lasts:
        while lasts():
            assert call(clipcast, "showTopics")[0] == 200
            code, sentence = call(clipcast, "checkEmail", email="a@example.com")
            assert (code, "try again" in sentence) == (201, True)
            assert ask(clipcast, "GET", "/health/ready")[0] == 503
    is_well(clipcast)

    assert all(process.poll() is None for process in clipcast.processes.values())
