"""The entry proxy: what it tells the processes behind it, and what it answers without them."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

PATIENCE_S = 30  # a busy machine
HTTP = httpx.Client(timeout=PATIENCE_S)

ROOT = Path(__file__).resolve().parents[2]


class Echo(BaseHTTPRequestHandler):
    """Answers with the name of the process it stands for, and the headers that arrived."""

    name = ""

    def do_GET(self) -> None:
        body = json.dumps({"process": self.name} | dict(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def entry(folder: Path, upstreams: dict[str, str]) -> Iterator[str]:
    address = f"http://127.0.0.1:{free_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "SITE_ADDRESS": address,
        "MEDIA_ROOT": str(folder),
        "XDG_DATA_HOME": str(folder / "caddy"),
    }
    with subprocess.Popen(
        [ROOT / ".venv/bin/caddy", "run", "--config", "config/Caddyfile"],
        cwd=ROOT,
        env=environment | upstreams,
        stderr=subprocess.DEVNULL,
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


@pytest.mark.parametrize("path", ["/api/login", "/mobileapp_api/api/login", "/login"])
def test_an_app_gets_the_envelope_while_the_web_process_is_away(
    lonely_address: str, path: str
) -> None:
    answer = HTTP.post(lonely_address + path, json={})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == 500


@pytest.mark.parametrize(("method", "path"), [("GET", "/admin/"), ("POST", "/api/sessions")])
def test_everybody_else_gets_an_honest_502(lonely_address: str, method: str, path: str) -> None:
    assert HTTP.request(method, lonely_address + path).status_code == 502
