"""Which worker has which session: a lease in the session's row, renewed while the worker lives.

Every change is one conditional UPDATE, so two workers can't both win; moments are PostgreSQL's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Greatest, Left, Now

from apps.capture.models import Gap, Session, Source, Streamer

# How long a message on the queue may take to reach a worker before another is sent.
QUEUED_S = 10
# Without a worker for so long, a session says so; and one that is to end is ended without one.
LONG_UNOWNED_S = 30

TAKEN_OVER = "Waiting for another worker to go on."
LIVE_ENDED = "The live ended meanwhile."
WORKER_LOST = "worker_lost"


class Renewal(NamedTuple):
    session_id: UUID
    stop_requested: bool


def lease_end(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds)


def claim(session_id: UUID, owner: str) -> Session | None:
    """Take the lease of an open session that nobody else holds; None if it can't be had.

    Done again after a failure, it finds what the first attempt took.
    """
    free = Q(lease_owner__in=["", owner]) | Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())
    claimed = Session.objects.filter(
        free, pk=session_id, status__in=Session.OPEN, source=Source.TIKTOK
    ).update(
        lease_owner=owner,
        lease_expires_at=lease_end(settings.CAPTURE_LEASE_S),
        unowned_since=None,
    )
    if not claimed:
        return None
    return Session.objects.select_related("streamer").get(pk=session_id)


# In the order in which the storer locks: else they would wait for each other. The moment is the
# one at which the locks are had: the storer may have kept us waiting.
RENEW_SQL = """
    WITH held AS (
        SELECT id FROM capture_session
        WHERE id = ANY(%s) AND lease_owner = %s AND status = ANY(%s)
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE capture_session s SET
        lease_expires_at = clock_timestamp() + make_interval(secs => %s)
    FROM held WHERE s.id = held.id
    RETURNING s.id, s.stop_requested_at IS NOT NULL
"""


def renew(owner: str, held: Iterable[UUID]) -> list[Renewal]:
    """Renew the leases of the sessions that `owner` captures; those that it still holds.

    A lease that the worker took but knows nothing of is not renewed, and runs out.
    """
    parameters = [list(held), owner, list(Session.OPEN), settings.CAPTURE_LEASE_S]
    with connection.cursor() as cursor:
        cursor.execute(RENEW_SQL, parameters)
        return [Renewal(*row) for row in cursor.fetchall()]


@transaction.atomic
def hand_over(session_id: UUID, owner: str, *, since: datetime) -> None:
    """Give the session to whichever worker comes next; nothing if it is not `owner`'s to give.

    A session that was live has a gap from `since`, the last sign of life.
    """
    never_live = Q(started_at__isnull=True)
    given = Session.objects.filter(
        pk=session_id, lease_owner=owner, status__in=Session.OPEN
    ).update(
        lease_owner="",
        lease_expires_at=None,
        unowned_since=Now(),
        status=Case(
            When(never_live, then=Value(Session.Status.WAITING)),
            default=Value(Session.Status.RECONNECTING),
        ),
        problem=Case(When(never_live, then=Value("")), default=Value(WORKER_LOST)),
        status_detail=TAKEN_OVER,
    )
    if given and Session.objects.filter(pk=session_id, started_at__isnull=False).exists():
        open_gap(session_id, since=since, cause=WORKER_LOST, detail=TAKEN_OVER)


# After PostgreSQL itself was away, owners get the time of a lease to renew theirs. A session
# that is locked is being stored: somebody has it.
ORPHANS_SQL = """
    WITH orphan AS (
        SELECT id, started_at IS NOT NULL AS was_live,
            coalesce(unowned_since, now()) AS unowned_since,
            unowned_since < now() - make_interval(secs => %(long)s) AS long_unowned,
            stop_requested_at IS NOT NULL AS to_end
        FROM capture_session
        WHERE status = ANY(%(open)s) AND source = %(source)s
            AND (lease_expires_at IS NULL OR lease_expires_at < now())
            AND (lease_owner = ''
                OR pg_postmaster_start_time() < now() - make_interval(secs => %(lease)s))
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ), somebody AS (
        SELECT EXISTS (
            SELECT FROM capture_session
            WHERE status = ANY(%(open)s) AND lease_owner <> '' AND lease_expires_at > now()
        ) AS works
    )
    UPDATE capture_session s SET
        lease_owner = '', lease_expires_at = now() + make_interval(secs => %(queued)s),
        unowned_since = o.unowned_since,
        status = CASE WHEN was_live THEN 'reconnecting' ELSE 'waiting' END,
        problem = CASE WHEN long_unowned THEN 'no_worker' WHEN was_live THEN %(lost)s ELSE '' END,
        status_detail = CASE
            WHEN to_end THEN 'Ending, once a capture worker has stored what was received.'
            WHEN long_unowned AND works THEN 'No capture worker has room for it; start another.'
            WHEN long_unowned THEN 'No capture worker is running.'
            WHEN was_live THEN %(taken_over)s
            ELSE 'Waiting for a capture worker.' END
    FROM orphan o, somebody WHERE s.id = o.id
    RETURNING s.id, coalesce(s.last_event_at, s.started_at)
"""


@transaction.atomic
def reserve_orphans() -> list[UUID]:
    """Open sessions that nobody has, each named again only after `QUEUED_S` without a worker.

    They say that nobody has them, and those that were live have a gap from then on. Locks their
    rows.
    """
    parameters = {
        "open": list(Session.OPEN),
        "source": Source.TIKTOK,
        "lease": settings.CAPTURE_LEASE_S,
        "queued": QUEUED_S,
        "long": LONG_UNOWNED_S,
        "lost": WORKER_LOST,
        "taken_over": TAKEN_OVER,
    }
    with connection.cursor() as cursor:
        cursor.execute(ORPHANS_SQL, parameters)
        orphans = cursor.fetchall()
    for session_id, last_sign_at in orphans:
        if last_sign_at is not None:
            open_gap(session_id, since=last_sign_at, cause=WORKER_LOST, detail=TAKEN_OVER)
    return [session_id for session_id, _ in orphans]


def unowned_to_end() -> list[UUID]:
    """Sessions whose end was asked for and that no worker took for a while."""
    return list(
        Session.objects.filter(
            status__in=Session.OPEN,
            source=Source.TIKTOK,
            lease_owner="",
            stop_requested_at__isnull=False,
            unowned_since__lt=Now() - timedelta(seconds=LONG_UNOWNED_S),
        ).values_list("pk", flat=True)
    )


# --- What the holder of a lease writes -------------------------------------------------------


def set_status(session_id: UUID, owner: str, status: str, detail: str, **fields: Any) -> bool:
    """False if `owner` no longer holds the lease; then nothing was written."""
    return bool(
        Session.objects.filter(pk=session_id, lease_owner=owner).update(
            status=status, status_detail=detail[:300], **fields
        )
    )


def note_live(streamer_id: int) -> None:
    Streamer.objects.filter(pk=streamer_id).update(last_live_at=Now())


@transaction.atomic
def finish(session_id: UUID, owner: str, status: str, detail: str, problem: str = "") -> bool:
    """End the session and give up its lease; False, and nothing done, if `owner` has it not.

    `owner` may be "": nobody.
    """
    kept = Session.objects.filter(pk=session_id, lease_owner=owner, status__in=Session.OPEN).update(
        status=status,
        status_detail=detail[:300],
        problem=problem,
        ended_at=Now(),
        lease_owner="",
        lease_expires_at=None,
        unowned_since=None,
    )
    if kept:
        close(Gap.objects.filter(session_id=session_id))
    return bool(kept)


def open_gap(session_id: UUID, *, since: datetime, cause: str, detail: str) -> None:
    """Nothing if one is open: the first cause is the cause."""
    gap = Gap(session_id=session_id, from_at=since, cause=cause, detail=detail[:300])
    Gap.objects.bulk_create([gap], ignore_conflicts=True)


def close_gap(session_id: UUID, owner: str, *, note: str = "") -> None:
    """`note` is added to the sentence that says what happened."""
    close(Gap.objects.filter(session_id=session_id, session__lease_owner=owner), note=note)


def close(gaps: QuerySet[Gap], *, note: str = "") -> None:
    # Greatest: the two moments are of different clocks.
    gaps.filter(to_at__isnull=True).update(
        to_at=Greatest(Now(), F("from_at")),
        detail=Left(Concat("detail", Value(f" {note}" if note else "")), 300),
    )


def drop_gap(session_id: UUID, owner: str) -> None:
    """Nothing was missed: TikTok closed the connection because the live was over."""
    Gap.objects.filter(
        session_id=session_id,
        session__lease_owner=owner,
        to_at__isnull=True,
        cause="connection_closed",
    ).delete()


def missing(held: Iterable[UUID], renewals: list[Renewal]) -> set[UUID]:
    return set(held) - {renewal.session_id for renewal in renewals}
