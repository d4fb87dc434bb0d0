"""Who says that a store transaction is real. Each store is one small class of the same shape.

To open purchases, write a class like those in demo.py and closed.py that asks Apple or Google,
and let `store_for` choose it.
"""

from typing import Protocol

from django.conf import settings

from apps.wallet.models import CoinPackage, Purchase
from apps.wallet.stores.closed import ClosedStore
from apps.wallet.stores.demo import DemoStore


class Store(Protocol):
    name: str

    def verify(self, *, transaction_id: str, package: CoinPackage, device: Purchase.Device) -> str:
        """The store's own id of a paid transaction for `package`.

        Raises Refused if the store does not know it, or knows it for something else.
        """


def store_for(device: Purchase.Device) -> Store:
    """The store behind the device's app, by the settings."""
    return DemoStore() if settings.DEMO_STORE else ClosedStore()
