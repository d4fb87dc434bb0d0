"""GET /api/sessions/<id>/events"""

from datetime import UTC, datetime, timedelta

import pytest

from apps.capture import selectors
from apps.capture.selectors import EventFilter
from tests.capture_edge.making import make_event, make_events, make_session


@pytest.fixture
def ask(client, session, program):
    headers = program("read")

    def get(of=None, **query):
        return client.get(f"/api/sessions/{(of or session).id}/events", query, headers=headers)

    return get


def ids(response) -> list[int]:
    assert response.status_code == 200, response.content
    return [event["id"] for event in response.json()["events"]]


def test_an_event_has_every_field(ask, session):
    event = make_event(
        session,
        "hello",
        user_id=7100000000000000001,
        unique_id="bob",
        nickname="Bob",
        message_id=7200000000000000002,
        data={"content": "hello"},
    )
    [shown] = ask().json()["events"]
    moments = {shown.pop("happened_at"), shown.pop("received_at")}
    assert all(moment.endswith("Z") and "T" in moment for moment in moments)
    assert shown == {
        "id": event.id,
        "session_id": str(session.id),
        "type": "WebcastChatMessage",
        "category": "chat",
        "subtype": "",
        "user_id": "7100000000000000001",
        "unique_id": "bob",
        "nickname": "Bob",
        "text": "hello",
        "message_id": "7200000000000000002",
        "parsed": True,
        "parse_error": "",
        "data": {"content": "hello"},
    }


def test_pages_follow_each_other_newest_first(ask, session):
    made = [make_event(session).id for _ in range(5)]
    first = ask(limit=2)
    second = ask(limit=2, before=first.json()["next_cursor"])
    third = ask(limit=2, before=second.json()["next_cursor"])
    assert ids(first) + ids(second) + ids(third) == made[::-1]
    assert third.json()["next_cursor"] is None


def test_pages_follow_each_other_oldest_first(ask, session):
    made = [make_event(session).id for _ in range(4)]
    first = ask(limit=2, order="oldest")
    second = ask(limit=2, order="oldest", after=first.json()["next_cursor"])
    assert ids(first) + ids(second) == made
    assert second.json()["next_cursor"] is None


def test_types_are_categories_or_names_of_messages(ask, session):
    chat = make_event(session).id
    gift = make_event(session, category="gift", type="WebcastGiftMessage").id
    make_event(session, category="like", type="WebcastLikeMessage")
    assert ids(ask(type="chat,gift")) == [gift, chat]
    assert ids(ask(category="gift")) == [gift]
    assert ids(ask(type="WebcastGiftMessage, chat")) == [gift, chat]
    assert ids(ask(type="WebcastNeverSeenMessage")) == []


def test_a_user_is_found_by_number_or_name(ask, session):
    event = make_event(session, user_id=77, unique_id="bob").id
    make_event(session, user_id=78, unique_id="eve")
    assert ids(ask(user="77")) == ids(ask(user="bob")) == ids(ask(user="@bob")) == [event]


def test_text_is_found_in_any_case_and_literally(ask, session):
    event = make_event(session, "100% Sure_").id
    make_event(session, "100 sure")
    assert ids(ask(text="% sure_")) == [event]


def test_events_of_another_session_are_not_shown(ask, session):
    make_event(make_session("bob"))
    assert ids(ask()) == []


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_cursor_goes_on_in_either_order(ask, session, order):
    made = [make_event(session).id for _ in range(5)]
    first = ask(limit=3, order=order)
    second = ask(limit=3, order=order, cursor=first.json()["next_cursor"])
    assert ids(first) + ids(second) == (made if order == "oldest" else made[::-1])


def test_a_time_range_begins_with_since_and_ends_before_until(ask, session):
    begun = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
    made = [
        make_event(session, happened_at=begun + timedelta(minutes=minute)).id for minute in range(4)
    ]
    found = ask(since="2026-01-31T18:01:00Z", until="2026-01-31T18:03:00Z", order="oldest")
    assert ids(found) == made[1:3]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("cursor", "x"),
        ("limit", "0"),
        ("limit", "501"),
        ("limit", "many"),
        ("order", "random"),
        ("after", "-1"),
        ("before", str(2**63)),
        ("text", "a\x00b"),
    ],
)
def test_bad_input_is_a_400_with_a_sentence(ask, name, value):
    response = ask(**{name: value})
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{name}: ")


