"""The mobile endpoints about coins, a file a topic. Importing a file declares its endpoints."""

from apps.wallet.endpoints import payouts, purchases

__all__ = ["payouts", "purchases"]
