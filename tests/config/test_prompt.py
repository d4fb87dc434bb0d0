"""Limits on statements and silence, in processes that somebody waits for. With servers that are
stopped: tests/production/test_silent_servers.py"""

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import psycopg
import pytest
from django.db import OperationalError, connection

from config import prompt
from config.servers import valkey_options

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _afterwards() -> Iterator[None]:
    yield
    prompt.answer_within(0)
    connection.close()  # the next test's has no limits


def ask(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def limited(statement_s: float) -> psycopg.Connection:
    """A new connection of such a process."""
    connection.close()
    prompt.answer_within(statement_s)
    connection.ensure_connection()
    return connection.connection


def test_postgresql_ends_a_statement_that_takes_too_long() -> None:
    limited(1)
    with pytest.raises(OperationalError, match="statement timeout"):
        ask("SELECT pg_sleep(600)")


def test_a_silent_server_is_given_up_on() -> None:
    line = limited(600)
    line.wait = partial(prompt.wait, line, 0.2)  # type: ignore[method-assign]
    with pytest.raises(OperationalError, match=r"PostgreSQL was silent for 0\.2 s"):
        ask("SELECT pg_sleep(3)")
    assert line.closed
    connection.close()  # as Django does at the end of a request
    assert ask("SELECT 1") == 1


def test_what_takes_long_and_is_known_to_goes_on() -> None:
    line = limited(600)
    usual = line.wait
    with prompt.unhurried():
        assert ask("SHOW statement_timeout") == "0"
        line.wait = partial(prompt.wait, line, 0.2)  # type: ignore[method-assign]
        ask("SELECT pg_sleep(0.5)")
        line.wait = usual  # type: ignore[method-assign]
    assert ask("SHOW statement_timeout") == "10min"


def test_without_a_limit_nothing_is_asked_besides(django_assert_num_queries) -> None:
    limited(0)
    with django_assert_num_queries(1), prompt.unhurried():
        assert ask("SHOW statement_timeout") == "0"
    assert connection.connection.wait.__func__ is psycopg.Connection.wait


def test_a_failure_is_not_taken_for_silence() -> None:
    limited(600)
    with pytest.raises(OperationalError, match="canceling"):
        ask("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(600)")
    assert ask("SELECT 1") == 1


def test_a_socket_of_this_machine_takes_no_options_of_tcp() -> None:
    by_tcp = SimpleNamespace(**valkey_options("redis://127.0.0.1:6379/0"))
    assert by_tcp.socket_keepalive is True
    assert set(valkey_options("unix:///run/valkey.sock?db=1")) == {
        "socket_timeout",
        "socket_connect_timeout",
    }
