"""Every test here ends with the proof that the books balance."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.books import books_balance, package
from tests.wallet.stripe import SECRET_KEY, WEBHOOK_SECRET, Stripe

__all__ = ["books_balance", "package"]


@pytest.fixture
def stripe_server(settings: Settings) -> Iterator[Stripe]:
    """A double of Stripe, to which the settings lead."""
    server = Stripe()
    settings.DEMO_STORE = False
    settings.STRIPE_SECRET_KEY = SECRET_KEY
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_API_URL = server.url
    yield server
    server.close()
