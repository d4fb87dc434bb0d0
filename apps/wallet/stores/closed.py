from apps.contract.answers import Refused
from apps.wallet.models import CoinPackage, Purchase


class ClosedStore:
    """Sells nothing: what stands in production until a store is configured."""

    name = "closed"

    def verify(
        self, *, transaction_id: str, proof: str, package: CoinPackage, device: Purchase.Device
    ) -> str:
        raise Refused("Purchases are not open yet. You have not been given any coins.")
