"""A large upload goes past the memory of the web process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from apps.videos.models import VideoUpload
from tests.cast import Person, make_person
from tests.live.stack import end, free_port, url_of_test_database, wait_until

MB = 1024 * 1024
LARGE_MB, MOST_MB = 100, 20
HEAD = (
    b"--bound\r\n"
    b'Content-Disposition: form-data; name="video"; filename="clip.mp4"\r\n'
    b"Content-Type: video/mp4\r\n\r\n"
)
TAIL = b"\r\n--bound--\r\n"


class WebProcess:
    """One that serves as the Procfile says, with files of its own."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.private = folder / "private"
        environment = {"DATABASE_URL": url_of_test_database(), "DATA_DIR": str(folder)}
        command = [
            *(sys.executable, "-m", "config.serve", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--blocking-threads", "4", "config.wsgi:application"),
        ]
        with (folder / "web.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def pids(self) -> list[int]:
        """The process and its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, children.read_text().split())]

    def memory_mb(self, line: str) -> float:
        """VmRSS, or VmHWM: the most since `forget_peaks`."""
        return sum(status_kb(pid, line) for pid in self.pids()) / 1024

    def forget_peaks(self) -> None:
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def post(self, by: Person, megabytes: int) -> dict:
        def body() -> Iterator[bytes]:
            yield HEAD
            for number in range(megabytes):
                yield bytes([number]) * MB
            yield TAIL

        headers = {
            "Auth-Token": by.token,
            "Content-Type": "multipart/form-data; boundary=bound",
            "Content-Length": str(len(HEAD) + megabytes * MB + len(TAIL)),
        }
        url = f"{self.url}/api/postVideo"
        return httpx.post(url, content=body(), headers=headers, timeout=120).json()


def status_kb(pid: int, line: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(found.split()[1]) for found in lines if found.startswith(f"{line}:"))


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    process = WebProcess(tmp_path)
    try:
        wait_until(process.answers, within_s=120)
        yield process
    finally:
        end([process.process])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Memory is read from /proc.")
def test_100_mb_raise_the_web_process_by_less_than_20_mb(web: WebProcess) -> None:
    person = make_person("filmer")
    assert web.post(person, 5)["code"] == 200  # loads what an upload needs
    web.forget_peaks()
    before = web.memory_mb("VmRSS")

    answer = web.post(person, LARGE_MB)

    assert answer["code"] == 200, answer
    assert web.memory_mb("VmHWM") - before < MOST_MB
    upload = VideoUpload.objects.get(pk=answer["msg"]["Video"]["id"])
    assert upload.size == LARGE_MB * MB
    assert FileSystemStorage(location=web.private).size(upload.source) == LARGE_MB * MB
