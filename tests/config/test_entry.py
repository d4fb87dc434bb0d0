"""The entry proxy: what it tells the processes behind it, and what it answers without them."""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

import httpx
import pytest

from tests.live.stack import free_port

PATIENCE_S = 30  # a busy machine
HTTP = httpx.Client(timeout=PATIENCE_S)

ROOT = Path(__file__).resolve().parents[2]
CADDYFILE = Path("config/Caddyfile")


class Echo(BaseHTTPRequestHandler):
    """Answers with the name of the process it stands for, and the headers that arrived."""

    name = ""

    def do_GET(self) -> None:
        body = json.dumps({"process": self.name} | dict(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def echoes() -> Iterator[dict[str, str]]:
    servers = {
        f"{name}_UPSTREAM": ThreadingHTTPServer(
            ("127.0.0.1", 0), type(name, (Echo,), {"name": name})
        )
        for name in ("WEB", "STREAM")
    }
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {name: f"127.0.0.1:{server.server_port}" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


def entry(
    folder: Path,
    settings: dict[str, str],
    *,
    log: int | IO[bytes] = DEVNULL,
    config: Path = CADDYFILE,
) -> Iterator[str]:
    address = f"http://127.0.0.1:{free_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "SITE_ADDRESS": address,
        "MEDIA_ROOT": str(folder),
        "XDG_DATA_HOME": str(folder / "caddy"),
    }
    with subprocess.Popen(
        [ROOT / ".venv/bin/caddy", "run", "--adapter", "caddyfile", "--config", str(config)],
        cwd=ROOT,
        env=environment | settings,
        stderr=log,
    ) as caddy:
        try:
            wait_until_listening(address)
            yield address
        finally:
            caddy.terminate()


def wait_until_listening(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/media/", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("caddy did not start")


@pytest.fixture
def address(tmp_path: Path, echoes: dict[str, str]) -> Iterator[str]:
    yield from entry(tmp_path, echoes)


@pytest.fixture
def lonely_address(tmp_path: Path) -> Iterator[str]:
    """An entry with nobody behind it."""
    nobody = f"127.0.0.1:{free_port()}"
    yield from entry(tmp_path, {"WEB_UPSTREAM": nobody, "STREAM_UPSTREAM": nobody})


def test_a_client_can_not_pretend_an_address_or_a_scheme(address: str) -> None:
    pretended = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    arrived = HTTP.get(f"{address}/api/x", headers=pretended).json()
    assert arrived["X-Forwarded-For"] == "127.0.0.1"
    assert arrived["X-Forwarded-Proto"] == "http"
    assert f"http://{arrived['X-Forwarded-Host']}" == address


@pytest.mark.parametrize(
    ("path", "process"),
    [
        ("/", "WEB"),
        ("/api/login%20", "WEB"),
        ("/mobileapp_api/api/login", "WEB"),
        ("/static/x.css", "WEB"),
        ("/api/sessions/5", "WEB"),
        ("/api/sessions/5/events", "WEB"),
        ("/api/sessions/5/stream", "STREAM"),
        ("/api/sessions/5/stream?types=gift", "STREAM"),
    ],
)
def test_each_path_has_its_process(address: str, path: str, process: str) -> None:
    assert HTTP.get(address + path).json()["process"] == process


def test_without_web_an_app_gets_the_envelope_and_everybody_else_an_honest_error(
    lonely_address: str,
) -> None:
    """All at once, for the entry looks for a process for some seconds before it gives up."""
    apps = [("POST", "/api/login"), ("POST", "/mobileapp_api/api/login"), ("POST", "/login")]
    others = [("GET", "/admin/"), ("POST", "/api/sessions")]
    with ThreadPoolExecutor(len(apps + others)) as pool:
        answers = list(
            pool.map(lambda ask: HTTP.request(ask[0], lonely_address + ask[1]), apps + others)
        )
    for answer in answers[: len(apps)]:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["code"] == 503
    assert {answer.status_code for answer in answers[len(apps) :]} <= {502, 503}


def test_an_app_that_sends_too_much_is_told_so_in_the_envelope(
    tmp_path: Path, echoes: dict[str, str]
) -> None:
    for address in entry(tmp_path, echoes | {"BODY_MAX": "1KiB"}):
        said = HTTP.post(f"{address}/api/postVideo", content=b"x" * 2048)
        assert said.status_code == 200
        assert said.json() == {"code": 201, "msg": "This is too large to be sent."}
        assert HTTP.post(f"{address}/api/login", content=b"x" * 512).json()["process"] == "WEB"


def test_who_is_leaving_gets_nothing_new(tmp_path: Path) -> None:
    """One of two processes says 503 at /health/live: the other gets every request."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), type(n, (Leaver,), {"name": n})) for n in "ab"]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    both = " ".join(f"127.0.0.1:{server.server_port}" for server in servers)
    for address in entry(tmp_path, {"WEB_UPSTREAM": both, "STREAM_UPSTREAM": both}):
        wait_for_answers(address, {"a", "b"})
        servers[0].RequestHandlerClass.leaving = True
        wait_for_answers(address, {"b"})
        servers[0].RequestHandlerClass.leaving = False
        wait_for_answers(address, {"a", "b"})
    for server in servers:
        server.shutdown()
        server.server_close()


class Leaver(Echo):
    leaving = False

    def do_GET(self) -> None:
        if self.path == "/health/live" and self.leaving:
            self.send_error(503)
        else:
            super().do_GET()


def wait_for_answers(address: str, names: set[str]) -> None:
    """Returns once exactly these processes have answered twenty requests in a row."""
    deadline = time.monotonic() + 60
    while {HTTP.get(address).json()["process"] for _ in range(20)} != names:
        assert time.monotonic() < deadline, f"it is not {names} that answer"


def test_the_log_holds_no_keys(tmp_path: Path, echoes: dict[str, str]) -> None:
    """With every request in it, which is more than it holds in fact."""
    told = tmp_path / "Caddyfile"
    told.write_text((ROOT / CADDYFILE).read_text().replace("level ERROR", "level DEBUG"))
    paths = (
        "/overlay/ov_hush/state?x=1",
        "/operator/login/hush/",
        "/guarded/hush/7.jpg",
        "/api/sessions/5/stream?types=chat&overlay=hush",
        "/api/x?auth_token=hush&X-Amz-Signature=hush",
    )
    with tempfile.TemporaryFile() as log:
        for address in entry(tmp_path, echoes, log=log, config=told):
            for path in paths:
                HTTP.get(address + path, headers={"X-Api-Key": "hush", "Cookie": "sessionid=hush"})
        log.seek(0)
        text = log.read().decode()
    assert "hush" not in text
    for known in ("/overlay/[hidden]/state?x=1", "/operator/login/[hidden]", "types=chat"):
        assert known in text
