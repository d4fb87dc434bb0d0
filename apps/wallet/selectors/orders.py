"""Orders as the clients see them. Source: contract/endpoints.yaml."""

from typing import Any

import orjson
from django.utils import timezone

from apps.contract.shapes import (
    Field,
    Shape,
    fetch_json,
    fetch_one_json,
    integer,
    moment,
    nested,
    text,
)
from apps.users.shapes import PublicUser
from apps.wallet.models import OrderSession


class OrderSessionShape(Shape):
    id = integer("id")
    user_id = integer("user_id")
    string = text("payload")
    created = moment("created_at")


class OrderSessionRecord(Shape):
    """`msg` of addOrderSession and showOrderSession."""

    OrderSession = nested(OrderSessionShape, "s")
    User: Field = nested(PublicUser, "u")


class MovedShape(Shape):
    """What moved the coins, for machines."""

    reason = text("reason")
    subject_id = integer("subject_id")


class OrderShape(Shape):
    """One movement of a person's coins, with the wallet before and after it."""

    id = integer("id")
    transaction_type = text("CASE {t}.reason WHEN 'settlement' THEN 'received' ELSE {t}.reason END")
    amount = integer("amount")
    balance_before = integer("balance_after - {t}.amount")
    balance_after = integer("balance_after")
    description = text("""CASE {t}.reason
        WHEN 'purchase' THEN 'Coins bought'
        WHEN 'gift' THEN 'Gift sent'
        WHEN 'promo' THEN 'Bonus coins'
        WHEN 'ticket' THEN 'Ticket of a live stream'
        WHEN 'settlement' THEN 'Coins received'
        WHEN 'payout' THEN 'Payout requested'
        WHEN 'refund' THEN 'Purchase refunded'
        WHEN 'refund_back' THEN 'Refund reversed'
        WHEN 'repayment' THEN 'Refunded coins repaid'
        WHEN 'promotion' THEN 'Promotion of a video'
        ELSE 'Coins moved' END""")
    status = text("'completed'")
    metadata = nested(MovedShape, "o")
    created_at = moment("created_at")


class OrderPage(Shape):
    """`msg` of showOrderHistory."""

    orders = Field("", "", {"type": "array", "items": OrderShape.schema()})
    page = integer("page")
    limit = integer("limit")
    has_more = Field("", "", {"type": "boolean"})


SESSION_SQL = f"""
    SELECT {OrderSessionRecord.sql("s")}
    FROM wallet_ordersession s JOIN users_user u ON u.id = s.user_id
    WHERE s.id = %(session_id)s AND s.created_at > %(since)s AND u.status = 'active'
"""
# Entries of an account are numbered in the order of their transfers, so the newest `rows`
# transfers of a person are among the newest `rows` entries of each account, and the wallet
# before them is today's less what they moved.
ORDERS_SQL = f"""
    WITH own AS (
        SELECT id, balance FROM wallet_account
        WHERE owner_id = %(user_id)s AND kind IN ('bought', 'earned')
    ), moved AS (
        SELECT e.transfer_id, sum(e.amount) AS amount FROM own, LATERAL (
            SELECT transfer_id, amount FROM wallet_entry
            WHERE account_id = own.id ORDER BY sequence DESC LIMIT %(rows)s) e
        GROUP BY e.transfer_id ORDER BY e.transfer_id DESC LIMIT %(rows)s
    ), running AS (
        SELECT transfer_id, amount, (SELECT sum(balance) FROM own) - coalesce(sum(amount) OVER (
            ORDER BY transfer_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS balance_after FROM moved
    )
    SELECT {OrderShape.sql("o")} FROM (
        SELECT t.id, t.reason, t.subject_id, t.created_at, r.amount, r.balance_after
        FROM running r JOIN wallet_transfer t ON t.id = r.transfer_id
    ) o ORDER BY o.id DESC OFFSET %(skipped)s
"""


def order_session(*, session_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """A parked payload and who parked it; None when there is none, or not any more."""
    parameters = {
        "session_id": session_id,
        "since": timezone.now() - OrderSession.LIFE,
        "viewer_id": viewer_id,
        "media_url": media_url,
    }
    return fetch_one_json(SESSION_SQL, parameters)


def orders(*, user_id: int, page: int, limit: int) -> dict[str, Any]:
    """What moved a person's settled coins, newest first; `page` counts from 1."""
    skipped = (page - 1) * limit
    parameters = {"user_id": user_id, "rows": skipped + limit + 1, "skipped": skipped}
    found = fetch_json(ORDERS_SQL, parameters)
    return {
        "orders": found[:limit],
        "page": page,
        "limit": limit,
        "has_more": len(found) > limit,
    }
