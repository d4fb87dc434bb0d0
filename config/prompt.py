"""For processes that somebody waits for: no statement and no silence of PostgreSQL lasts for ever.

A server that was stopped, or whose disk hangs, keeps its connections and says nothing. No timeout
of TCP sees that, for the other machine still confirms what it is sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

# Beyond what a statement may take: a server that works has ended it itself by then.
SILENCE_S = 5
limits = SimpleNamespace(statement_s=0.0)
in_a_hurry: ContextVar[bool] = ContextVar("in_a_hurry", default=True)


def answer_within(statement_s: float) -> None:
    """In this process, from now on, PostgreSQL ends a statement after so many seconds, and we end
    a connection on which it says nothing for SILENCE_S longer. Both are an OperationalError, which
    is answered as an outage. 0: as long as it takes."""
    limits.statement_s = statement_s
    if statement_s:
        connection_created.connect(limit)
    else:
        connection_created.disconnect(limit)


def limit(*, connection: BaseDatabaseWrapper, **signal: Any) -> None:
    """Django's connection_created."""
    line: psycopg.Connection = connection.connection
    line.wait = partial(wait, line, limits.statement_s + SILENCE_S)  # type: ignore[method-assign]
    set_timeout(connection, limits.statement_s)


def wait(line: psycopg.Connection, most_s: float, *args: Any, **options: Any) -> Any:
    """psycopg's Connection.wait, through which every answer of the server comes."""
    if in_a_hurry.get():
        options.setdefault("timeout", most_s)
    try:
        return psycopg.Connection.wait(line, *args, **options)
    except psycopg.OperationalError as error:
        if line.pgconn.transaction_status != TransactionStatus.ACTIVE:
            raise
        line.close()  # or taking back the transaction would wait as long again
        raise psycopg.OperationalError(f"PostgreSQL was silent for {most_s:g} s") from error


@contextmanager
def unhurried() -> Iterator[None]:
    """For what an operator knows to take long."""
    if not limits.statement_s:
        yield
        return
    set_timeout(connection, 0)
    token = in_a_hurry.set(False)
    try:
        yield
    finally:
        in_a_hurry.reset(token)
        with suppress(Error):  # what went wrong inside is more worth hearing
            set_timeout(connection, limits.statement_s)


def set_timeout(connection: BaseDatabaseWrapper, statement_s: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {statement_s * 1000:.0f}")
