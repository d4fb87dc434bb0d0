"""The stream process under its real server, and a reader of server-sent events."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import orjson
import redis
from django.conf import settings
from django.db import connection

from apps.capture.channel import NEWS, channel_of
from tests.live.stack import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S = 180
READ_TIMEOUT_S = 120
ORIGIN = "https://page.example"  # whose scripts may ask
QUICK = {
    "STREAM_HEARTBEAT_S": "1",
    "STREAM_RECHECK_S": "0.5",
    "CORS_ALLOWED_ORIGINS": ORIGIN,
}


@contextmanager
def stream_process(variables: dict[str, str] | None = None) -> Iterator[str]:
    """Start the process on a free port, on the test's own database; yield its URL."""
    port = free_port()
    command = [
        *(str(Path(sys.executable).parent / "granian"), "--interface", "asgi"),
        *("--port", str(port), "--log-level", "warning", "config.stream:application"),
    ]
    places = variables or {"DATABASE_URL": test_database_url()}
    environment = os.environ | QUICK | places
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=90)


def test_database_url() -> str:
    return urlunsplit(
        urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    )


def wait_until_it_answers(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            httpx.get(url, timeout=30)
            return
        except httpx.TransportError:
            assert process.poll() is None, "the stream process ended by itself"
            assert time.monotonic() < deadline, "the stream process does not answer"
            time.sleep(0.1)


def announce(session) -> None:
    """What the capture worker does after a commit."""
    redis.Redis.from_url(settings.REDIS_URL).publish(channel_of(session.id), NEWS)


class Frame(dict):
    """`id`, `event` and `data` of one server-sent event; a comment has only `comment`."""

    @property
    def json(self) -> dict:
        return orjson.loads(self["data"])

    @property
    def event_id(self) -> int | None:
        """The id of a stored event; a frame of stats has the id of an earlier one."""
        return int(self["id"]) if "id" in self and self["event"] != "stats" else None


@contextmanager
def open_stream(
    url: str, session_id, *, headers=None, last_event_id=None, query=None
) -> Iterator[Iterator[Frame]]:
    headers = dict(headers or {})
    if last_event_id is not None:
        headers["Last-Event-ID"] = str(last_event_id)
    with (
        httpx.Client(timeout=READ_TIMEOUT_S) as client,
        client.stream(
            "GET", f"{url}/api/sessions/{session_id}/stream", params=query or {}, headers=headers
        ) as response,
    ):
        if response.status_code != 200:
            raise Refused(response.status_code, orjson.loads(response.read()))
        assert response.headers["content-type"] == "text/event-stream"
        yield frames(response.iter_lines())


class Refused(Exception):
    """The server answered with another status than 200."""


def frames(lines: Iterator[str]) -> Iterator[Frame]:
    frame = Frame()
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            frame[name or "comment"] = value
        elif frame:
            yield frame
            frame = Frame()


def take_events(stream: Iterator[Frame], count: int) -> list[int]:
    """The ids of the next `count` stored events; stats and comments are passed over."""
    found = []
    while len(found) < count:
        event_id = next(stream).event_id
        if event_id is not None:
            found.append(event_id)
    return found


def until(stream: Iterator[Frame], event: str) -> Frame:
    """The next frame of this kind."""
    return next(frame for frame in stream if frame.get("event") == event)
