"""PostgreSQL stopped or killed for seconds, Valkey killed: a real worker stores every message
once, and a real stream shows every event once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from apps.capture.webcast.recording import recorded_messages
from apps.capture.webcast.room import AtEnd, Room
from apps.capture.webcast.server import running
from benchmarks.topology import open_to_postgres
from config import embedded
from tests.capture.conftest import wait_for
from tests.capture.workers import OPTIONS
from tests.capture_edge.stream_client import open_stream, stream_process

AWAY_S = 2
PATIENCE_S = 120


class OwnServers:
    """A PostgreSQL and a Valkey that a test may stop and kill, as the embedded run starts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database_url = embedded.start_postgres(folder / "postgres")
        self.valkey_url = embedded.start_valkey(folder / "valkey")

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey_url,
            "DEBUG": "true",
            "CAPTURE_OPEN_API": "true",
            "CAPTURE_LEASE_S": "30",
            "PYTHONWARNINGS": "ignore",
        }

    def restart_postgres(self) -> None:
        embedded.stop_postgres(self.folder / "postgres")
        time.sleep(AWAY_S)
        embedded.start_postgres(self.folder / "postgres")

    def kill_postgres(self) -> None:
        """kill -9 of the server, as when memory runs out; its processes end by themselves."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        time.sleep(AWAY_S)
        wait_for(self.starts_again, seconds=PATIENCE_S)

    def starts_again(self) -> bool:
        """False while a process of the killed server still holds its memory."""
        try:
            embedded.start_postgres(self.folder / "postgres")
        except embedded.EmbeddedServerError:
            return False
        return True

    def kill_valkey(self) -> None:
        os.kill(int((self.folder / "valkey" / "valkey.pid").read_text()), signal.SIGKILL)
        time.sleep(AWAY_S)
        embedded.start_valkey(self.folder / "valkey")

    def rows(self, sql: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        embedded.stop_valkey(self.folder / "valkey")
        embedded.stop_postgres(self.folder / "postgres")


@pytest.fixture
def servers(tmp_path_factory) -> Iterator[OwnServers]:
    folder = tmp_path_factory.mktemp("own")
    open_to_postgres(folder)
    servers = OwnServers(folder)
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"],
            env=os.environ | servers.environment(),
            cwd=settings.BASE_DIR,
            check=True,
        )
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def worker(servers, webcast_url) -> Iterator[subprocess.Popen]:
    places = {
        "TIKTOK_APP_URL": webcast_url,
        "TIKTOK_WEBCAST_URL": f"{webcast_url}/webcast",
        "TIKTOK_SIGN_URL": webcast_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", *OPTIONS, "-n", "away@%h", "-l", "CRITICAL"],
        env=os.environ | servers.environment() | places,
        cwd=settings.BASE_DIR,
    )
    yield process
    process.terminate()
    try:
        process.wait(timeout=90)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=60)


@pytest.fixture
def webcast():
    with running() as server:
        yield server


@pytest.fixture
def webcast_url(webcast) -> str:
    return webcast.url


BEGIN_SESSION = """
import django; django.setup()
from apps.capture.models import Session, Streamer
from apps.capture.tasks import capture_session
session = Session.objects.create(streamer=Streamer.objects.create(username="ada"))
capture_session.apply_async([str(session.pk)])
print(session.pk)
"""


def begin_session(servers: OwnServers) -> str:
    """On the test's own servers, which this process's Django does not know."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN_SESSION],
        env=os.environ | servers.environment(),
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[-1]


def status_of(servers: OwnServers, session_id: str) -> tuple[str, str]:
    return servers.rows(
        "SELECT status, status_detail FROM capture_session WHERE id = %s", session_id
    )[0]


def test_nothing_is_lost_or_doubled_while_servers_are_away(servers, webcast, worker):
    messages = recorded_messages() * 2
    room = webcast.rooms["ada"] = Room("ada", messages=messages, rate=400, at_end=AtEnd.STAY)
    session_id = begin_session(servers)
    streamed: list[int] = []
    with stream_process(servers.environment()) as url:
        wait_for(lambda: len(room.acknowledged_ids) > 100, seconds=PATIENCE_S)
        following = threading.Event()
        reading = threading.Thread(target=read_all, args=(url, session_id, streamed, following))
        reading.start()
        assert following.wait(PATIENCE_S)
        wait_for(lambda: len(room.acknowledged_ids) > 400, seconds=PATIENCE_S)
        servers.restart_postgres()
        wait_for(lambda: len(room.acknowledged_ids) > 1_200, seconds=PATIENCE_S)
        servers.kill_valkey()
        wait_for(lambda: len(room.acknowledged_ids) > 2_200, seconds=PATIENCE_S)
        servers.kill_postgres()
        servers.kill_valkey()
        wait_for(lambda: len(room.acknowledged_ids) == len(messages), seconds=PATIENCE_S)
        stored = wait_for(lambda: all_stored(servers, session_id, room), seconds=PATIENCE_S)
        # The stream ends with the session.
        servers.rows(
            "UPDATE capture_session SET stop_requested_at = now() WHERE id = %s", session_id
        )
        wait_for(lambda: status_of(servers, session_id)[0] == "ended", seconds=PATIENCE_S)
        reading.join(timeout=PATIENCE_S)
    assert [message_id for _, message_id in stored] == room.sent_ids
    assert streamed == [event_id for event_id, _ in stored]
    assert room.connections == 1
    assert servers.rows("SELECT * FROM capture_gap") == []
    assert servers.rows("SELECT total FROM capture_session") == [(len(messages),)]


def all_stored(servers: OwnServers, session_id: str, room: Room) -> list[tuple[int, int]]:
    """The events' ids and message ids once there are as many as were sent."""
    rows = servers.rows(
        "SELECT id, message_id FROM capture_event WHERE session_id = %s ORDER BY id", session_id
    )
    return rows if len(rows) >= len(room.sent_ids) else []


def read_all(url: str, session_id: str, found: list[int], following: threading.Event) -> None:
    """One stream from its beginning to its end, without reconnecting. Says when it has caught up:
    before that it would end with PostgreSQL."""
    with open_stream(url, session_id, last_event_id=0) as stream:
        for frame in stream:
            if frame.event_id is not None:
                found.append(frame.event_id)
            if frame.get("event") == "stats" and "id" in frame:
                following.set()
            if frame.get("event") == "end":
                return
