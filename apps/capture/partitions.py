"""The weekly partitions of `capture_event`, by the day on which a session began.

A default partition takes what has no partition of its own, so that storing never fails; making
the week's partition later moves those rows into it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

WEEKS_AHEAD = 5
# Held while partitions are made, so that two processes don't make the same one.
ADVISORY_LOCK = 7305518201


def make_partitions(*, weeks_ahead: int = WEEKS_AHEAD, since: date | None = None) -> list[str]:
    """Make what is missing from the week of `since` (default: today) on; return the new names.

    Takes an advisory lock, and a lock on the default partition while a partition is attached;
    events go on being stored in the other partitions meanwhile.
    """
    first = week_start(since or timezone.now().date())
    last = week_start(timezone.now().date()) + timedelta(weeks=weeks_ahead)
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        existing = partition_names(cursor)
        week = first
        while week <= last:
            if partition_name(week) not in existing:
                make_partition(cursor, week)
                made.append(partition_name(week))
            week += timedelta(weeks=1)
    return made


def make_partition(cursor: Any, week: date) -> None:
    name, end = partition_name(week), week + timedelta(weeks=1)
    span = f"session_day >= '{week}' AND session_day < '{end}'"
    cursor.execute(f"CREATE TABLE {name} (LIKE capture_event INCLUDING DEFAULTS INCLUDING STORAGE)")
    # Known to hold, so attaching need not read the rows again.
    cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT in_week CHECK ({span})")
    cursor.execute("LOCK TABLE capture_event_default IN ACCESS EXCLUSIVE MODE")
    cursor.execute(
        f"WITH moved AS (DELETE FROM capture_event_default WHERE {span} RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM moved"
    )
    cursor.execute(
        f"ALTER TABLE capture_event ATTACH PARTITION {name} FOR VALUES FROM ('{week}') TO ('{end}')"
    )
    cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT in_week")


def may_change() -> bool:
    """Whether our role owns the table, as making and dropping partitions needs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
            " WHERE oid = 'capture_event'::regclass"
        )
        return cursor.fetchone()[0]


def partition_names(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'capture_event'::regclass"
    )
    return {row[0] for row in cursor.fetchall()}


def partition_name(week: date) -> str:
    return f"capture_event_{week:%Y_%m_%d}"


def partition_week(name: str) -> date | None:
    """The Monday in a partition's name; None for the default partition."""
    text = name.removeprefix("capture_event_")
    try:
        return datetime.strptime(text, "%Y_%m_%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def week_start(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())
