from apps.contract.answers import Refused
from apps.wallet.stores.shape import DAYS_OF_PATIENCE, Order, Receipt


class ClosedStore:
    """Sells nothing: what stands in production until a store is configured."""

    name = "closed"
    patience = DAYS_OF_PATIENCE

    def verify(self, order: Order) -> Receipt:
        raise Refused("Purchases are not open yet. You have not been given any coins.")

    def finish(self, handle: str) -> None:
        """Nobody to tell."""
