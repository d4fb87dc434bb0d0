"""Coins as the clients see them."""

import orjson
from django.conf import settings

from apps.contract.shapes import Field, Shape, fetch_one_json, listed, nested
from apps.users.selectors import OwnRecord
from apps.wallet.models import Purchase
from apps.wallet.shapes import (
    CoinPackageShape,
    CoinWorthShape,
    PurchaseCoinShape,
    TransactionShape,
)


class CoinPrices(Shape):
    """`msg` of showCoinWorth."""

    CoinWorth = nested(CoinWorthShape, "w")
    CoinPackages: Field = listed(
        CoinPackageShape,
        "k",
        'FROM (SELECT * FROM wallet_coinpackage WHERE active ORDER BY "order", coins) k',
    )


class PurchaseRecord(OwnRecord):
    """`msg` of purchaseCoin: the buyer with the new wallet, and the purchase."""

    PurchaseCoin = nested(PurchaseCoinShape, "p")
    Transaction = nested(TransactionShape, "p")


COIN_PRICES_SQL = f"SELECT {CoinPrices.sql('w')} FROM (SELECT 1) w"
PURCHASE_RECORD_SQL = f"""
    SELECT {PurchaseRecord.sql("u")}
    FROM wallet_purchase p JOIN users_user u ON u.id = p.user_id
    WHERE p.id = %(purchase_id)s
"""


def coin_prices(*, media_url: str) -> orjson.Fragment:
    """What a coin is worth, and the packages on sale."""
    parameters = {"coin_worth": settings.COIN_WORTH_USD, "media_url": media_url}
    prices = fetch_one_json(COIN_PRICES_SQL, parameters)
    if prices is None:
        raise AssertionError("a statement without WHERE has a row")
    return prices


def purchase_record(*, purchase_id: int, user_id: int, media_url: str) -> orjson.Fragment:
    """A purchase for the buyer's eyes."""
    record = fetch_one_json(
        PURCHASE_RECORD_SQL,
        {"purchase_id": purchase_id, "viewer_id": user_id, "media_url": media_url},
    )
    if record is None:
        raise Purchase.DoesNotExist
    return record
