"""What several tests of operations need."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection


@pytest.fixture
def spare() -> Iterator[dict[str, str]]:
    """An empty database of its own beside the test's; the environment for it."""
    name = f"{connection.settings_dict['NAME']}_drill"
    before, _, after = os.environ["DATABASE_URL"].partition("/postgres?")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": f"{before}/{name}?{after}"}
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
