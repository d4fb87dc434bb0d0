"""The operators' home page: how the system is, each number a way to where it is dealt with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from apps.operations import state
from apps.staff.menu import list_address
from apps.wallet.selectors.proof import last_proof

FAMILIES = {family.name: family for family in state.FAMILIES}
LONG_WAIT_S = 600
PROOF_FRESH = timedelta(days=2)  # it is made each night
# Of the calendar day in UTC, as the books count it.
TODAY = "created_at >= date_trunc('day', now(), 'UTC')"
BOUGHT_SQL = f"""
    SELECT count(*), coalesce(sum(coins), 0), coalesce(sum(price), 0)
    FROM wallet_purchase WHERE {TODAY} AND refunded_at IS NULL
"""
GIVEN_SQL = f"SELECT count(*), coalesce(sum(coins), 0) FROM gifts_sentgift WHERE {TODAY}"
PEOPLE_SQL = f"""
    SELECT (SELECT count(*) FROM users_user WHERE {TODAY}),
        (SELECT count(DISTINCT user_id) FROM users_authtoken
         WHERE last_used_at > now() - interval '1 hour')
"""
PAYOUTS_SQL = """
    SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'approved'),
        coalesce(sum(amount), 0)
    FROM wallet_payout WHERE status IN ('pending', 'approved')
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A number with a line below it. `level`: "", "attention" or "alarm"."""

    number: str
    line: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What is asked, for operators who may see `model`'s list, and which rows of it are meant."""

    title: str
    model: str
    query: str
    read: Callable[[], Answer]


def with_cards(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    return context | {"title": "Home", "cards": seen_by(request), "now": timezone.now()}


def seen_by(request: HttpRequest) -> list[dict[str, Any]]:
    addresses = [(card, list_address(request, card.model, card.query)) for card in CARDS]
    return [
        {"title": card.title, "link": address, "answer": answer_of(card)}
        for card, address in addresses
        if address
    ]


def answer_of(card: Card) -> Answer:
    try:
        return card.read()
    except (DatabaseError, redis.RedisError):
        return Answer("?", "can't be read now", "alarm")


def measured(name: str) -> dict[str, float]:
    """What Prometheus is told under this name, by label."""
    return {sample.label: sample.value for sample in FAMILIES[name].read()}


def row_of(sql: str) -> tuple[Any, ...]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def rooms() -> Answer:
    by_status = measured("clipcast_live_rooms")
    viewers = measured("clipcast_live_viewers")[""]
    audio = measured("clipcast_audio_rooms")[""]
    waiting = sum(by_status.values()) - by_status.get("live", 0)
    line = f"{viewers:,.0f} watching. {waiting:.0f} starting or interrupted, {audio:.0f} audio."
    return Answer(f"{by_status.get('live', 0):,.0f}", line)


def captures() -> Answer:
    running = sum(measured("clipcast_capture_sessions").values())
    gaps = measured("clipcast_capture_gaps_open")[""]
    line = f"{gaps:.0f} with a gap now." if gaps else "None has a gap now."
    return Answer(f"{running:,.0f}", line, "attention" if gaps else "")


def uploads() -> Answer:
    by_state = measured("clipcast_uploads")
    age = measured("clipcast_upload_oldest_waiting_seconds")[""]
    failed = by_state.get("failed", 0)
    waiting = by_state.get("received", 0) + by_state.get("processing", 0)
    line = f"{failed:,.0f} failed in seven days."
    if waiting:
        line += f" The oldest waits for {age / 60:,.0f} min."
    late = waiting and age > LONG_WAIT_S
    return Answer(f"{waiting:,.0f}", line, "attention" if failed or late else "")


def bought() -> Answer:
    count, coins, price = row_of(BOUGHT_SQL)
    return Answer(f"{coins:,}", f"in {count:,} purchases, for {price:,.2f} US dollars.")


def given() -> Answer:
    count, coins = row_of(GIVEN_SQL)
    return Answer(f"{coins:,}", f"in {count:,} gifts.")


def payouts() -> Answer:
    pending, approved, amount = row_of(PAYOUTS_SQL)
    line = f"{approved:,} approved and not paid. Together {amount:,.2f} US dollars."
    return Answer(f"{pending:,}", line, "attention" if pending else "")


def open_rows(table: str, where: str, since: str = "created_at") -> Callable[[], Answer]:
    """How many rows wait, and since when the oldest does."""

    def read() -> Answer:
        count, oldest = row_of(f"SELECT count(*), min({since}) FROM {table} WHERE {where}")
        line = f"The oldest waits for {timesince(oldest, depth=1)}." if oldest else "Nothing waits."
        return Answer(f"{count:,}", line, "attention" if count else "")

    return read


def people() -> Answer:
    new, seen = row_of(PEOPLE_SQL)
    return Answer(f"{new:,}", f"{seen:,} were here in the last hour.")


def books() -> Answer:
    proof = last_proof()
    if proof is None:
        return Answer("never", "The books were not proved yet.", "attention")
    ago = f"{timesince(proof.started_at, depth=1)} ago"
    if proof.broken:
        return Answer(ago, f"{proof}. Nobody should be paid out.", "alarm")
    old = timezone.now() - proof.started_at > PROOF_FRESH
    return Answer(ago, "The books balance.", "attention" if old else "")


CARDS = [
    Card("Live rooms", "live.liveroom", "?status__exact=live", rooms),
    Card("Captures that run", "capture.session", "?status__exact=live", captures),
    Card("Uploads waiting", "videos.videoupload", "?video__state__exact=failed", uploads),
    Card("New people today", "users.user", "", people),
    Card("Coins bought today", "wallet.purchase", "", bought),
    Card("Coins given today", "gifts.sentgift", "", given),
    Card("Payouts waiting", "wallet.payout", "?status__exact=pending", payouts),
    Card("Books last proved", "wallet.auditrun", "", books),
    Card(
        "Reports open",
        "moderation.report",
        "?state__exact=open",
        open_rows("moderation_report", "state = 'open'"),
    ),
    Card(
        "Verification waiting",
        "moderation.verificationrequest",
        "?state__exact=pending",
        open_rows("moderation_verificationrequest", "state = 'pending'", "updated_at"),
    ),
    Card(
        "Videos held",
        "moderation.heldvideo",
        "?state__exact=waiting",
        open_rows("moderation_heldvideo", "state = 'waiting'"),
    ),
    Card(
        "Promotions waiting",
        "promotions.promotion",
        "?state__exact=pending",
        open_rows("promotions_promotion", "state = 'pending'"),
    ),
]
