"""History, streamers, one streamer, sessions side by side, exports; without a browser."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.capture.models import Session, Streamer
from apps.exports import services as exports
from apps.exports.models import Export
from tests.capture_edge.making import make_event, make_session


@pytest.fixture
def session():
    return make_session("ada", status="ended")


def names(response) -> list[str]:
    assert response.status_code == 200
    return [each.streamer.username for each in response.context["sessions"]]


def test_ended_sessions_come_in_pages(desk):
    for number in range(30):
        make_session(f"number{number}", status="ended")
    first = desk.get("/dashboard/history/")
    assert len(names(first)) == 25
    second = desk.get(f"/dashboard/history/?{first.context['next']}")
    assert names(second) == [f"number{number}" for number in range(4, -1, -1)]
    assert second.context["next"] == ""


def test_history_is_searched_by_name_outcome_source_and_day(desk):
    begun = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    for name, fields in {"ada": {}, "adam": {"status": "failed"}, "bob": {}}.items():
        made = make_session(name, **{"status": "ended"} | fields)
        Session.objects.filter(pk=made.pk).update(created_at=begun)
        begun += timedelta(days=1)
    make_session("running")
    assert names(desk.get("/dashboard/history/", {"name": "@ada"})) == ["adam", "ada"]
    assert names(desk.get("/dashboard/history/", {"outcome": "failed"})) == ["adam"]
    assert names(desk.get("/dashboard/history/", {"source": "room"})) == []
    asked = {"since": "2026-02-01", "until": "2026-02-01"}
    assert names(desk.get("/dashboard/history/", asked)) == ["adam"]


def test_a_search_goes_on_to_the_next_page(desk):
    for number in range(30):
        make_session("ada", status="ended" if number else "failed")
    first = desk.get("/dashboard/history/", {"name": "ada", "outcome": "ended"})
    second = desk.get(f"/dashboard/history/?{first.context['next']}")
    assert len(names(first) + names(second)) == 29


@pytest.mark.parametrize(
    "query",
    [
        {"before": "nonsense"},
        {"since": "2026-02-31"},
        {"until": "9999-12-31"},
        {"outcome": "x", "source": "y"},
        {"name": "\x00ada"},
    ],
)
def test_what_can_not_be_understood_filters_nothing(desk, session, query):
    assert names(desk.get("/dashboard/history/", query)) == ["ada"]


def test_an_empty_history_and_an_empty_search_explain_themselves(desk):
    assert b"Capture the first one" in desk.get("/dashboard/history/").content
    assert b"No live matches" in desk.get("/dashboard/history/", {"name": "x"}).content


def test_pages_have_a_fixed_number_of_queries(desk, session, django_assert_num_queries):
    other = make_session("bob", status="ended")
    for path, queries in {
        "history/": 4,
        "streamers/": 4,
        "streamers/ada/": 6,
        f"compare/?session={session.id}&session={other.id}": 4,
        "exports/": 4,
        "overlays/": 5,
    }.items():
        with django_assert_num_queries(queries):
            assert desk.get(f"/dashboard/{path}").status_code == 200


def test_streamers_are_watched_and_not(desk, session):
    page = desk.post("/dashboard/streamers/watch", {"username": "@Bob", "on": "1"}, follow=True)
    assert b"@bob is watched" in page.content
    assert Streamer.objects.get(username="bob").watched
    shown = desk.get("/dashboard/streamers/", {"watched": "1"}).context["streamers"]
    assert [each.username for each in shown] == ["bob"]
    desk.post("/dashboard/streamers/watch", {"username": "bob", "on": "0"})
    assert not Streamer.objects.get(username="bob").watched


def test_a_wrong_name_to_watch_is_explained(desk):
    page = desk.post(
        "/dashboard/streamers/watch", {"username": "no spaces", "on": "1"}, follow=True
    )
    assert b"A TikTok name has 2 to 30 letters" in page.content
    assert not Streamer.objects.exists()


def test_streamers_are_found_by_name_and_come_in_pages(desk):
    for number in range(27):
        make_session(f"number{number:02}", status="ended")
    found = desk.get("/dashboard/streamers/", {"name": "@number0"}).context["streamers"]
    assert len(found) == 10
    second = desk.get("/dashboard/streamers/", {"page": "2"})
    assert len(second.context["streamers"]) == 2
    assert desk.get("/dashboard/streamers/", {"page": "x"}).context["previous"] == ""


def test_a_streamers_page_adds_the_lives_up(desk):
    make_session("ada", status="ended", diamonds=5, peak_viewers=10)
    make_session("ada", status="ended", diamonds=7, peak_viewers=4)
    context = desk.get("/dashboard/streamers/ada/").context
    assert (context["sums"]["lives"], context["sums"]["diamonds"], context["sums"]["peak"]) == (
        2,
        12,
        10,
    )
    assert len(context["points"]) == len(context["checked"]) == 2
    assert desk.get("/dashboard/streamers/nobody/").status_code == 404
    assert desk.get("/dashboard/streamers/ada/?source=room").status_code == 404


def test_sessions_are_compared_and_the_best_is_marked(desk):
    one = make_session("ada", status="ended", diamonds=5)
    two = make_session("ada", status="ended", diamonds=9)
    query = {"session": [str(one.id), str(two.id), "nonsense"]}
    page = desk.get("/dashboard/compare/", query)
    diamonds = next(row for row in page.context["rows"] if row["label"] == "Diamonds")
    assert diamonds["cells"] == [{"value": 5, "best": False}, {"value": 9, "best": True}]
    assert b"Nothing is chosen" in desk.get("/dashboard/compare/").content


def test_no_more_than_six_are_compared(desk):
    ids = [str(make_session("ada", status="ended").id) for _ in range(7)]
    page = desk.get("/dashboard/compare/", {"session": ids})
    assert len(page.context["sessions"]) == 6
    assert b"At most 6 are shown" in page.content


def test_exports_are_listed_and_removed(desk, session, monkeypatch):
    monkeypatch.setattr(exports, "enqueue", lambda export_id: None)
    make_event(session)
    where = exports.EventFilter()
    made = exports.request_export(session=session, chosen="csv", where=where, user=None)
    exports.make_export(made.pk)
    assert f"/api/exports/{made.pk}/file".encode() in desk.get("/dashboard/exports/").content
    desk.post(f"/dashboard/exports/{made.pk}/remove")
    assert Export.objects.get().status == "cancelled"
    assert b"No files yet" in desk.get("/dashboard/exports/").content
