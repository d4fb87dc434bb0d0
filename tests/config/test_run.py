"""./scripts/run as a user has it: a folder, a terminal and nothing else."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psutil
import pytest

from config import ports
from config.run import MARK, mark_of

PATIENCE_S = 30  # a busy machine
HTTP = httpx.Client(timeout=PATIENCE_S)

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 240  # the first start on a busy machine draws the demo clips
STOP_TIMEOUT_S = 30
KEEPER = {"email": "keeper@example.com", "password": "secret-word-1"}
ALL_PORTS = [
    *ports.ENTRY_PORTS,
    *ports.INNER_PORTS,
    *ports.DEMO_PORTS,
    *ports.MEDIAMTX_PORTS,
]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("", 0))
        return [probe.getsockname()[1] for probe in probes]


class Machine:
    """A data folder, free ports, and what was started on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.parent / "log"
        self.ports = dict(zip(ALL_PORTS, free_ports(len(ALL_PORTS)), strict=True))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.ports['PORT']}"

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        numbers = {name: str(port) for name, port in self.ports.items()}
        return kept | numbers | {"DATA_DIR": str(self.folder)}

    def start(self, *command: str) -> Self:
        """Start and wait until it says that it is ready. In a session of its own, as a terminal."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command or [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while "Clipcast is ready." not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)
        return self

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def refused(self) -> str:
        """Start, expect a refusal, and return what it says."""
        answer = subprocess.run(
            [sys.executable, "-m", "config.run"],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr
        return answer.stderr

    def press_ctrl_c(self) -> int:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_TIMEOUT_S)

    def left(self) -> list[str]:
        """Every process that still works on the folder."""
        return [
            " ".join(process.info["cmdline"] or [process.name()])
            for process in psutil.process_iter(["cmdline"])
            if mark_of(process) == str(self.folder)
            or str(self.folder) in " ".join(process.info["cmdline"] or [])
        ]

    def call(self, endpoint: str, **values: str) -> dict:
        return HTTP.post(f"{self.base}/api/{endpoint}", json=values).json()

    def clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.wait(STOP_TIMEOUT_S)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / ".data")
    yield machine
    machine.clean_up()


def login_link(machine: Machine) -> str:
    found = re.search(r"http://localhost:\d+(/operator/login/\S+)", machine.output())
    assert found
    return machine.base + found.group(1)


def sign_in_by(link: str) -> None:
    with httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as browser:
        page = browser.get(link)
        assert "Sign in" in page.text
        answer = browser.post(
            link,
            data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]},
            headers={"Referer": link},
        )
        assert answer.status_code == 200
        assert "/operator/login/" not in answer.url.path
    assert HTTP.get(link).status_code == 410


def look_at_media(machine: Machine) -> None:
    """A film comes in ranges, and a page among the uploads is a download."""
    media = machine.folder / "media"
    media.mkdir(exist_ok=True)
    (media / "page.html").write_text("<script>alert(1)</script>")
    (media / "clip.mp4").write_bytes(b"0123456789")
    page = HTTP.get(f"{machine.base}/media/page.html")
    assert page.headers["Content-Disposition"] == "attachment"
    assert page.headers["Content-Type"] == "application/octet-stream"
    (media / ".secret.jpg").touch()
    assert HTTP.get(f"{machine.base}/media/.secret.jpg").status_code == 404
    clip = HTTP.get(f"{machine.base}/media/clip.mp4", headers={"Range": "bytes=2-4"})
    assert (clip.status_code, clip.content) == (206, b"234")
    assert clip.headers["Content-Type"] == "video/mp4"
    assert clip.headers["X-Content-Type-Options"] == "nosniff"


def test_start_use_stop_start_again_and_survive_kill_9(machine: Machine) -> None:
    machine.start("./scripts/run")
    user = machine.call("registerUser", username="keeper", **KEEPER)
    assert user["code"] == 200, user
    large = HTTP.post(f"{machine.base}/api/showUserDetail", content=b"x" * 12_000_000)
    assert (large.status_code, large.json()["code"]) == (200, 201)
    look_at_media(machine)
    sign_in_by(login_link(machine))
    assert "already runs" in machine.refused()

    assert machine.press_ctrl_c() == 0
    assert "Clipcast has stopped." in machine.output()
    assert machine.left() == []

    machine.start()
    assert machine.call("login", **KEEPER)["msg"]["User"]["username"] == "keeper"
    assert "Creating demo content" not in machine.output()
    assert machine.process is not None
    machine.process.kill()
    machine.process.wait()
    assert machine.left()

    machine.start()
    assert machine.call("login", **KEEPER)["code"] == 200
    end_one_process(machine, "caddy")
    assert machine.process.wait(STOP_TIMEOUT_S) == 1
    assert "proxy ended by itself, so everything was stopped" in machine.output()
    assert machine.left() == []


def end_one_process(machine: Machine, name: str) -> None:
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == name and mark_of(process) == str(machine.folder):
            process.kill()
            return
    raise AssertionError(f"no {name} of this run")


@pytest.mark.parametrize("name", ["PORT", "WEB_PORT"])
def test_a_busy_port_is_named_with_its_variable(machine: Machine, name: str) -> None:
    with socket.create_server(("127.0.0.1", machine.ports[name])):
        sentence = machine.refused()
    assert f"Port {machine.ports[name]} is in use by another program" in sentence
    assert f"{name}=" in sentence
    assert machine.left() == []


def test_a_port_that_is_no_number_is_refused(machine: Machine) -> None:
    machine.ports["PORT"] = 70000
    assert "PORT must be a port number from 1 to 65535, not '70000'" in machine.refused()


def test_one_port_for_two_processes_is_refused(machine: Machine) -> None:
    machine.ports["WEB_PORT"] = machine.ports["PORT"]
    assert "PORT and WEB_PORT are both" in machine.refused()


def test_a_folder_that_can_not_be_written_is_named(machine: Machine) -> None:
    machine.folder.write_text("a file where the folder should be")
    assert f"Clipcast can't write to {machine.folder}" in machine.refused()


def test_only_processes_with_the_mark_of_this_folder_count_as_left_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={MARK: str(tmp_path)},
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()  # the kernel shows no environment in the middle of an exec
        assert mark_of(psutil.Process(other.pid)) == str(tmp_path)
        assert mark_of(psutil.Process()) is None
        other.communicate(b"\n")
