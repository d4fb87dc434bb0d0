"""Who says that a store transaction is real. Each store is one small class of the same shape.

A new store is a class like those in apple.py, demo.py and closed.py that `store_for` chooses.
"""

from typing import Protocol

from django.conf import settings

from apps.wallet.models import CoinPackage, Purchase
from apps.wallet.stores.apple import AppleStore
from apps.wallet.stores.closed import ClosedStore
from apps.wallet.stores.demo import DemoStore


class Store(Protocol):
    name: str

    def verify(
        self, *, transaction_id: str, proof: str, package: CoinPackage, device: Purchase.Device
    ) -> str:
        """The store's own id of a paid transaction for `package`.

        `proof` is what the store has signed, or empty: then the store is asked for the id.

        Raises Refused if the store does not know it, or knows it for something else.
        """


def store_for(device: Purchase.Device) -> Store:
    """The store behind the device's app, by the settings."""
    if settings.DEMO_STORE:
        return DemoStore()
    if device == Purchase.Device.IOS and settings.APPLE_BUNDLE_ID:
        return AppleStore()
    return ClosedStore()