@pytest.mark.parametrize("session_id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_session_is_a_404(client, program, session_id):
    response = client.get(f"/api/sessions/{session_id}/events", headers=program("read"))
    assert response.status_code == 404
    assert response.json() == {"detail": "There is no such session."}


def test_the_number_of_queries_is_fixed(ask, session, django_assert_num_queries):
    for _ in range(3):
        make_event(session)
    ask()  # the key's first use is noted
    with django_assert_num_queries(3):  # key, session, events
        ask()


@pytest.mark.parametrize(("order", "bound"), [("newest", "before"), ("oldest", "after")])
def test_a_search_goes_on_where_its_window_ended(ask, session, monkeypatch, order, bound):
    monkeypatch.setattr(selectors, "SEARCH_WINDOW", 10)
    wanted = []
    for number in range(35):
        made = make_event(session, "a needle" if number % 13 == 5 else "hay")
        wanted += [made.id] if made.text != "hay" else []
    found, pages, position = [], 0, {}
    while position is not None:
        page = ask(text="NEEDLE", order=order, **position).json()
        found += [event["id"] for event in page["events"]]
        pages += 1
        position = {bound: page["next_cursor"]} if page["next_cursor"] else None
    assert found == (wanted if order == "oldest" else wanted[::-1])
    assert pages == 4


def test_kinds_are_mixed_in_the_order_of_their_ids_and_none_comes_twice(ask, session):
    kinds = [("chat", "WebcastChatMessage"), ("gift", "WebcastGiftMessage")]
    kinds += [("member", "room.join"), ("other", "WebcastNeverSeenMessage")]
    made = [
        make_event(session, category=kinds[n % 4][0], type=kinds[n % 4][1]).id for n in range(12)
    ]
    chosen = "chat,WebcastChatMessage,WebcastGiftMessage,room.join"
    page = ask(type=chosen, limit=100).json()["events"]
    expected = [id_ for number, id_ in enumerate(made) if number % 4 != 3]
    assert [event["id"] for event in page] == expected[::-1]
    first = ask(type=chosen, limit=2).json()
    assert [event["id"] for event in first["events"]] == expected[:-3:-1]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"type": "chat,gifts"}, "type: 'gifts' is no category"),
        ({"category": "n\u00f6"}, "category: 'n\\xf6' is no category"),
        ({"type": ",".join(f"Webcast{n}Message" for n in range(21))}, "type: At most 20"),
    ],
)
def test_what_is_no_type_is_refused(ask, asked, sentence):
    response = ask(**asked)
    assert response.status_code == 400
    assert response.json()["detail"].startswith(sentence)


def test_an_unknown_message_is_looked_for_in_one_category_only():
    assert EventFilter(types=("WebcastNeverSeenMessage", "room.like")).kinds() == [
        ("other", "WebcastNeverSeenMessage"),
        ("like", "room.like"),
    ]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_search_for_a_rare_type_goes_on_where_its_window_ended(ask, session, monkeypatch, order):
    """A large category is not scanned for it in one statement."""
    monkeypatch.setattr(selectors, "SEARCH_WINDOW", 10)
    kinds = {"category": "room_update"}
    viewers = {"type": "WebcastRoomUserSeqMessage"} | kinds
    make_events(session, 12, **viewers)
    pins = [make_event(session, type="WebcastRoomPinMessage", **kinds).id]
    make_events(session, 12, **viewers)
    found, pages, cursor = [], 0, {}
    while cursor is not None:
        asked = {"type": "WebcastRoomPinMessage", "order": order, "limit": 5} | cursor
        page = ask(**asked).json()
        found += [event["id"] for event in page["events"]]
        pages += 1
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert found == pins
    assert pages == 3


def test_a_category_is_no_search(ask, session, django_assert_num_queries):
    ids(ask())  # notes that the key was used
    with django_assert_num_queries(3):  # key, session, events
        ask(type="chat,gift")
