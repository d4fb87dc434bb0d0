"""Where captures lose messages or count them wrongly, a test for each: what the TikTokLive client
doesn't do, what TikTok's messages don't say, and what a network does. The real client against the
local Webcast server and its faults.
"""

import asyncio
import os
import threading

import pytest

from apps.capture import services, tiktok
from apps.capture.models import Event, Gift, Session
from apps.capture.normal_form import FORMS
from apps.capture.runner import SessionRunner
from apps.capture.webcast.recording import RecordedMessage, recorded_messages
from apps.capture.webcast.room import State
from tests.capture.conftest import messages_of, status_of, stored_ids, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

Status = Session.Status
CHATS = messages_of("WebcastChatMessage")


def all_is_stored(live: Session, room) -> bool:
    """Everything that was sent, in that order, each once."""
    return stored_ids(live) == room.sent_ids


def connected_again(live: Session, room) -> bool:
    return room.connections >= 2 and status_of(live) == Status.LIVE


# --- The client does not reconnect -----------------------------------------------------------


def test_a_cut_connection_is_opened_again_and_the_gap_recorded(webcast, live, room):
    webcast.call(room.send_messages(CHATS[:3]))
    webcast.call(room.cut())
    wait_for(lambda: connected_again(live, room))
    webcast.call(room.send_messages(CHATS[3:6]))
    wait_for(lambda: all_is_stored(live, room))
    gap = live.gaps.get()
    assert gap.cause == "connection_lost"
    assert gap.from_at < gap.to_at


def test_a_close_with_an_error_is_a_lost_connection(webcast, live, room):
    webcast.call(room.send_messages(CHATS[:3]))
    webcast.call(room.close(1011))
    wait_for(lambda: connected_again(live, room))
    assert all_is_stored(live, room)
    assert live.gaps.get().cause == "connection_lost"


def test_a_network_that_is_away_for_a_while_is_tried_until_it_is_back(webcast, live, room):
    webcast.call(room.send_messages(CHATS[:3]))
    webcast.call(webcast.go_away())
    asked = len(webcast.requests)
    wait_for(lambda: len(webcast.requests) > asked + 2)
    assert status_of(live) == Status.RECONNECTING
    assert live.status_detail
    webcast.call(webcast.come_back())
    wait_for(lambda: connected_again(live, room))
    webcast.call(room.send_messages(CHATS[3:6]))
    wait_for(lambda: all_is_stored(live, room))
    gap = live.gaps.get()
    assert (gap.cause, gap.to_at is not None) == ("connection_lost", True)


def test_what_the_sign_server_brings_on_every_connection_is_stored_once(webcast, room, capture):
    room.history = CHATS[:4]
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: len(stored_ids(session)) == 4)
    webcast.call(room.cut())
    wait_for(lambda: connected_again(session, room))
    webcast.call(room.send_messages(CHATS[4:5]))
    wait_for(lambda: stored_ids(session)[4:] == room.sent_ids)
    assert status_of(session) == Status.LIVE
    assert session.total == 5


# --- It has no timeouts ----------------------------------------------------------------------


def test_a_silent_connection_is_given_up_and_opened_again(settings, webcast, live, room):
    settings.CAPTURE_SILENCE_S = 0.3
    wait_for(lambda: room.connections >= 2)
    assert live.gaps.first().cause == "silence"


def test_a_sign_server_that_does_not_answer_is_given_up(webcast, room, capture, monkeypatch):
    monkeypatch.setattr(tiktok, "CONNECT_TIMEOUT_S", 0.2)
    room.answer_delay_s = 5
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.FAILED)
    assert session.status_detail.startswith("TikTok or the sign server did not answer in time.")


def test_a_server_that_answers_slowly_is_waited_for(webcast, room, capture):
    room.answer_delay_s = 0.3
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.LIVE)
    webcast.call(room.send_slowly(CHATS[:20], pieces=10))
    wait_for(lambda: all_is_stored(session, room))
    assert room.connections == 1


# --- It drops what it holds when the socket is closed ------------------------------------------


def test_a_clean_close_loses_nothing_that_was_sent(webcast, live, room):
    for start in range(0, 30, 3):
        webcast.call(room.send_messages(CHATS[start : start + 3]))
    webcast.call(room.close(1000))
    wait_for(lambda: connected_again(live, room))
    wait_for(lambda: all_is_stored(live, room))
    assert live.gaps.get().cause == "connection_closed"


