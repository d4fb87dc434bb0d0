"""How the operators' pages stand with a hundred thousand people.

    uv run python -m benchmarks.admin [--people 100000] [--serve]

An embedded server that is thrown away afterwards, filled by SQL: people, follows, videos, likes,
comments, wallets, transfers, gifts, purchases, payouts, reports, rooms and the logs. Every list of
the admin is opened plain, searched, and by its first filter, and one page of a row of each; the
table says how many statements each took and how long. Ends with an error if one takes more than 30
statements. `--serve` then prints a sign-in link and serves the pages until Ctrl-C.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers

MOST_STATEMENTS = 30
SLOW_MS = 1000
FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
USER = "1 + (n * 7919::bigint) % (:people)"
OTHER = "1 + (n * 104729::bigint + 1) % (:people)"
VIDEO = "1 + (n * 15485863::bigint) % (:people)"

# table, rows a person, columns whose values matter as SQL of the row's number n
TABLES: list[tuple[str, float, dict[str, str]]] = [
    (
        "users_user",
        1,
        {
            "username": "'person' || n",
            "email": "'person' || n || '@example.com'",
            "phone": "'+1555' || lpad(n::text, 7, '0')",
            "status": "CASE WHEN n % 50 = 0 THEN 'banned' ELSE 'active' END",
            "referral_code": "''",
            "first_name": "'Person'",
            "last_name": "'No. ' || n",
            "is_active": "true",
            "language": "'en'",
            "theme": "'auto'",
            "purged_at": "NULL",
        },
    ),
    ("users_privacysetting", 1, {"user_id": "n"}),
    ("users_pushnotificationsetting", 1, {"user_id": "n"}),
    ("users_device", 1, {"key": "'phone-' || n", "user_id": "n", "push_token": "''"}),
    (
        "users_authtoken",
        2,
        {"user_id": USER, "device_id": USER, "digest": "sha256(n::text::bytea)"},
    ),
    (
        "users_follow",
        3,
        {"follower_id": USER, "followed_id": f"{USER} % (:people) + 1 + n / :people"},
    ),
    (
        "videos_video",
        1,
        {
            "user_id": USER,
            "file": "'v.mp4'",
            "state": "'ready'",
            "privacy": "'public'",
            "description": "'A clip about #things, number ' || n",
        },
    ),
    ("videos_videolike", 2, {"user_id": USER, "video_id": f"{VIDEO} % (:people) + 1"}),
    ("videos_videocomment", 1, {"user_id": USER, "video_id": VIDEO, "text": "'Nice ' || n"}),
    ("videos_videoupload", 0.5, {"video_id": "n", "user_id": USER, "key": "'k' || n"}),
    ("wallet_account", 1, {"owner_id": "n", "kind": "'bought'", "balance": "100"}),
    (
        "wallet_account",
        1,
        {"id": "n + :people", "owner_id": "n", "kind": "'earned'", "balance": "50"},
    ),
    ("wallet_transfer", 2, {"key": "'seed:' || n", "reason": "'gift'", "subject_id": "n"}),
    (
        "wallet_entry",
        3,
        {
            "transfer_id": "1 + n % (2 * :people)",
            "account_id": "1 + n % (2 * :people)",
            "sequence": "1 + n / (2 * :people)",
            "amount": "CASE WHEN n % 2 = 0 THEN 5 ELSE -5 END",
        },
    ),
    (
        "wallet_coinpackage",
        0.0001,
        {"coins": "n * 100", "price": "n", "title": "n * 100 || ' coins'"},
    ),
    (
        "wallet_purchase",
        0.5,
        {
            "user_id": USER,
            "store": "'demo'",
            "transaction_id": "'t' || n",
            "package_id": "1",
            "coins": "100",
            "price": "0.99",
            "device": "'ios'",
            "refunded_at": "NULL",
        },
    ),
    (
        "wallet_payout",
        0.1,
        {
            "user_id": "n",
            "coins": "2000",
            "amount": "10",
            "method_type": "'paypal'",
            "status": "CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'paid' END",
        },
    ),
    ("gifts_gift", 0.0001, {"title": "'Gift ' || n", "coin": "n", "type": "'normal'"}),
    (
        "gifts_sentgift",
        1,
        {
            "sender_id": USER,
            "receiver_id": OTHER,
            "gift_id": "1",
            "transfer_id": "n",
            "count": "1",
            "coins": "5",
        },
    ),
    (
        "moderation_report",
        0.3,
        {
            "reporter_id": USER,
            "accused_id": OTHER,
            "kind": "'video'",
            "target_id": VIDEO,
            "state": "CASE WHEN n % 5 = 0 THEN 'open' ELSE 'dismissed' END",
            "day": "current_date - (n / :people)::int",
            "description": "'It is bad, no. ' || n",
        },
    ),
    ("moderation_heldvideo", 0.05, {"video_id": "n", "reason": "'words'", "state": "'waiting'"}),
    ("moderation_verificationrequest", 0.05, {"user_id": "n", "state": "'pending'"}),
    ("moderation_operatoraction", 0.2, {"operator_id": "1", "kind": "'warn'", "user_id": USER}),
    (
        "notifications_notification",
        2,
        {"receiver_id": USER, "sender_id": OTHER, "type": "'system'", "text": "'Hello ' || n"},
    ),
    (
        "live_liveroom",
        0.2,
        {
            "host_id": USER,
            "status": "'ended'",
            "privacy": "'public'",
            "title": "'Room ' || n",
            "ended_at": "now()",
        },
    ),
    ("rooms_audioroom", 0.05, {"host_id": USER, "title": "'Talk ' || n", "ended_at": "now()"}),
    (
        "audit_auditentry",
        1,
        {
            "operator_id": "1",
            "operator_name": "'person1'",
            "kind": "'action'",
            "action": "'warn'",
            "model": "'users.user'",
            "object_id": f"({USER})::text",
            "person_id": USER,
            "reason": "'because of ' || n",
            "address": "'192.0.2.1'",
        },
    ),
]
# Values of columns that TABLES does not name and that need one, by type.
BLANK = {
    "character varying": "''",
    "text": "''",
    "bigint": "0",
    "integer": "0",
    "smallint": "0",
    "numeric": "0",
    "double precision": "0",
    "boolean": "false",
    "jsonb": "'{}'",
    "timestamp with time zone": "now() - n * interval '1 second'",
    "date": "current_date",
    "bytea": "''",
}
COLUMNS_SQL = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_name = %s AND is_nullable = 'NO' AND is_identity = 'NO' AND is_generated = 'NEVER'
"""


