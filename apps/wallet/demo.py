"""Coin packages as the shipped apps' stores sell them, and coins for a first look."""

from decimal import Decimal

from apps.users.demo import PEOPLE
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import CoinPackage

# The App Store products of the iOS app: buy100Coins ... (contract/ios/endpoints.json).
PACKAGES = [
    (100, Decimal("0.99")),
    (500, Decimal("4.99")),
    (2_000, Decimal("19.99")),
    (5_000, Decimal("49.99")),
    (10_000, Decimal("99.99")),
]
DEMO_COINS = 5_000
CREATOR_COINS = 500


def create() -> None:
    """Create the packages that are missing and give the demo people their coins once."""
    for order, (coins, price) in enumerate(PACKAGES):
        CoinPackage.objects.get_or_create(
            coins=coins,
            defaults={
                "title": f"{coins} coins",
                "price": price,
                "order": order,
                "ios_product_id": f"buy{coins}Coins",
                "android_product_id": f"coins_{coins}",
            },
        )
    for user in User.objects.filter(username__in=[person[0] for person in PEOPLE]):
        coins = DEMO_COINS if user.username == "demo" else CREATOR_COINS
        ledger.give(user_id=user.id, coins=coins, key=f"demo:{user.id}")
