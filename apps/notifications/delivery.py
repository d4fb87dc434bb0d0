"""Sending what is in the outbox.

A worker takes a batch by moving its `due_at` ahead (a lease), sends it outside of any
transaction, and then notes what came of it. Should it die in between, the lease runs out and
another sends the batch again; the same collapse key makes a repeat replace the first on the phone.
"""

import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.notifications.models import Push
from apps.notifications.push import Message, Outcome, PushSender, Verdict
from apps.users.models import Device

logger = logging.getLogger(__name__)
State = Push.State
BATCH = 200
PARALLEL = 16
LEASE_S = 300  # longer than BATCH / PARALLEL messages that each run into the time-out
MAX_ATTEMPTS = 8
FIRST_WAIT_S = 15  # doubled with each attempt, up to MAX_WAIT_S
MAX_WAIT_S = 3600
STALE_H = 24  # nobody wants yesterday's pushes after an outage
CLAIM_SQL = f"""
    UPDATE notifications_push p SET attempts = attempts + 1,
        due_at = statement_timestamp() + interval '{LEASE_S} seconds'
    FROM (
        SELECT id FROM notifications_push
        WHERE state = 'pending' AND due_at <= statement_timestamp()
        ORDER BY due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ) due, users_device d
    WHERE p.id = due.id AND d.id = p.device_id
    RETURNING p.id, p.title, p.body, p.data, p.attempts,
        p.created_at < statement_timestamp() - interval '{STALE_H} hours',
        d.id, CASE WHEN d.user_id = p.receiver_id THEN d.push_token ELSE '' END"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One push that this worker has to send."""

    push_id: int
    attempts: int
    stale: bool
    device_id: int
    message: Message


def send_due(sender: PushSender, *, batches: int = 50) -> int:
    """Send what is due, up to so many batches; how many messages were handled."""
    handled = 0
    for _ in range(batches):
        claimed = claim()
        if claimed:
            send_batch(sender, claimed)
        handled += len(claimed)
        if len(claimed) < BATCH:
            break
    return handled


def claim() -> list[Claimed]:
    """Take a batch. One UPDATE; rows that another worker is taking are skipped."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_SQL)
        rows = cursor.fetchall()
    return [
        Claimed(
            push_id,
            attempts,
            stale,
            device_id,
            Message(token, title, body, orjson.loads(data), f"clipcast-{push_id}"),
        )
        for push_id, title, body, data, attempts, stale, device_id, token in rows
    ]


def send_batch(sender: PushSender, claimed: list[Claimed]) -> None:
    worth_sending = [item for item in claimed if not why_not(item)]
    for item in claimed:
        if why_not(item):
            drop(item, why_not(item))
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        outcomes = pool.map(sender.send, [item.message for item in worth_sending])
        for item, outcome in zip(worth_sending, outcomes, strict=True):
            NOTE[outcome.verdict](item, outcome)


def why_not(item: Claimed) -> str:
    """Why a push is not even tried, or nothing."""
    if not item.message.push_token:
        return "The phone is signed out or has no token any more."
    return "It lay too long." if item.stale else ""


def note_sent(item: Claimed, outcome: Outcome) -> None:
    Push.objects.filter(pk=item.push_id).update(state=State.SENT, problem="")


def note_dead_token(item: Claimed, outcome: Outcome) -> None:
    """Forget the token, unless the phone has got a new one meanwhile."""
    Device.objects.filter(pk=item.device_id, push_token=item.message.push_token).update(
        push_token=""
    )
    drop(item, outcome.problem)


def note_refused(item: Claimed, outcome: Outcome) -> None:
    logger.error("A push was refused: %s", outcome.problem)
    drop(item, outcome.problem)


def note_later(item: Claimed, outcome: Outcome) -> None:
    if item.attempts >= MAX_ATTEMPTS:
        logger.error("A push was given up: %s", outcome.problem)
        return drop(item, outcome.problem)
    wait_s = max(outcome.retry_after_s, min(FIRST_WAIT_S * 2 ** (item.attempts - 1), MAX_WAIT_S))
    due_at = timezone.now() + timedelta(seconds=wait_s * random.uniform(1, 1.2))  # noqa: S311
    Push.objects.filter(pk=item.push_id).update(due_at=due_at, problem=outcome.problem)


def drop(item: Claimed, problem: str) -> None:
    Push.objects.filter(pk=item.push_id).update(state=State.DROPPED, problem=problem)


NOTE: dict[Verdict, Callable[[Claimed, Outcome], None]] = {
    Verdict.SENT: note_sent,
    Verdict.DEAD_TOKEN: note_dead_token,
    Verdict.REFUSED: note_refused,
    Verdict.LATER: note_later,
}


def forget_old() -> int:
    """Delete what was sent or dropped PUSH_KEEP_DAYS ago; how many rows."""
    before = timezone.now() - timedelta(days=settings.PUSH_KEEP_DAYS)
    return Push.objects.filter(created_at__lt=before).delete()[0]
