"""Events are kept as long as CAPTURE_KEEP_DAYS says; what was counted of them is kept for ever.

Partitions are weeks of the days on which sessions began, so a week whose last day is too old is
dropped whole, in an instant and without a trace in the table's other partitions. Sessions,
gifts, gaps and the counts by minute and person stay.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.capture.models import Session
from apps.capture.partitions import ADVISORY_LOCK, partition_names, partition_week

WEEK = timedelta(weeks=1)
LOCK_TIMEOUT = "5s"


def drop_old_events(*, keep_days: int | None = None) -> list[str]:
    """Drop the partitions whose sessions all began more than `keep_days` ago; their names.

    Without `keep_days` the setting counts; 0 keeps everything. A session that is still open
    keeps its week. Takes the partitions' advisory lock and, for an instant, the table's; it
    raises OperationalError if that can't be had in seconds, and is called again tomorrow.
    """
    days = settings.CAPTURE_KEEP_DAYS if keep_days is None else keep_days
    if days <= 0:
        return []
    last_kept = timezone.now().date() - timedelta(days=days)
    dropped = []
    for name in old_partitions(last_kept):
        if drop(name):
            dropped.append(name)
    return dropped


def old_partitions(last_kept: date) -> list[str]:
    with connection.cursor() as cursor:
        names = sorted(partition_names(cursor))
    weeks = {name: partition_week(name) for name in names}
    return [name for name, week in weeks.items() if week and week + WEEK <= last_kept]


@transaction.atomic
def drop(name: str) -> bool:
    """Drop one week unless a session of it is open. Locks the sessions of the week."""
    week = partition_week(name)
    if week is None:
        raise ValueError(f"{name} is no week's partition")
    sessions = Session.objects.filter(day__gte=week, day__lt=week + WEEK)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        if any(session.is_open for session in sessions.select_for_update(no_key=True)):
            return False
        cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)}")
        sessions.filter(total__gt=0, events_dropped_at=None).update(events_dropped_at=Now())
    return True
