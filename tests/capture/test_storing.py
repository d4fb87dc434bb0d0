"""From raw messages to committed rows and counters."""

from collections import Counter

import pytest

from apps.capture.models import Event, Gift, Session, Streamer
from apps.capture.sources import RawMessage
from apps.capture.storing import decode, store
from tests.capture.conftest import OWNER, recorded


def store_all(session: Session, messages: list[RawMessage], owner: str = OWNER) -> list:
    stored = store([decode(session.pk, message) for message in messages], owner=owner)
    session.refresh_from_db()
    return stored.get(session.pk, [])


def test_every_recorded_message_is_stored_with_its_raw_bytes(session):
    messages = recorded()
    store_all(session, messages)
    rows = Event.objects.filter(session=session).order_by("id")
    assert [(row.type, bytes(row.raw), row.message_id) for row in rows] == [
        (message.type, message.payload, message.message_id) for message in messages
    ]


def test_the_counters_equal_the_rows(session):
    store_all(session, recorded()[:700])
    store_all(session, recorded()[700:])
    rows = Event.objects.filter(session=session)
    assert session.total == rows.count() == 1598
    assert session.counters == Counter(rows.values_list("category", flat=True))
    assert session.unparsed == rows.filter(parsed=False).count() == 556
    assert session.follows == rows.filter(subtype="follow").count() > 0
    assert session.shares == rows.filter(subtype="share").count() > 0
    assert session.likes == sum(row.data["count"] for row in rows.filter(category="like"))
    assert session.room_likes == max(row.data["total"] for row in rows.filter(category="like"))
    assert session.last_event_id == max(rows.values_list("id", flat=True))


def test_a_message_that_comes_again_is_stored_once_and_counted_once(session):
    messages = recorded("WebcastChatMessage", "WebcastGiftMessage")
    first = store_all(session, messages)
    before = Session.objects.values().get()
    assert len(first) == len(messages)
    assert store_all(session, messages + messages) == []
    assert Session.objects.values().get() == before


def test_a_message_twice_in_one_batch_is_stored_once(session):
    message = recorded("WebcastChatMessage")[0]
    assert len(store_all(session, [message, message])) == 1
    assert session.total == 1


def test_messages_without_an_id_are_the_same_if_their_content_is(session):
    first, second = (
        message._replace(message_id=0) for message in recorded("WebcastChatMessage")[:2]
    )
    assert first.payload != second.payload
    assert len(store_all(session, [first, second, first])) == 2


def test_ids_grow_in_the_order_in_which_messages_came(session):
    stored = store_all(session, recorded()[:50]) + store_all(session, recorded()[50:100])
    ids = [event.id for event in stored]
    assert ids == sorted(ids)
    assert [event.message.message_id for event in stored] == list(range(1, 101))


def test_who_lost_the_lease_stores_nothing(session):
    assert store_all(session, recorded()[:5], owner="someone else") == []
    assert not Event.objects.exists()
    assert session.total == 0


def test_one_batch_may_hold_several_sessions(session):
    other = Session.objects.create(
        streamer=Streamer.objects.create(username="bob"), lease_owner=OWNER
    )
    messages = recorded("WebcastChatMessage")
    stored = store(
        [decode(target.pk, message) for message in messages for target in (session, other)],
        owner=OWNER,
    )
    assert {key: len(value) for key, value in stored.items()} == {
        session.pk: len(messages),
        other.pk: len(messages),
    }


@pytest.mark.parametrize(
    "payload", [b"\xff\xff\xff", b"", b"\x0a\x05abc"], ids=["garbage", "empty", "cut off"]
)
def test_a_broken_message_is_stored_raw(session, payload):
    store_all(session, [RawMessage("WebcastChatMessage", payload, 1, 1_700_000_000_000_000)])
    event = Event.objects.get()
    assert bytes(event.raw) == payload
    assert event.category == "chat"
    assert event.parsed is (payload == b"")
    assert bool(event.parse_error) is not event.parsed


def test_a_value_that_postgres_refuses_costs_one_event_its_normal_form(session):
    messages = recorded("WebcastChatMessage")
    events = [decode(session.pk, message) for message in messages]
    events[3].form.user_id = 2**70
    stored = store(events, owner=OWNER)[session.pk]
    assert len(stored) == len(messages)
    refused = Event.objects.get(parsed=False)
    assert bytes(refused.raw) == messages[3].payload
    assert refused.parse_error.startswith("Refused")


def test_a_nul_in_a_text_is_dropped(session):
    event = decode(session.pk, recorded("WebcastChatMessage")[0])
    event.form.data = {"language": "e\x00n"}
    store([event], owner=OWNER)
    assert Event.objects.get().data == {"language": "en"}


# --- Gifts -----------------------------------------------------------------------------------


def gift_events(session, *counts, closed=(), diamonds=5, streakable=True):
    """Messages of one streak with these running counts, decoded."""
    message = recorded("WebcastGiftMessage")[0]
    events = []
    for index, count in enumerate(counts):
        event = decode(session.pk, message._replace(message_id=1000 + count * 10 + index))
        event.form.gift.key = "1:2:3" if streakable else f"message:{event.key.hex()}"
        event.form.gift.count = count
        event.form.gift.diamonds_each = diamonds
        event.form.gift.closed = index in closed
        events.append(event)
    return events


def test_a_streak_counts_once_with_its_last_count(session):
    store(gift_events(session, 1, 3, 7, 10, 11, 11, closed=[5]), owner=OWNER)
    session.refresh_from_db()
    assert (session.gift_streaks, session.gifts, session.diamonds) == (1, 11, 55)
    gift = Gift.objects.get()
    assert (gift.count, gift.closed) == (11, True)


def test_a_streak_over_several_batches_that_never_closes_counts_the_same(session):
    for event in gift_events(session, 1, 3, 7):
        store([event], owner=OWNER)
    session.refresh_from_db()
    assert (session.gift_streaks, session.gifts, session.diamonds) == (1, 7, 35)
    assert Gift.objects.get().closed is False


def test_a_late_message_of_a_streak_takes_nothing_away(session):
    events = gift_events(session, 2, 9, 9, 5, closed=[2])
    for event in events:
        store([event], owner=OWNER)
    session.refresh_from_db()
    assert (session.gifts, session.diamonds) == (9, 45)


def test_gifts_that_do_not_streak_count_each(session):
    store(gift_events(session, 1, 2, streakable=False, closed=[0, 1]), owner=OWNER)
    session.refresh_from_db()
    assert (session.gift_streaks, session.gifts) == (2, 3)


def test_the_recorded_gifts_add_up(session):
    store_all(session, recorded("WebcastGiftMessage"))
    gifts = Gift.objects.all()
    assert session.gift_streaks == gifts.count() > 0
    assert session.gifts == sum(gift.count for gift in gifts)
    assert session.diamonds == sum(gift.count * gift.diamonds_each for gift in gifts)
