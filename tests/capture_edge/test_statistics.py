"""GET /api/sessions/<id>/participants, /users/<user_id>/activity, /stats, GET /api/streamers"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.capture import rollups
from apps.capture.models import Gap, Gift
from tests.capture_edge.making import make_event, make_events, make_session

BEGUN = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
ADA, BOB = 7100000000000000001, 7100000000000000002


@pytest.fixture
def session():
    """Ten minutes in which Ada chats and likes and Bob gives."""
    session = make_session(
        "star",
        status="ended",
        started_at=BEGUN,
        ended_at=BEGUN + timedelta(minutes=10),
        counters={"chat": 5, "like": 2},
    )
    ada = {"user_id": ADA, "unique_id": "ada", "nickname": "Ada"}
    make_events(session, 3, text="hi", happened_at=BEGUN, **ada)
    make_event(
        session, category="like", data={"count": 7}, happened_at=BEGUN + timedelta(minutes=1), **ada
    )
    make_event(session, "wow", happened_at=BEGUN, user_id=BOB, unique_id="bob", nickname="Bob")
    make_event(session, category="room_update", happened_at=BEGUN)
    Gift.objects.create(
        session=session,
        key="rose",
        user_id=BOB,
        gift_id=5655,
        name="Rose",
        count=4,
        diamonds_each=10,
        closed=True,
        first_at=BEGUN + timedelta(seconds=90),
        last_at=BEGUN + timedelta(seconds=95),
    )
    with connection.cursor() as cursor:
        rollups.rebuild(cursor, session.pk, session.day)
    return session


@pytest.fixture
def ask(client, program):
    headers = program("read")

    def get(path, **query):
        return client.get(f"/api/{path}", query, headers=headers)

    return get


def names(people) -> list[str]:
    return [person["unique_id"] for person in people]


def test_a_participant_has_every_field(ask, session):
    [_, bob] = ask(f"sessions/{session.id}/participants").json()["participants"]
    assert bob == {
        "user_id": str(BOB),
        "unique_id": "bob",
        "nickname": "Bob",
        "first_at": "2026-01-31T18:00:00.000Z",
        "last_at": "2026-01-31T18:00:00.000Z",
        "events": 1,
        "chats": 1,
        "likes": 0,
        "gifts": 4,
        "diamonds": 40,
        "follows": 0,
        "shares": 0,
    }


@pytest.mark.parametrize(("sort", "first"), [("events", "ada"), ("likes", "ada"), ("gifts", "bob")])
def test_those_with_the_most_are_first(ask, session, sort, first):
    answer = ask(f"sessions/{session.id}/participants", sort=sort).json()
    assert names(answer["participants"])[0] == first


def test_participants_come_in_pages(ask, session):
    first = ask(f"sessions/{session.id}/participants", limit=1).json()
    second = ask(f"sessions/{session.id}/participants", limit=1, cursor=first["next_cursor"]).json()
    assert names(first["participants"] + second["participants"]) == ["ada", "bob"]
    assert second["next_cursor"] is None


def test_activity_shows_what_one_person_did(ask, session):
    answer = ask(f"sessions/{session.id}/users/{BOB}/activity").json()
    assert answer["user"]["nickname"] == "Bob"
    assert [event["text"] for event in answer["events"]] == ["wow"]
    assert [(gift["name"], gift["diamonds"]) for gift in answer["gifts"]] == [("Rose", 40)]


def test_activity_comes_in_pages(ask, session):
    first = ask(f"sessions/{session.id}/users/{ADA}/activity", limit=3).json()
    before = first["next_cursor"]
    second = ask(f"sessions/{session.id}/users/{ADA}/activity", limit=3, before=before).json()
    assert [len(first["events"]), len(second["events"])] == [3, 1]
    assert second["next_cursor"] is None


def test_statistics_add_up(ask, session):
    Gap.objects.create(
        session=session, from_at=BEGUN, to_at=BEGUN + timedelta(seconds=30), cause="silence"
    )
    found = ask(f"sessions/{session.id}/stats").json()
    assert (found["duration_s"], found["gap_s"], found["unique_users"]) == (600, 30, 2)
    assert found["rate_per_minute"] == {"chat": 0.5, "like": 0.2}
    assert found["peak_minute"] == {"minute": "2026-01-31T18:00:00.000Z", "events": 5}
    assert [minute["categories"] for minute in found["minutes"]] == [
        {"chat": 4, "room_update": 1},
        {"like": 1},
    ]
    assert found["gift_minutes"] == [
        {"minute": "2026-01-31T18:01:00.000Z", "gifts": 4, "diamonds": 40}
    ]
    assert names(found["top_chatters"]) == ["ada", "bob"]
    assert names(found["top_gifters"]) == ["bob"]
    assert names(found["top_likers"]) == ["ada"]


def test_a_session_without_events_has_statistics(ask):
    empty = make_session("new", status="waiting", started_at=None)
    found = ask(f"sessions/{empty.id}/stats").json()
    assert found["duration_s"] == 0
    assert found["peak_minute"] is None
    assert found["minutes"] == found["top_gifters"] == []


def test_streamers_come_with_their_history(ask, session):
    make_session("star", status="failed", started_at=None)
    [star] = ask("streamers", username="@Star").json()["streamers"]
    assert star["sessions"] == 2
    assert [past["status"] for past in star["history"]] == ["failed", "ended"]
    assert ask("streamers", username="nobody").json() == {"streamers": [], "next_cursor": None}


def test_streamers_come_in_pages(ask, session):
    make_session("other")
    first = ask("streamers", limit=1).json()
    second = ask("streamers", limit=1, cursor=first["next_cursor"]).json()
    both = {item["username"] for item in first["streamers"] + second["streamers"]}
    assert both == {"star", "other"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("participants", {"sort": "user_id"}),
        ("participants", {"cursor": "-1"}),
        ("participants", {"limit": "501"}),
        ("stats", {"top": "0"}),
        (f"users/{ADA}/activity", {"before": str(2**63)}),
    ],
)
def test_bad_input_is_a_400(ask, session, path, query):
    assert ask(f"sessions/{session.id}/{path}", **query).status_code == 400


@pytest.mark.parametrize("path", ["participants", "stats", f"users/{ADA}/activity"])
def test_an_unknown_session_is_a_404(ask, path):
    assert ask(f"sessions/00000000-0000-0000-0000-000000000000/{path}").status_code == 404


@pytest.mark.parametrize("user_id", ["1", "99999999999999999999", "nobody"])
def test_an_unknown_person_is_a_404(ask, session, user_id):
    assert ask(f"sessions/{session.id}/users/{user_id}/activity").status_code == 404


def test_nobody_sees_statistics_without_a_key(client, session):
    paths = ["participants", "stats", f"users/{ADA}/activity"]
    answers = [client.get(f"/api/sessions/{session.id}/{path}") for path in paths]
    assert {answer.status_code for answer in [*answers, client.get("/api/streamers")]} == {401}


@pytest.mark.parametrize(("path", "queries"), [("participants", 3), ("stats", 2)])
def test_the_number_of_queries_is_fixed(ask, session, django_assert_num_queries, path, queries):
    ask("streamers")  # the key's first use is noted
    with django_assert_num_queries(queries):
        ask(f"sessions/{session.id}/{path}")
