"""What the clients are told about coins.

A person's `wallet` is `wallet_total(user_id)` and `total_all_time_coins` is
`wallet_all_time_coins(user_id)`: SQL functions of migrations/0002_ledger.py.
Sources: contract/conflicts.md "Money", contract/ios/models.schema.json PurchaseCoin, CoinWorth.
"""

from apps.contract.shapes import Shape, flag, integer, media, moment, nested, number, text


class CoinPackageShape(Shape):
    """Coins for a price in US dollars."""

    id = integer("id")
    coins = integer("coins")
    price = number("price")
    title = text("title")
    image = media("image")


class CoinWorthShape(Shape):
    """What one coin is worth in US dollars."""

    id = integer("1")
    price = number("%(coin_worth)s")


class PurchaseCoinShape(Shape):
    """A purchase; `coin` and `price` are integers, or iOS shows an empty wallet."""

    id = integer("id")
    user_id = integer("user_id")
    title = text("(SELECT k.title FROM wallet_coinpackage k WHERE k.id = {t}.package_id)")
    coin = integer("coins")
    price = integer("round({t}.price)::int")
    transaction_id = text("transaction_id")
    device = text("device")
    created = moment("created_at")


class TransactionShape(Shape):
    """The same purchase, as newer clients read it."""

    id = integer("id")
    coin = integer("coins")
    price = number("price")
    created = moment("created_at")


class SavedCardShape(Shape):
    """A saved card by its id."""

    id = integer("id")
    default = flag("is_default")


class CardDetailsShape(Shape):
    brand = text("brand")
    last4 = text("last4")
    name = text("name")


class CardShape(CardDetailsShape):
    """A saved card, both as addPaymentCard and as showUserCards name it."""

    exp_month = integer("exp_month")
    exp_year = integer("exp_year")
    PaymentCard = nested(SavedCardShape, "c")
    CardDetails = nested(CardDetailsShape, "c")
