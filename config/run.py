"""`./scripts/run`: all of Clipcast on one machine, under one process manager (honcho).

Every process it starts carries CLIPCAST_RUN=<data folder> in its environment, so that what an
earlier run left behind (after `kill -9`) is found by it and ended before the next start.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import honcho.manager
import httpx
import psutil
from django.core.exceptions import ImproperlyConfigured
from honcho.compat import ProcessManager
from honcho.environ import parse_procfile
from honcho.manager import Manager

from config import embedded
from config.environment import BASE_DIR, env, load
from config.ports import PortError, read_ports
from config.process import inner_environment, mediamtx_environment

MARK = "CLIPCAST_RUN"
LEFTOVER_TIMEOUT_S = 5
READY_TIMEOUT_S = 60
# What has not stopped by then is killed. Honcho's own 5 s cut off workers on a busy machine.
honcho.manager.KILL_WAIT = 8


class CannotStart(Exception):
    """Why Clipcast does not start, as a sentence for a person."""


class Stopped(BaseException):
    """A signal asked for the end while starting."""


def main() -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop_starting)
    os.chdir(BASE_DIR)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    load()
    try:
        sys.exit(run(embedded.data_dir()))
    except (CannotStart, PortError, ImproperlyConfigured, embedded.EmbeddedServerError) as problem:
        sys.exit(f"clipcast: {problem}")
    except Stopped:
        sys.exit(130)


def stop_starting(signum: int, frame: object) -> None:
    raise Stopped


def run(folder: Path) -> int:
    """Start everything, wait until it ends, and leave nothing behind. Returns the exit code."""
    embedded.create_folder(folder)
    lock = lock_folder(folder)
    end_leftovers(folder)
    os.environ.setdefault("DEBUG", "true")
    ports = read_ports(with_demo=has_demo_streamer(), with_mediamtx=has_mediamtx())
    print("Starting PostgreSQL and Valkey ...", flush=True)
    embedded.provide_servers()
    os.environ.setdefault("SECRET_KEY", embedded.secret_key(folder))
    environment = os.environ | process_environment(folder, ports)
    try:
        facts = prepare(environment)
        return start_processes(environment, facts)
    finally:
        end_leftovers(folder)
        lock.close()


def lock_folder(folder: Path) -> TextIO:
    """A lock that dies with this process, so that no stale one can be left."""
    lock = (folder / "run.lock").open("a+")
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        raise CannotStart(
            f"Clipcast already runs on {folder} (process {lock.read().strip()}). Stop that one, "
            "or set DATA_DIR to another folder and PORT, WEB_PORT ... to other ports."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def end_leftovers(folder: Path) -> None:
    """End every process that carries our mark for this folder, politely, then by force."""
    left = [process for process in psutil.process_iter() if mark_of(process) == str(folder)]
    for process in left:
        send(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(left, timeout=LEFTOVER_TIMEOUT_S)
    for process in alive:
        send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=LEFTOVER_TIMEOUT_S)


def mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK) if process.pid != os.getpid() else None
    except (psutil.Error, OSError):
        return None  # it has ended, or belongs to another user


def send(process: psutil.Process, signum: signal.Signals) -> None:
    try:
        process.send_signal(signum)
    except psutil.Error:
        return  # it has just ended


def has_mediamtx() -> bool:
    """Whether to start a MediaMTX: there is one on PATH and the user named none elsewhere."""
    return bool(shutil.which("mediamtx")) and not os.environ.get("MEDIAMTX_API_URL")


def has_demo_streamer() -> bool:
    """Whether to start the local Webcast server: a development run that uses no other one."""
    return env.bool("DEBUG") and not os.environ.get("DEMO_WEBCAST_URL")


def process_environment(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """What the processes are told besides the user's own environment."""
    environment = inner_environment(folder, ports) | {
        MARK: str(folder),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "SITE_ADDRESS": f"http://:{ports['PORT']}",
    }
    if has_demo_streamer():
        environment["DEMO_WEBCAST_URL"] = f"http://127.0.0.1:{ports['WEBCAST_PORT']}"
    if has_mediamtx():
        environment |= mediamtx_environment(folder, ports)
    return environment


def prepare(environment: dict[str, str]) -> dict:
    """Run `manage.py prepare` and return what it announces. Its own session: Ctrl-C is ours."""
    command = [sys.executable, "manage.py", "prepare", "--base", base_url(environment)]
    try:
        output = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        sentence = "the database could not be prepared; the lines above say why."
        raise CannotStart(sentence) from error
    return json.loads(output.splitlines()[-1])


def base_url(environment: dict[str, str]) -> str:
    return environment.get("PUBLIC_URL") or f"http://localhost:{environment['PORT']}"


class LeaderOnly(ProcessManager):
    """Asks a process, not its children, to stop: a Celery worker waits for its own."""

    def terminate(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return


class Processes(Manager):
    """Honcho's manager, which stops all processes when one ends, and remembers which it was."""

    def __init__(self) -> None:
        super().__init__()
        self._procmgr = LeaderOnly()
        self.ended_first: list[str] | None = None

    def terminate(self) -> None:
        if self.ended_first is None:
            ended = [name for name, facts in self._processes.items() if "returncode" in facts]
            self.ended_first = ended
        if super()._all_started():  # a process without a pid yet can't be told
            super().terminate()

    def _all_started(self) -> bool:
        started = super()._all_started()
        if started and self.ended_first is not None:
            super().terminate()
        return started


def start_processes(environment: dict[str, str], facts: dict) -> int:
    """Run the Procfile until a signal comes or one process ends, which ends them all."""
    manager = Processes()
    for name, command in wanted_processes().items():
        manager.add_process(name, command, env=environment)
    threading.Thread(target=announce, args=[environment, facts], daemon=True).start()
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    if not manager.ended_first:
        print("Clipcast has stopped.", flush=True)
        return 0
    print(
        f"clipcast: {', '.join(manager.ended_first)} ended by itself, so everything was stopped. "
        "The lines above say why.",
        file=sys.stderr,
    )
    return 1


def wanted_processes() -> dict[str, str]:
    processes = dict(parse_procfile(Path("Procfile").read_text()).processes)
    if not has_mediamtx():
        processes.pop("mediamtx")
    if not has_demo_streamer():
        processes.pop("webcast")
    return processes


def announce(environment: dict[str, str], facts: dict) -> None:
    """Once the system answers, print what to open and what to beware of."""
    base = base_url(environment)
    if not wait_until_ready(f"http://127.0.0.1:{environment['PORT']}/health/ready"):
        print(f"clipcast: no answer after {READY_TIMEOUT_S} s; see the lines above.", flush=True)
        return
    lines = [
        "",
        "Clipcast is ready.",
        f"  Dashboard       {base}/",
        f"  Mobile API      {base}/api/",
        f"  API pages       {base}/api/docs/",
        f"  Admin           {base}/admin/",
        f"  Sign in (once)  {facts['login_link']}",
        *demo_lines(environment),
        *(f"  Warning: {warning}" for warning in facts["warnings"]),
        "  Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)


def demo_lines(environment: dict[str, str]) -> list[str]:
    if not has_demo_streamer():
        return []
    return [f"  Demo streamer   capture @demo; its server is {environment['DEMO_WEBCAST_URL']}"]


def wait_until_ready(url: str) -> bool:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return True
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    main()
