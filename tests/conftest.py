"""The cast and the tools that every test may use."""

import pytest


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Almost every test touches the database; none pays for it that does not query."""