def test_a_frame_is_acknowledged_only_after_its_messages_are_in_the_journal(
    webcast, live, room, monkeypatch
):
    """The stock client acknowledges what it has not looked at yet."""
    append, may_go_on, seen = SessionRunner.append, threading.Event(), []

    async def append_and_wait(self, messages):
        waiting = await append(self, messages)
        seen.extend(message.message_id for message in messages)
        while not may_go_on.is_set():
            await asyncio.sleep(0.01)
        return waiting

    monkeypatch.setattr(SessionRunner, "append", append_and_wait)
    webcast.call(room.send_messages(CHATS[:5]))
    wait_for(lambda: all_is_stored(live, room))
    assert seen == room.sent_ids
    assert room.acknowledged_ids == set()
    may_go_on.set()
    wait_for(lambda: room.acknowledged_ids == set(room.sent_ids))


def test_a_frame_of_more_than_a_megabyte_does_not_end_the_connection(webcast, live, room):
    room.compressed = False
    big = RecordedMessage("WebcastNeverSeenMessage", os.urandom(2 << 20))
    webcast.call(room.send_messages([big, CHATS[0]]))
    wait_for(lambda: all_is_stored(live, room))
    assert bytes(Event.objects.get(type=big.type).raw) == big.payload
    assert room.connections == 1


# --- Messages that break things ----------------------------------------------------------------


def test_a_handler_that_raises_costs_that_message_its_form_and_nothing_else(
    webcast, live, room, monkeypatch
):
    def raise_something(form, message):
        raise ZeroDivisionError("not foreseen")

    monkeypatch.setitem(FORMS, "WebcastLikeMessage", raise_something)
    likes = messages_of("WebcastLikeMessage")[:1]
    webcast.call(room.send_messages([CHATS[0], *likes, CHATS[1]]))
    webcast.call(room.send_messages(CHATS[2:4]))
    wait_for(lambda: all_is_stored(live, room))
    event = Event.objects.get(parsed=False)
    assert event.parse_error == "ZeroDivisionError: not foreseen"
    assert bytes(event.raw) == likes[0].payload
    assert room.connections == 1
    assert status_of(live) == Status.LIVE


def test_messages_that_break_the_stock_parser_are_parsed(webcast, live, room):
    webcast.call(room.send_messages(messages_of("WebcastLinkLayerMessage", "WebcastLinkMessage")))
    wait_for(lambda: all_is_stored(live, room))
    assert not Event.objects.filter(parsed=False).exists()


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\x42\x80\x01cut off"])
def test_a_garbage_frame_is_kept_and_stops_nothing(webcast, live, room, garbage):
    webcast.call(room.send_raw(garbage))
    webcast.call(room.send_messages(CHATS[:2]))
    wait_for(lambda: status_of(live) and live.total == 3)
    event = Event.objects.get(session=live, parsed=False)
    assert bytes(event.raw) == garbage
    assert event.type == "unreadable_frame"
    assert room.connections == 1


def test_a_frame_that_unpacks_to_too_much_stops_nothing(webcast, live, room):
    webcast.call(room.send_bomb(megabytes=100))
    webcast.call(room.send_messages(CHATS[:2]))
    wait_for(lambda: status_of(live) and live.total == 3)
    assert room.connections == 1


def test_a_message_that_can_not_be_parsed_is_stored_raw(webcast, live, room):
    broken = RecordedMessage("WebcastGiftMessage", b"\xff\xff")
    unknown = RecordedMessage("WebcastNeverSeenMessage", b"\x08\x01")
    webcast.call(room.send_messages([broken, unknown, CHATS[0]]))
    wait_for(lambda: status_of(live) and live.total == 3)
    rows = Event.objects.filter(session=live).order_by("id")
    assert [(row.category, row.type, row.parsed) for row in rows] == [
        ("gift", "WebcastGiftMessage", False),
        ("other", "WebcastNeverSeenMessage", False),
        ("chat", "WebcastChatMessage", True),
    ]
    assert live.unparsed == 2


# --- Messages that come twice or in another order ------------------------------------------------


def test_a_frame_that_comes_again_is_stored_once(webcast, live, room):
    webcast.call(room.send_messages(CHATS[:5]))
    webcast.call(room.send_again())
    webcast.call(room.send_messages(CHATS[5:6]))
    wait_for(lambda: all_is_stored(live, room))
    assert status_of(live) == Status.LIVE
    assert live.total == 6


