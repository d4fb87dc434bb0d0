from collections.abc import Iterator

import pytest

from apps.wallet.models import CoinPackage
from tests.books import broken_rules


@pytest.fixture(autouse=True)
def _books_balance(_clean_slate: None) -> Iterator[None]:
    """Whatever a test did, the books must balance at its end."""
    yield
    assert broken_rules() == []


@pytest.fixture
def package() -> CoinPackage:
    return CoinPackage.objects.create(title="500 coins", coins=500, price="4.99")
