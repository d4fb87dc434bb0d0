"""Every test here ends with the proof that the books balance."""

import time
from datetime import UTC, datetime

import pytest

from tests.books import books_balance

__all__ = ["books_balance"]

DAY_S = 24 * 3600
LONGEST_TEST_S = 20


@pytest.fixture(autouse=True)
def _within_a_day() -> None:
    """People count once a UTC day; no test begins just before one ends."""
    now = datetime.now(UTC)
    left_s = DAY_S - (now - now.replace(hour=0, minute=0, second=0)).total_seconds()
    if left_s < LONGEST_TEST_S:
        time.sleep(left_s)
