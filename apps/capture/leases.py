"""Which worker has which session: a lease in the session's row, renewed while the worker lives.

Every change is one conditional UPDATE, so two workers can't both win; moments are PostgreSQL's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from apps.capture.models import Gap, Session, Source, Streamer

# How long a message on the queue may take to reach a worker before another is sent.
QUEUED_S = 10


class Renewal(NamedTuple):
    session_id: UUID
    stop_requested: bool


def lease_end(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds)


def claim(session_id: UUID, owner: str) -> Session | None:
    """Take the lease of an open session that nobody holds; None if it can't be had."""
    free = Q(lease_owner="") | Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=Now())
    claimed = Session.objects.filter(
        free, pk=session_id, status__in=Session.OPEN, source=Source.TIKTOK
    ).update(lease_owner=owner, lease_expires_at=lease_end(settings.CAPTURE_LEASE_S))
    if not claimed:
        return None
    return Session.objects.select_related("streamer").get(pk=session_id)


def renew(owner: str) -> list[Renewal]:
    """Renew all leases of `owner`; what it still holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE capture_session SET lease_expires_at = now() + make_interval(secs => %s) "
            "WHERE lease_owner = %s AND status = ANY(%s) "
            "RETURNING id, stop_requested_at IS NOT NULL",
            [settings.CAPTURE_LEASE_S, owner, list(Session.OPEN)],
        )
        return [Renewal(*row) for row in cursor.fetchall()]


def hand_over(session_id: UUID, owner: str) -> None:
    """Give the session to whichever worker comes next."""
    Session.objects.filter(pk=session_id, lease_owner=owner).update(
        lease_owner="",
        lease_expires_at=None,
        status_detail="Waiting for another worker to go on.",
    )


def reserve_orphans() -> list[UUID]:
    """Open sessions that nobody has, each named again only after `QUEUED_S` without a worker."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE capture_session SET lease_owner = '', "
            "lease_expires_at = now() + make_interval(secs => %s) "
            "WHERE status = ANY(%s) AND source = %s "
            "AND (lease_expires_at IS NULL OR lease_expires_at < now()) RETURNING id",
            [QUEUED_S, list(Session.OPEN), Source.TIKTOK],
        )
        return [row[0] for row in cursor.fetchall()]


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


def finish(session_id: UUID, owner: str, status: str, detail: str, problem: str = "") -> None:
    """End the session and give up its lease."""
    close_gap(session_id)
    set_status(
        session_id,
        owner,
        status,
        detail,
        problem=problem,
        ended_at=Now(),
        lease_owner="",
        lease_expires_at=None,
    )


def open_gap(session_id: UUID, *, since: datetime, cause: str, detail: str) -> None:
    Gap.objects.get_or_create(
        session_id=session_id,
        to_at=None,
        defaults={"from_at": since, "cause": cause, "detail": detail[:300]},
    )


def close_gap(session_id: UUID) -> None:
    # Greatest: the two moments are of different clocks.
    Gap.objects.filter(session_id=session_id, to_at__isnull=True).update(
        to_at=Greatest(Now(), F("from_at"))
    )


def drop_gap(session_id: UUID) -> None:
    """Nothing was missed: the live was over."""
    Gap.objects.filter(session_id=session_id, to_at__isnull=True).delete()


def missing(held: Iterable[UUID], renewals: list[Renewal]) -> set[UUID]:
    return set(held) - {renewal.session_id for renewal in renewals}
