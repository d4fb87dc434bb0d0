"""Who says that a store transaction is real. Each store is one small class of the same shape.

A new store is a class like those in apple.py, google.py and demo.py that STORES lists and
`store_for` chooses.
"""

from django.conf import settings

from apps.wallet.models import Purchase
from apps.wallet.stores.apple import AppleStore
from apps.wallet.stores.closed import ClosedStore
from apps.wallet.stores.demo import DemoStore
from apps.wallet.stores.google import GoogleStore
from apps.wallet.stores.shape import Store
from apps.wallet.stores.stripe import StripeStore

STORES: dict[str, type[Store]] = {
    store.name: store for store in (AppleStore, GoogleStore, StripeStore, DemoStore, ClosedStore)
}


def store_for(device: Purchase.Device) -> Store:
    """The store behind the device's app, by the settings."""
    if settings.DEMO_STORE:
        return DemoStore()
    if device == Purchase.Device.IOS and settings.APPLE_BUNDLE_ID:
        return AppleStore()
    if device == Purchase.Device.ANDROID and settings.GOOGLE_PLAY_PACKAGE:
        return GoogleStore()
    return ClosedStore()


def card_store() -> Store:
    """Who takes cards, by the settings."""
    if settings.STRIPE_SECRET_KEY:
        return StripeStore()
    return DemoStore() if settings.DEMO_STORE else ClosedStore()


def named(name: str) -> Store:
    """The store that a row of the database names."""
    return STORES[name]()
