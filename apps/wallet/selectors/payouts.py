"""Payouts as the clients see them.

Sources: contract/conflicts.md "withdrawRequest object", "addPayout fields", "showPayout".
"""

import orjson
from django.conf import settings

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import (
    Shape,
    fetch_json,
    fetch_one_json,
    integer,
    moment,
    nested,
    number,
    text,
)
from apps.users.selectors import OwnRecord
from apps.wallet.models import Payout, PayoutMethod
from apps.wallet.shapes import CoinWorthShape


class MethodShape(Shape):
    id = integer("id")
    type = text("type")
    value = text("value")


class PayoutShape(Shape):
    """A payout with its state as a word: pending, approved, paid, rejected."""

    id = integer("id")
    user_id = integer("user_id")
    coin = integer("coins")
    amount = number("amount")
    status = text("status")
    created = moment("created_at")


class NumberedPayoutShape(PayoutShape):
    """The same with the state as older clients know it: 0 open, 1 approved, 2 rejected."""

    status = integer("CASE {t}.status WHEN 'pending' THEN 0 WHEN 'rejected' THEN 2 ELSE 1 END")


class MethodItem(Shape):
    """An item of showPayout."""

    PayoutMethod = nested(MethodShape, "m")


class MethodRecord(OwnRecord):
    """`msg` of addPayout: the person with the address in `paypal`, and the method."""

    PayoutMethod = nested(MethodShape, "m")


class PayoutItem(Shape):
    """An item of showWithdrawalHistory."""

    WithdrawalRequest = nested(PayoutShape, "p")


class PayoutRecord(OwnRecord):
    """`msg` of withdrawRequest: the person with the new wallet, and the request in two forms."""

    WithdrawalRequest = nested(PayoutShape, "p")
    WithdrawRequest = nested(NumberedPayoutShape, "p")
    CoinWorth = nested(CoinWorthShape, "p")  # an iOS call reads nothing else


METHODS_SQL = f"""
    SELECT {MethodItem.sql("m")} FROM wallet_payoutmethod m
    WHERE m.user_id = %(user_id)s ORDER BY m.saved_at DESC
"""
METHOD_RECORD_SQL = f"""
    SELECT {MethodRecord.sql("u")}
    FROM wallet_payoutmethod m JOIN users_user u ON u.id = m.user_id WHERE m.id = %(method_id)s
"""
PAYOUT_RECORD_SQL = f"""
    SELECT {PayoutRecord.sql("u")}
    FROM wallet_payout p JOIN users_user u ON u.id = p.user_id WHERE p.id = %(payout_id)s
"""
HISTORY_SQL = f"""
    SELECT {PayoutItem.sql("p")}, p.id FROM wallet_payout p
    WHERE p.user_id = %(user_id)s AND p.id < %(before)s ORDER BY p.id DESC {LIMIT}
"""


def methods(*, user_id: int) -> list[orjson.Fragment]:
    """Where a person's money goes, the latest first."""
    return fetch_json(METHODS_SQL, {"user_id": user_id})


def method_record(*, method_id: int, user_id: int, media_url: str) -> orjson.Fragment:
    """A saved method for its owner's eyes."""
    parameters = {"method_id": method_id, "viewer_id": user_id, "media_url": media_url}
    record = fetch_one_json(METHOD_RECORD_SQL, parameters)
    if record is None:
        raise PayoutMethod.DoesNotExist
    return record


def payout_record(*, payout_id: int, user_id: int, media_url: str) -> orjson.Fragment:
    """A payout for the eyes of who asked for it."""
    parameters = {
        "payout_id": payout_id,
        "viewer_id": user_id,
        "media_url": media_url,
        "coin_worth": settings.COIN_WORTH_USD,
    }
    record = fetch_one_json(PAYOUT_RECORD_SQL, parameters)
    if record is None:
        raise Payout.DoesNotExist
    return record


def history(pages: Pages, *, user_id: int) -> list[orjson.Fragment]:
    """A person's payouts, newest first."""
    return pages.fetch(HISTORY_SQL, {"user_id": user_id})
