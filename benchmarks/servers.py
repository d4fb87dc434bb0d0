"""The servers that a benchmark starts for itself and throws away afterwards."""

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60


@contextlib.contextmanager
def throwaway_folder(name: str) -> Iterator[Path]:
    """A folder that PostgreSQL's own user can enter, too."""
    folder = Path(tempfile.mkdtemp(prefix=f"clipcast-bench-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def postgres(folder: Path, *, settings: dict[str, str] | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL below `folder`."""
    try:
        yield embedded.start_postgres(folder / "postgres", settings=settings)
    finally:
        embedded.stop_postgres(folder / "postgres")


@contextlib.contextmanager
def valkey(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """The URL of a Valkey below `folder`."""
    try:
        yield embedded.start_valkey(folder / "valkey", durable=durable)
    finally:
        embedded.stop_valkey(folder / "valkey")


def in_this_process(
    name: str,
    measure: Callable[[Path], str],
    *,
    settings: dict[str, str] | None = None,
    durable: bool = True,
) -> None:
    """Print what is measured with Django set up here, on migrated servers of its own."""
    logging.disable(logging.INFO)
    with (
        throwaway_folder(name) as folder,
        postgres(folder, settings=settings) as database_url,
        valkey(folder, durable=durable) as redis_url,
    ):
        os.environ |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        os.environ |= {"DATA_DIR": str(folder), "DEBUG": "true"}
        set_up_django()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(measure(folder))


def set_up_django() -> None:
    """With the project's settings, in a process of a benchmark."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DEBUG", "true")
    django.setup()


def environment_of(folder: Path, **names: str) -> dict[str, str]:
    """The environment of processes that run as in production; the URLs are among `names`."""
    return os.environ | {
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "benchmark-" + "x" * 40,
        "DEBUG": "false",
        "LOG_LEVEL": "CRITICAL",
        **names,
    }


def migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


@contextlib.contextmanager
def web_process(
    environment: dict[str, str],
    application: str = "config.wsgi:application",
    *,
    blocking_threads: int = 4,
) -> Iterator[str]:
    """One granian process with the flags of the Procfile; its URL."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--blocking-threads", str(blocking_threads)),
        *("--log-level", "warning", application),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Until something answers on the port. Raises RuntimeError."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("The process did not start.")
