"""Real Celery workers in processes of their own, on the test's database and Valkey."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.celery import app
from tests.capture.conftest import wait_for

OPTIONS = ["-q", "-A", "config", "worker", "-Q", "capture", "-P", "threads", "-c", "4"]


def database_url() -> str:
    """The URL that leads to the database that pytest-django made for this process."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"]))


class CeleryWorkers:
    """Capture workers as the Procfile starts them, with a short lease. Starting one is slow,
    so tests share them; one that a test ended is replaced when the next asks."""

    def __init__(self, webcast_url: str) -> None:
        self.environment = {
            "TIKTOK_APP_URL": webcast_url,
            "TIKTOK_WEBCAST_URL": f"{webcast_url}/webcast",
            "TIKTOK_SIGN_URL": webcast_url,
            "CAPTURE_LEASE_S": "2",
            "PYTHONWARNINGS": "ignore",
        }
        self.processes: list[subprocess.Popen] = []

    def at_least(self, number: int) -> None:
        """Returns when so many workers are ready: a message to a starting one may expire."""
        self.processes = [process for process in self.processes if process.poll() is None]
        for _ in range(number - len(self.processes)):
            self.start_one()
        wait_for(lambda: len(app.control.ping(timeout=1)) >= number, seconds=300)

    def start_one(self) -> None:
        name = f"test{len(self.processes)}-{os.urandom(2).hex()}@%h"
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *OPTIONS, "-n", name, "-l", "WARNING"],
            env=os.environ | self.environment | {"DATABASE_URL": database_url()},
            cwd=settings.BASE_DIR,
        )
        self.processes.append(process)

    def with_pid(self, pid: int) -> subprocess.Popen:
        return next(process for process in self.processes if process.pid == pid)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=60)
                raise
