"""PostgreSQL and Valkey: there, set up as they should be, and with the right time."""

import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from apps.capture import partitions
from apps.capture import valkey as valkey_pool
from apps.operations.doctor.findings import Finding, Wishes, ok, skipped, warning, wrong
from config import health
from config.celery import app as celery_app

OLDEST_POSTGRES = 14
SKEW_WARNING_S = 2
SKEW_WRONG_S = 30
MOST_PAGE_COST = 2.0
BUSY_SHARE = 0.7
INSPECT_S = 2


def database(wishes: Wishes) -> Iterator[Finding]:
    major = server_version() // 10_000
    if major < OLDEST_POSTGRES:
        yield wrong(f"PostgreSQL {major} is too old.", f"Upgrade it to {OLDEST_POSTGRES} or newer.")
    else:
        yield ok(f"PostgreSQL {major} answers")


def server_version() -> int:
    """180004 for 18.4."""
    connection.ensure_connection()
    return connection.connection.info.server_version


def database_settings(wishes: Wishes) -> Iterator[Finding]:
    page_cost = float(ask("SHOW random_page_cost"))
    if page_cost > MOST_PAGE_COST:
        yield warning(
            f"random_page_cost is {page_cost}: the planner reads whole tables where indexes do.",
            "ALTER DATABASE ... SET random_page_cost = 1.1, unless the disk spins.",
        )
    if ask("SHOW jit") == "on":
        yield warning(
            "jit is on: short statements get slower.", "ALTER DATABASE ... SET jit = off."
        )
    most = int(ask("SHOW max_connections"))
    used = int(ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    wanted = max(used, worker_threads())
    if wanted > most * BUSY_SHARE:
        yield warning(
            f"{wanted} connections are used or will be; the server allows {most}.",
            "Raise max_connections, or start fewer processes.",
        )
    yield ok(f"{used} of {most} connections in use")


def ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def worker_threads() -> int:
    """How many tasks the workers that answer can do at once; each may want a connection."""
    stats = celery_app.control.inspect(timeout=INSPECT_S).stats() or {}
    return sum(int(about["pool"].get("max-concurrency", 1)) for about in stats.values())


def migrations(wishes: Wishes) -> Iterator[Finding]:
    try:
        health.ask_migrations()
    except health.Missing as missing:
        yield wrong(str(missing), "Run manage.py migrate, once, before the processes.")
    else:
        yield ok("all are applied")


def event_partitions(wishes: Wishes) -> Iterator[Finding]:
    """Whether captured events of this week and the next have a partition of their own."""
    with connection.cursor() as cursor:
        there = partitions.partition_names(cursor)
    today = timezone.now().date()
    weeks = [partitions.week_start(day) for day in (today, today + timedelta(weeks=1))]
    missing = [name for name in map(partitions.partition_name, weeks) if name not in there]
    if missing:
        mend = "Run manage.py make_event_partitions, as the tables' owner. Does beat run?"
        yield warning(f"There is no {', '.join(missing)}: the default partition fills.", mend)
    else:
        yield ok("this week's and the next's are there")


def valkey(wishes: Wishes) -> Iterator[Finding]:
    info: dict[str, Any] = valkey_pool.client().info()
    yield ok(f"Valkey {info.get('valkey_version') or info['redis_version']} answers")
    if not info.get("aof_enabled"):
        yield warning(
            "It writes no append-only file: tasks and captured frames on their way are lost when "
            "it stops.",
            "Start it with --appendonly yes.",
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield wrong(
            f"maxmemory-policy is {policy}: with its memory full it throws away tasks and frames.",
            "Start it with --maxmemory-policy noeviction.",
        )
    most = int(info.get("maxmemory") or 0)
    if most and int(info["used_memory"]) > most * BUSY_SHARE:
        yield warning(
            f"{info['used_memory'] / most:.0%} of its memory is used.", "Raise maxmemory."
        )


def clocks(wishes: Wishes) -> Iterator[Finding]:
    """Each server's clock against this machine's."""
    for name, now in (("PostgreSQL", postgres_now), ("Valkey", valkey_now), ("S3", store_now)):
        before = time.time()
        there = now()
        if there is None:
            yield skipped(f"{name}: files are in folders")
            continue
        skew_s = abs(there - (before + time.time()) / 2)
        said = f"{name}'s clock is {skew_s:.1f} s from ours"
        mend = "Let NTP set the clocks of all machines."
        if skew_s > SKEW_WRONG_S:
            yield wrong(f"{said}: links, codes and leases end at the wrong moment.", mend)
        elif skew_s > SKEW_WARNING_S:
            yield warning(f"{said}.", mend)
        else:
            yield ok(said)


def postgres_now() -> float:
    return float(ask("SELECT extract(epoch FROM clock_timestamp())"))


def valkey_now() -> float:
    seconds, micros = valkey_pool.client().time()
    return seconds + micros / 1_000_000


def store_now() -> float | None:
    """What the object store says in its header, in whole seconds; None if files are in folders."""
    bucket = getattr(storages["default"], "bucket", None)
    if bucket is None:
        return None
    answer = bucket.meta.client.head_bucket(Bucket=bucket.name)
    said = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return parsedate_to_datetime(said).timestamp() + 0.5
