"""A recount beside a count that is under way: no word is counted twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.analytics import counting
from apps.analytics.models import Word
from tests.capture.conftest import wait_for
from tests.capture_edge.making import make_event, make_session

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(function, *args):
    try:
        return function(*args)
    finally:
        connection.close()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("counted_before", [True, False])
def test_a_recount_forgets_what_is_being_counted_meanwhile(monkeypatch, counted_before):
    session = make_session("star")
    make_event(session, "tulip")
    if counted_before:
        counting.count_all()
        make_event(session, "tulip")
    add_words, has_added, may_commit = counting.add_words, threading.Event(), threading.Event()

    def add_and_wait(*args):
        add_words(*args)
        has_added.set()
        assert may_commit.wait(timeout=60)

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as threads:
        patch.setattr(counting, "add_words", add_and_wait)
        counts = threads.submit(in_thread, counting.catch_up, session.pk)
        assert has_added.wait(timeout=60)
        recounts = threads.submit(in_thread, counting.recount, session.pk)
        wait_for(somebody_waits_for_a_lock)
        may_commit.set()
        counts.result(timeout=60)
        recounts.result(timeout=60)
    counting.count_all()
    words = Word.objects.filter(session=session).values_list("word", "messages")
    assert list(words) == [("tulip", 2 if counted_before else 1)]