def test_the_whole_recording_sent_twice_and_backwards_is_stored_and_counted_once(
    webcast, live, room
):
    messages = recorded_messages()
    batches = [messages[start : start + 400] for start in range(0, len(messages), 400)]
    webcast.call(room.send_reordered(batches))
    webcast.call(room.send_again(len(batches)))
    webcast.call(room.send_messages(CHATS[:1]))
    wait_for(lambda: status_of(live) and live.total == len(room.sent_ids) == len(messages) + 1)
    wait_for(lambda: room.acknowledged_ids == set(room.sent_ids))
    assert sorted(stored_ids(live)) == room.sent_ids
    assert status_of(live) == Status.LIVE
    assert live.total == len(room.sent_ids)
    assert sum(live.counters.values()) == len(room.sent_ids)


def test_a_streak_that_comes_backwards_counts_its_greatest_count(webcast, live, room):
    streak = longest_streak()
    webcast.call(room.send_reordered([[message] for message in streak]))
    wait_for(lambda: status_of(live) and live.total == len(streak))
    assert (live.gifts, live.gift_streaks) == (len(streak), 1)


# --- What counts once ----------------------------------------------------------------------------


def longest_streak() -> list[RecordedMessage]:
    """A recorded streak: its messages say 1, 2, 3 ... gifts, and none says that it closed."""
    from apps.capture.normal_form import normalise

    by_key: dict[str, list[RecordedMessage]] = {}
    for message in messages_of("WebcastGiftMessage"):
        gift = normalise(*message).gift
        if gift is not None and gift.key:
            by_key.setdefault(gift.key, []).append(message)
    return max(by_key.values(), key=len)


def test_a_streak_that_never_closes_counts_its_last_count_and_once(webcast, live, room):
    """Its messages carry running counts: their sum would be 55 gifts instead of ten."""
    streak = longest_streak()
    for message in streak:
        webcast.call(room.send_messages([message]))
    wait_for(lambda: status_of(live) and live.total == len(streak) == 10)
    assert (live.gifts, live.gift_streaks, live.diamonds) == (10, 1, 10)
    gift = Gift.objects.get()
    assert (gift.count, gift.closed) == (10, False)


def test_a_follow_and_a_share_count_once_although_both_are_social_too(webcast, live, room):
    """The stock client fires a FollowEvent or a ShareEvent, and a SocialEvent for the same."""
    webcast.call(room.send_messages(messages_of("WebcastSocialMessage")))
    wait_for(lambda: all_is_stored(live, room))
    assert status_of(live) == Status.LIVE
    assert (live.follows, live.shares) == (15, 16)
    assert live.counters == {"social": 31}


def test_likes_are_those_that_were_seen_and_the_rooms_total_the_greatest(webcast, live, room):
    likes = messages_of("WebcastLikeMessage")
    webcast.call(room.send_messages(likes))
    wait_for(lambda: all_is_stored(live, room))
    assert status_of(live) == Status.LIVE
    rows = [row.data for row in Event.objects.filter(session=live)]
    assert live.likes == sum(row["count"] for row in rows) > len(likes)
    assert live.room_likes == max(row["total"] for row in rows) > live.likes


def test_viewers_are_those_who_watch_now_and_not_all_who_came(webcast, live, room):
    message = messages_of("WebcastRoomUserSeqMessage")[0]
    webcast.call(room.send_messages([message]))
    wait_for(lambda: all_is_stored(live, room))
    assert status_of(live) == Status.LIVE
    assert live.viewers == 8
    assert Event.objects.get().data["visitors"] == 191


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-Remaining": "3"}, 3),
        ({"RateLimit-Remaining": "0"}, 1),
        ({}, 60),
        ({"RateLimit-Remaining": "soon"}, 60),
    ],
)
def test_a_rate_limit_says_when_the_sign_server_is_asked_again(
    webcast, room, capture, headers, wait
):
    """The stock client needs a header that counts what remains, and fails without it."""
    room.state, room.limits = State.RATE_LIMITED, headers
    session = services.start_session(username="ada")
    capture.begin(session)
    sentence = f"The sign server allows no more connections; trying again in {wait} s."
    wait_for(lambda: status_of(session) and session.status_detail.startswith(sentence))
    services.end_session(session)
    wait_for(lambda: status_of(session) == Status.ENDED)
