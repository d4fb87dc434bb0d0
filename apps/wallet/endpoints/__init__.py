"""The mobile endpoints about coins, a file a topic. Importing a file declares its endpoints."""

from apps.wallet.endpoints import cards, orders, payouts, purchases

__all__ = ["cards", "orders", "payouts", "purchases"]
