"""The real hooks process and the real MediaMTX on free ports, and ffmpeg as the host's phone."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import imageio_ffmpeg
import psutil
from django.conf import settings
from django.db import connection

from apps.live.mediamtx import MediaMtx

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60
START_S = 180  # to import Django on a machine that has much else to do
HOOK_COMMAND = (
    'curl -sS -m 5 -H "Authorization: Bearer $MEDIAMTX_SECRET" '
    '-d "path=$MTX_PATH&id=$MTX_SOURCE_ID" http://127.0.0.1:{port}/mediamtx/{kind}'
)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], object], *, within_s: float = WAIT_S) -> None:
    """Returns when it holds; fails the test when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "This did not come true in time."
        time.sleep(0.1)


def url_of_test_database() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


class Stack:
    """Both servers with the project's own mediamtx.yml, moved to free ports by MTX_*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hooks_port, self.api_port = free_port(), free_port()
        self.rtmp_port, self.hls_port, self.webrtc_port = free_port(), free_port(), free_port()
        self.udp_port, self.srt_port = (free_port(socket.SOCK_DGRAM) for _ in range(2))
        self.recordings = folder / "recordings"
        self.servers: list[subprocess.Popen] = []
        self.publishers: list[subprocess.Popen] = []
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.server = MediaMtx(self.api_url, settings.MEDIAMTX_SECRET)
        self.media: subprocess.Popen | None = None
        self.hooks: subprocess.Popen | None = None

    def start(self) -> None:
        self.start_hooks()
        self.start_media()

    def start_hooks(self) -> None:
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(self.hooks_port), "config.hooks:application"),
        ]
        self.hooks = self.launch("hooks", command, {"DATABASE_URL": url_of_test_database()})
        self.servers.append(self.hooks)
        address = f"http://127.0.0.1:{self.hooks_port}/health/live"
        wait_until(lambda: self.answers(address), within_s=START_S)

    def start_media(self, *, notifies: bool = False) -> None:
        port = self.hooks_port
        variables = {
            "MTX_AUTHHTTPADDRESS": f"http://127.0.0.1:{port}/mediamtx/auth",
            "MTX_APIADDRESS": f"127.0.0.1:{self.api_port}",
            "MTX_RTMPADDRESS": f"127.0.0.1:{self.rtmp_port}",
            "MTX_HLSADDRESS": f"127.0.0.1:{self.hls_port}",
            "MTX_WEBRTCADDRESS": f"127.0.0.1:{self.webrtc_port}",
            "MTX_WEBRTCLOCALUDPADDRESS": f"127.0.0.1:{self.udp_port}",
            "MTX_SRT": "true",
            "MTX_SRTADDRESS": f"127.0.0.1:{self.srt_port}",
            "MTX_PATHDEFAULTS_RECORD": "true",
            "MTX_PATHDEFAULTS_RECORDPATH": f"{self.recordings}/%path/%Y-%m-%d_%H-%M-%S-%f",
            "MEDIAMTX_SECRET": settings.MEDIAMTX_SECRET,
        }
        if notifies:
            variables |= {
                "MTX_PATHDEFAULTS_RUNONONLINE": HOOK_COMMAND.format(port=port, kind="ready"),
                "MTX_PATHDEFAULTS_RUNONOFFLINE": HOOK_COMMAND.format(port=port, kind="not-ready"),
            }
        self.media = self.launch("mediamtx", ["mediamtx", "mediamtx/mediamtx.yml"], variables)
        self.servers.append(self.media)
        wait_until(lambda: self.answers(f"{self.api_url}/v3/info"))

    def launch(self, name: str, command: list[str], variables: dict[str, str]) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | variables, stdout=log, stderr=log
            )
        return process

    @staticmethod
    def answers(url: str) -> bool:
        try:
            return httpx.get(url).status_code < 500
        except httpx.TransportError:
            return False

    def kill_media(self) -> None:
        kill(self.media)

    def kill_hooks(self) -> None:
        kill(self.hooks)

    def publish(self, url: str) -> subprocess.Popen:
        """A test pattern with a tone, until it is ended or refused."""
        self.publishers.append(self.launch("ffmpeg", pattern_to(url), {}))
        return self.publishers[-1]

    def end_publishers(self) -> None:
        end(self.publishers)
        self.publishers.clear()

    def is_online(self, path: str) -> bool:
        return any(stream.path == path for stream in self.server.streams())

    def logs(self) -> str:
        return "\n".join(
            (self.folder / f"{name}.log").read_text() for name in ("hooks", "mediamtx")
        )

    def stop(self) -> None:
        end(self.publishers)
        end(self.servers)


def kill(process: subprocess.Popen | None) -> None:
    """As the machine would: it and what it started, with no time for anything."""
    assert process is not None
    family = [*psutil.Process(process.pid).children(recursive=True), process]
    for member in family:
        member.kill()
    process.wait()


def end(processes: list[subprocess.Popen]) -> None:
    for process in reversed(processes):
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            kill(process)


def pattern_to(url: str) -> list[str]:
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-re"),
        *("-f", "lavfi", "-i", "testsrc=size=320x180:rate=15"),
        *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15"),
        *(
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-f",
            "mpegts" if url.startswith("srt") else "flv",
            url,
        ),
    ]


def has_mediamtx() -> bool:
    return shutil.which("mediamtx") is not None
