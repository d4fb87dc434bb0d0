"""GET /api/sessions/<id>/words, /returning, /viewers and /api/compare; how words are counted"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.analytics import counting
from apps.analytics.models import Progress, Word
from apps.capture import reparsing, rollups
from apps.capture.models import Event, Gift, Session
from tests.capture_edge.making import make_event, make_events, make_session

BEGUN = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


@pytest.fixture
def ask(client, program):
    headers = program("read")

    def get(path, query=None):
        return client.get(f"/api/{path}", query or {}, headers=headers)

    return get


def rebuild(session) -> None:
    with connection.cursor() as cursor:
        rollups.rebuild(cursor, session.pk, session.day)


def past_session(day: int, *users: int) -> Session:
    """A session of @star with a chat of each user."""
    session = make_session("star", status="ended", started_at=BEGUN, ended_at=BEGUN)
    for user in users:
        make_event(session, "hi", user_id=user, unique_id=f"user{user}", happened_at=BEGUN)
    Session.objects.filter(pk=session.pk).update(created_at=BEGUN + timedelta(days=day))
    rebuild(session)
    return session


def counted(session, kind="word") -> dict[str, int]:
    return dict(Word.objects.filter(session=session, kind=kind).values_list("word", "messages"))


def test_words_and_emoji_are_counted_once_a_message(ask, session):
    make_event(session, "rose rose 🔥🔥")
    make_event(session, "a Rose for you 🔥 [smile]")
    make_event(session, "rose", category="gift")
    before = ask(f"sessions/{session.id}/words").json()
    assert before == {"words": [], "emoji": [], "complete": False}
    assert counting.count_all() == 1
    assert ask(f"sessions/{session.id}/words").json() == {
        "words": [{"word": "rose", "messages": 2}],
        "emoji": [{"word": "🔥", "messages": 2}, {"word": "[smile]", "messages": 1}],
        "complete": True,
    }


def test_what_comes_later_is_added(session):
    make_event(session, "tulip")
    counting.count_all()
    make_event(session, "tulip")
    counting.count_all()
    assert counting.count_all() == 0
    assert counted(session) == {"tulip": 2}


def test_a_long_chat_is_counted_in_chunks(session, monkeypatch):
    monkeypatch.setattr(counting, "CHUNK", 2)
    make_events(session, 5, text="tulip")
    assert counting.count_all() == 3
    assert counted(session) == {"tulip": 5}


def test_a_run_does_no_more_than_it_may(session, monkeypatch):
    monkeypatch.setattr(counting, "CHUNK", 1)
    monkeypatch.setattr(counting, "CHUNKS_A_RUN", 2)
    make_events(session, 5, text="tulip")
    counting.count_all()
    assert counted(session) == {"tulip": 2}
    assert Progress.objects.get().up_to_id < Session.objects.get().last_event_id


def test_a_recount_begins_anew(session):
    make_event(session, "tulip")
    counting.count_all()
    counting.recount(session.pk)
    counting.count_all()
    assert counted(session) == {"tulip": 1}


def test_words_are_counted_anew_after_messages_were_parsed_again(session):
    event = make_event(session, "tulip")
    counting.count_all()
    Event.objects.filter(session=session, id=event.id).update(text="rose")
    reparsing.recount(session)
    counting.count_all()
    assert counted(session) == {"rose": 1}


def test_viewers_are_the_most_of_each_minute(ask, session):
    seen = [(0, 5), (20, 9), (70, 3)]
    for second, viewers in seen:
        make_event(
            session,
            category="room_update",
            subtype="viewers",
            data={"viewers": viewers},
            happened_at=BEGUN + timedelta(seconds=second),
        )
    make_event(session, category="room_update", subtype="viewers", data={"viewers": "many"})
    counting.count_all()
    assert ask(f"sessions/{session.id}/viewers").json() == {
        "minutes": [
            {"minute": "2026-01-31T18:00:00.000Z", "viewers": 9},
            {"minute": "2026-01-31T18:01:00.000Z", "viewers": 3},
        ]
    }


def test_returning_viewers_were_in_earlier_sessions_of_the_streamer(ask):
    past_session(1, 1, 2)
    past_session(2, 1)
    other = make_session("someone")
    make_event(other, user_id=3, unique_id="user3")
    rebuild(other)
    latest = past_session(3, 1, 2, 3)
    past_session(4, 3)
    found = ask(f"sessions/{latest.id}/returning").json()
    assert (found["sessions_before"], found["unique_users"], found["returning_users"]) == (2, 3, 2)
    regulars = [(person["unique_id"], person["sessions"]) for person in found["regulars"]]
    assert regulars == [("user1", 3), ("user2", 2)]


def test_a_first_session_has_no_returning_viewers(ask, session):
    found = ask(f"sessions/{session.id}/returning").json()
    assert found == {
        "sessions_before": 0,
        "unique_users": 0,
        "returning_users": 0,
        "regulars": [],
    }


def test_sessions_are_compared_by_minute_since_they_began(ask):
    first, second = past_session(1, 1, 2), past_session(2, 1)
    Session.objects.filter(pk=first.pk).update(ended_at=BEGUN + timedelta(minutes=10))
    Gift.objects.create(
        session=second,
        key="rose",
        user_id=1,
        gift_id=5,
        count=2,
        diamonds_each=10,
        closed=True,
        first_at=BEGUN + timedelta(seconds=90),
        last_at=BEGUN + timedelta(seconds=95),
    )
    query = {"session": [str(second.id), str(first.id), "00000000-0000-0000-0000-000000000000"]}
    one, two = ask("compare", query).json()["sessions"]
    assert (one["id"], two["id"]) == (str(first.id), str(second.id))
    assert (one["duration_s"], one["unique_users"], two["gifters"]) == (600, 2, 1)
    assert two["curve"] == [
        {"minute": 0, "events": 1, "diamonds": 0, "viewers": 0},
        {"minute": 1, "events": 0, "diamonds": 20, "viewers": 0},
    ]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("compare", {}),
        ("compare", {"session": "nonsense"}),
        ("compare", {"session": ["00000000-0000-0000-0000-000000000000"] * 7}),
        ("sessions/{id}/words", {"limit": "0"}),
        ("sessions/{id}/returning", {"limit": "x"}),
    ],
)
def test_bad_input_is_a_400(ask, session, path, query):
    assert ask(path.format(id=session.id), query).status_code == 400


@pytest.mark.parametrize("path", ["words", "returning", "viewers"])
@pytest.mark.parametrize("session_id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_session_is_a_404(ask, session_id, path):
    assert ask(f"sessions/{session_id}/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["sessions/{id}/words", "sessions/{id}/returning", "sessions/{id}/viewers", "compare"],
)
def test_nobody_sees_analytics_without_a_key(client, session, path):
    assert client.get(f"/api/{path.format(id=session.id)}").status_code == 401


@pytest.mark.parametrize(
    ("path", "queries"),
    [("words", 4), ("returning", 2), ("viewers", 2)],
)
def test_the_number_of_queries_is_fixed(ask, session, django_assert_num_queries, path, queries):
    make_events(session, 3, text="tulip")
    ask("streamers")  # the key's first use is noted
    with django_assert_num_queries(queries):
        ask(f"sessions/{session.id}/{path}")
