"""GET /api/sessions and /api/sessions/<id>"""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.capture.models import Gap, Session
from tests.capture_edge.making import make_session


@pytest.fixture
def ask(client, program):
    headers = program("read")

    def get(path="", **query):
        return client.get(f"/api/sessions{path}", query, headers=headers)

    return get


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [session["username"] for session in response.json()["sessions"]]


def test_a_session_shows_its_counters_and_gaps(ask, session):
    now = timezone.now()
    Session.objects.filter(pk=session.pk).update(total=3, counters={"chat": 3})
    Gap.objects.create(session=session, from_at=now, to_at=now, cause="connection_lost")
    shown = ask(f"/{session.id}").json()
    assert shown["id"] == str(session.id)
    assert shown["username"] == "ada"
    assert (shown["status"], shown["total"], shown["counters"]) == ("live", 3, {"chat": 3})
    assert [gap["cause"] for gap in shown["gaps"]] == ["connection_lost"]


def test_sessions_come_newest_first_in_pages(ask):
    now = timezone.now()
    for age, name in enumerate(["three", "two", "one"]):
        session = make_session(name)
        Session.objects.filter(pk=session.pk).update(created_at=now - timedelta(hours=age))
    first = ask(limit=2)
    second = ask(limit=2, cursor=first.json()["next_cursor"])
    assert names(first) + names(second) == ["three", "two", "one"]
    assert second.json()["next_cursor"] is None


def test_sessions_are_filtered_by_status_and_name(ask):
    make_session("ada", status="ended")
    make_session("bob")
    make_session("eve", status="waiting")
    assert names(ask(status="ended")) == ["ada"]
    assert set(names(ask(status="open"))) == {"bob", "eve"}
    assert names(ask(username="@Bob")) == ["bob"]


def test_a_slash_at_the_end_changes_nothing(ask, session):
    assert names(ask("/")) == ["ada"]
    assert ask(f"/{session.id}/").json() == ask(f"/{session.id}").json()


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "lively"), ("cursor", "1"), ("limit", "101"), ("username", "no spaces")],
)
def test_bad_input_is_a_400_with_a_sentence(ask, name, value):
    response = ask(**{name: value})
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{name}: ")


@pytest.mark.parametrize("path", ["/nonsense", "/00000000-0000-0000-0000-000000000000", "/a/b/c"])
def test_an_unknown_session_or_address_is_a_404(ask, path):
    response = ask(path)
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is n")


def test_the_number_of_queries_is_fixed(ask, session, django_assert_num_queries):
    make_session("bob")
    ask()  # the key's first use is noted
    with django_assert_num_queries(2):  # key, sessions
        ask()
    with django_assert_num_queries(2):  # key, session
        ask(f"/{session.id}")
