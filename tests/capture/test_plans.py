"""Which questions PostgreSQL plans anew each time, for the values of that time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.capture.selectors import EventFilter, list_events
from apps.contract.shapes import PREPARE_AFTER

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def prepared_statements() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


def prepares(session, where: EventFilter) -> bool:
    """Whether the statement is prepared once it was asked often enough."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.connection._prepared.clear()
    for _ in range(PREPARE_AFTER + 3):
        list_events(session_id=session.pk, day=session.day, where=where)
    return any("capture_event" in statement for statement in prepared_statements())


@pytest.mark.parametrize(
    "where",
    [
        EventFilter(since=NOW - timedelta(minutes=10), until=NOW),
        EventFilter(since=NOW),
        EventFilter(until=NOW, types=("chat",)),
        EventFilter(after=1, before=100_000),
    ],
)
def test_a_span_of_events_is_read_by_a_plan_for_that_span(session, where):
    assert not prepares(session, where)


@pytest.mark.parametrize("where", [EventFilter(), EventFilter(types=("chat",), before=7)])
def test_a_page_from_one_end_is_planned_once(session, where):
    assert prepares(session, where)