@dataclass
class Opened:
    """One page, and what it took."""

    name: str
    statements: int
    ms: float
    status: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    servers.in_this_process("admin", lambda folder: measure(folder, options))


def measure(folder: Path, options: argparse.Namespace) -> str:
    seed(options.people)
    opened = sorted(open_all(), key=lambda page: -page.ms)
    lines = [f"{page.name:60} {page.statements:3} {page.ms:8.0f} ms" for page in opened]
    report = "\n".join([f"{len(opened)} pages, {options.people} people", *lines])
    bad = [p.name for p in opened if p.statements > MOST_STATEMENTS or p.status >= 400]
    slow = [page.name for page in opened if page.ms > SLOW_MS]
    print(report, f"slow: {slow}", sep="\n", flush=True)
    if options.serve:
        serve(folder)
    if bad:
        sys.exit(f"Too many statements, or an error: {bad}")
    return ""


def seed(people: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        for table, rate, values in TABLES:
            cursor.execute(COLUMNS_SQL, [table])
            needed = {name: BLANK[kind] for name, kind in cursor.fetchall()}
            needed |= identity(cursor, table) | values
            columns = ", ".join(f'"{name}"' for name in needed)
            select = ", ".join(needed.values()).replace(":people", str(people))
            rows = max(3, int(people * rate))
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {select} FROM"
                f" generate_series(1, {rows}) n ON CONFLICT DO NOTHING".replace("%", "%%"),
                [],
            )
            step_over(cursor, table)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")


def identity(cursor: Any, table: str) -> dict[str, str]:
    """The row's number as its id, so that others can point at it."""
    return {"id": "n"} if serial_of(cursor, table) else {}


def serial_of(cursor: Any, table: str) -> str | None:
    cursor.execute(
        "SELECT pg_get_serial_sequence(%s, 'id') FROM information_schema.columns"
        " WHERE table_name = %s AND column_name = 'id'",
        [table, table],
    )
    row = cursor.fetchone()
    return row[0] if row else None


def step_over(cursor: Any, table: str) -> None:
    """Rows that are made later get ids of their own."""
    sequence = serial_of(cursor, table)
    if sequence:
        cursor.execute(
            f"SELECT setval(%s, greatest(nextval(%s), (SELECT coalesce(max(id), 1) FROM {table})))",
            [sequence, sequence],
        )


def open_all() -> Iterator[Opened]:
    from django.contrib import admin
    from django.test import Client
    from django.urls import reverse

    from apps.users.models import User

    operator = User.objects.create_superuser("boss")
    client = Client(HTTP_HOST="localhost")
    client.force_login(operator)
    yield timed(client, "home", "/admin/")
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        address = reverse(f"admin:{name}_changelist")
        yield timed(client, f"{name} list", address)
        if page.search_fields:
            yield timed(client, f"{name} search", f"{address}?q=person77")
        yield from filtered(client, name, address)
        row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        if row is not None:
            change = reverse(f"admin:{name}_change", args=[row])
            yield timed(client, f"{name} row", change)


def filtered(client: Any, name: str, address: str) -> Iterator[Opened]:
    """By the second choice of each filter: the first is "all"."""
    response = client.get(address, follow=True)
    changelist = (response.context or {}).get("cl")
    for one in changelist.filter_specs if changelist else ():
        choices = [choice for choice in one.choices(changelist) if "query_string" in choice]
        if len(choices) > 1:
            query = choices[1]["query_string"]
            yield timed(client, f"{name} {query[:30]}", f"{address}{query}")


def timed(client: Any, name: str, address: str) -> Opened:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    start = time.perf_counter()
    with CaptureQueriesContext(connection) as captured:
        status = client.get(address, follow=True).status_code
    ms = (time.perf_counter() - start) * 1000
    statements = [query["sql"] for query in captured.captured_queries]
    count = sum(not sql.startswith(FRAMES) for sql in statements)
    return Opened(name, count, ms, status)


def serve(folder: Path) -> None:
    from apps.users import operators

    environment = os.environ | {"STAFF_TWO_FACTOR": "false", "SECRET_KEY": "x" * 50}
    with servers.web_process(environment) as base:
        print(f"{base}/operator/login/{operators.create_login_link(username='boss')}/", flush=True)
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
