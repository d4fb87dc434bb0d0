"""What viewers do in a room, and that it reaches the event store once."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.capture.models import Event, Session
from apps.gifts.models import Gift, SentGift
from apps.live import feed, services
from apps.live.models import Happening, LiveRoom, Viewer
from apps.live.passes import make_pass
from apps.users.models import Block, Follow
from apps.wallet import ledger
from tests.books import give_bought
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.live.test_live_stream import start

ENDPOINTS = [
    "commentOnLiveStream",
    "likeLiveStream",
    "shareLiveStream",
    "pinLiveStreamComment",
    "moderateLiveStream",
    "watchLiveStream",
    "leaveLiveStream",
    "showLiveStreamDetail",
]
COMPLETE = {"comment": "Hello", "action": "mute", "target_id": 1}


@pytest.fixture
def room(phone: Phone, owner: Person) -> LiveRoom:
    start(phone, owner, title="Hi")
    LiveRoom.objects.update(status="live", started_at="2026-01-01T10:00:00Z", viewers_now=0)
    return LiveRoom.objects.get()


def call(phone: Phone, name: str, room: LiveRoom, by: Person | None, **values: Any) -> dict:
    return phone.call(name, {"live_streaming_id": room.pk} | values, by=by)


def done(phone: Phone, name: str, room: LiveRoom, by: Person, **values: Any) -> Any:
    answer = call(phone, name, room, by, **values)
    assert answer["code"] == 200, answer
    return answer["msg"]


def events(room: LiveRoom) -> list[tuple[str, str, str, str]]:
    """What the event store holds once everything is delivered."""
    feed.deliver_waiting()
    assert not Happening.objects.exists()
    stored = Event.objects.filter(session=room.session_id).order_by("id")
    return [(e.category, e.subtype, e.unique_id, e.text) for e in stored]


def test_a_room_has_a_session_that_follows_its_state(
    phone: Phone, owner: Person, room: LiveRoom
) -> None:
    session = Session.objects.get(live_room=room)
    assert (session.source, session.status, session.room_id) == ("room", "waiting", str(room.pk))
    assert session.streamer.username == f"user_{owner.id}"
    services.publisher_came(path=room.path, publisher_id="p")
    session.refresh_from_db()
    assert session.status == "live"
    services.publisher_left(path=room.path, publisher_id="p")
    session.refresh_from_db()
    assert session.status == "reconnecting"
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    session.refresh_from_db()
    assert (session.status, session.is_open) == ("ended", False)
    assert session.ended_at is not None


def test_a_second_room_has_a_session_of_its_own(
    phone: Phone, owner: Person, room: LiveRoom
) -> None:
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    start(phone, owner)
    assert Session.objects.filter(streamer__username=f"user_{owner.id}").count() == 2


def test_everything_that_is_done_is_stored_in_its_order(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    done(phone, "commentOnLiveStream", room, friend, comment="Hello there")
    done(phone, "likeLiveStream", room, friend, count="7")
    done(phone, "shareLiveStream", room, friend)
    done(phone, "leaveLiveStream", room, friend)
    assert events(room) == [
        ("member", "join", "friend", "joined"),
        ("chat", "", "friend", "Hello there"),
        ("like", "", "friend", "liked"),
        ("social", "share", "friend", "shared"),
        ("member", "leave", "friend", "left"),
    ]
    session = Session.objects.get(live_room=room)
    assert (session.total, session.likes, session.shares, session.unparsed) == (5, 7, 1, 0)
    assert session.counters == {"member": 2, "chat": 1, "like": 1, "social": 1}
    assert Event.objects.filter(session=session, user_id=friend.id).count() == 5


def test_an_event_is_stored_when_its_cause_is_committed(
    phone: Phone, friend: Person, room: LiveRoom, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        done(phone, "watchLiveStream", room, friend)
    assert Event.objects.filter(session=room.session_id).count() == 1
    assert not Happening.objects.exists()


def test_what_waits_is_stored_before_the_session_ends(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    assert Event.objects.filter(session=room.session_id).count() == 1


def test_coming_in_twice_is_one_arrival(phone: Phone, friend: Person, room: LiveRoom) -> None:
    done(phone, "watchLiveStream", room, friend)
    done(phone, "watchLiveStream", room, friend)
    assert [kind for _, kind, _, _ in events(room)] == ["join"]


def test_the_answer_says_where_to_watch(phone: Phone, friend: Person, room: LiveRoom) -> None:
    answer = call(phone, "watchLiveStream", room, friend, user_id=str(friend.id), coin="0")
    assert_both_clients_parse("watchLiveStream", answer)
    msg = answer["msg"]
    assert msg["User"]["id"] == friend.id
    assert msg["User"]["wallet"] == 0
    assert msg["LiveStreamingWatch"]["live_streaming_id"] == room.pk
    assert msg["LiveStreamingWatch"]["block"] == 0
    streaming = msg["LiveStreaming"]
    watched_by = make_pass(room_id=room.pk, user_id=friend.id)
    playlist = f"http://testserver:8888/pub/{room.pk}/index.m3u8?viewer={watched_by}"
    assert streaming["hls_url"] == streaming["playback_url"] == playlist
    assert streaming["events_url"] == f"http://testserver/api/sessions/{room.session_id}/stream"
    assert "rtmp_url" not in streaming


def test_nobody_talks_without_having_come_in(phone: Phone, friend: Person, room: LiveRoom) -> None:
    for name in ("commentOnLiveStream", "likeLiveStream", "shareLiveStream"):
        assert call(phone, name, room, friend, comment="x")["code"] == 201
    assert events(room) == []


def test_the_host_talks_in_the_own_room(phone: Phone, owner: Person, room: LiveRoom) -> None:
    done(phone, "commentOnLiveStream", room, owner, comment="Welcome")
    assert events(room) == [("chat", "", "owner", "Welcome")]


def test_who_talks_too_fast_is_told_to_wait_and_others_are_not(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    answers = [
        call(phone, "commentOnLiveStream", room, friend, comment=f"No. {n}")["code"]
        for n in range(42)
    ]
    assert answers == [200] * 40 + [429] * 2
    done(phone, "likeLiveStream", room, friend)
    done(phone, "commentOnLiveStream", room, owner, comment="Slowly, please")
    said = [text for category, _, _, text in events(room) if category == "chat"]
    assert said == [*(f"No. {n}" for n in range(40)), "Slowly, please"]


@override_settings(ROOM_BLOCKED_WORDS=["darn"])
def test_blocked_words_are_not_said(phone: Phone, owner: Person, room: LiveRoom) -> None:
    assert call(phone, "commentOnLiveStream", room, owner, comment="oh DARN!")["code"] == 201
    assert call(phone, "commentOnLiveStream", room, owner, comment="darning")["code"] == 200


def test_a_comment_is_pinned_before_and_after_it_is_stored(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    first = done(phone, "commentOnLiveStream", room, friend, comment="One")
    comment_id = first["LiveStreamingComment"]["id"]
    for _ in range(2):
        done(phone, "pinLiveStreamComment", room, owner, comment_id=comment_id)
        shown = done(phone, "showLiveStreamDetail", room, friend)["pinned"]
        assert shown == {
            "id": comment_id,
            "user_id": friend.id,
            "username": "friend",
            "comment": "One",
        }
        events(room)
    done(phone, "pinLiveStreamComment", room, owner)
    assert done(phone, "showLiveStreamDetail", room, friend)["pinned"] is None
    assert call(phone, "pinLiveStreamComment", room, owner, comment_id=99999)["code"] == 201
    assert call(phone, "pinLiveStreamComment", room, friend, comment_id=comment_id)["code"] == 201


def test_the_muted_watch_but_do_not_talk(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    done(phone, "moderateLiveStream", room, owner, target_id=friend.id, action="mute")
    assert call(phone, "commentOnLiveStream", room, friend, comment="x")["code"] == 201
    done(phone, "likeLiveStream", room, friend)
    done(phone, "moderateLiveStream", room, owner, target_id=friend.id, action="unmute")
    done(phone, "commentOnLiveStream", room, friend, comment="x")
    assert [kind for category, kind, *_ in events(room) if category == "moderation"] == [
        "mute",
        "unmute",
    ]


def test_who_was_thrown_out_stays_out(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    done(phone, "watchLiveStream", room, friend)
    done(phone, "moderateLiveStream", room, owner, target_id=friend.id, action="kick")
    for name in ("watchLiveStream", "commentOnLiveStream", "showLiveStreamDetail"):
        assert call(phone, name, room, friend, comment="x")["code"] == 201
    assert phone.call("showLiveStreams", by=friend)["code"] == 201


def test_moderators_keep_order_but_not_over_the_host_and_each_other(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    for person in (friend, stranger):
        done(phone, "watchLiveStream", room, person)
    values = {"target_id": stranger.id, "action": "mute"}
    assert call(phone, "moderateLiveStream", room, friend, **values)["code"] == 201
    done(phone, "moderateLiveStream", room, owner, target_id=friend.id, action="moderator")
    done(phone, "moderateLiveStream", room, friend, **values)
    assert Viewer.objects.get(user=stranger.user).muted
    for values in (
        {"target_id": owner.id, "action": "kick"},
        {"target_id": stranger.id, "action": "moderator"},
        {"target_id": friend.id, "action": "kick"},
    ):
        assert call(phone, "moderateLiveStream", room, friend, **values)["code"] == 201


def test_gifts_in_a_room_show_in_it_and_rank_their_givers(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    give_bought(friend.user, 100)
    done(phone, "watchLiveStream", room, friend)
    values = {"receiver_id": owner.id, "gift_id": rose.id, "gift_count": 3}
    gift = values | {"live_streaming_id": room.pk, "idempotency_key": "a"}
    for _ in range(2):  # the second is a retry
        assert phone.call("sendGift", gift, by=friend)["code"] == 200
    assert events(room)[-1] == ("gift", "", "friend", "3 x Rose")
    session = Session.objects.get(live_room=room)
    assert (session.gifts, session.diamonds, session.gift_streaks) == (3, 30, 1)
    top = done(phone, "showLiveStreamDetail", room, owner)["TopGifters"]
    assert [(row["User"]["id"], row["coins"]) for row in top] == [(friend.id, 30)]


def test_gifts_of_one_kind_in_a_row_are_a_combo(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    rose = Gift.objects.create(title="Rose", coin=1, image="gifts/rose.png")
    star = Gift.objects.create(title="Star", coin=1, image="gifts/star.png")
    give_bought(friend.user, 100)
    for gift, count in ((rose, 3), (star, 1), (rose, 2)):
        values = {"receiver_id": owner.id, "gift_id": gift.id, "gift_count": count}
        call(phone, "sendGift", room, friend, **values)
    combos = [row.content["data"]["combo"] for row in Happening.objects.order_by("pk")]
    feed.deliver_waiting()
    stored = Event.objects.filter(session=room.session_id, category="gift").order_by("id")
    combos = combos or [event.data["combo"] for event in stored]
    assert combos == [3, 1, 5]


@pytest.mark.parametrize("to", ["stranger", "owner of a room that has ended"])
def test_a_gift_in_a_room_is_for_somebody_who_is_live_in_it(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom, to: str
) -> None:
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    give_bought(friend.user, 100)
    if to != "stranger":
        phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    receiver = stranger if to == "stranger" else owner
    values = {"receiver_id": receiver.id, "gift_id": rose.id}
    answer = call(phone, "sendGift", room, friend, **values)
    assert answer["code"] == 201
    assert answer["msg"] == (
        "This live stream has ended, or this person is not in it. Nothing was sent."
    )
    assert ledger.total(friend.id) == 100
    assert not SentGift.objects.exists()
    assert events(room) == []


def test_an_operator_sees_what_a_rooms_gifts_come_to(
    phone: Phone, desk: Client, owner: Person, friend: Person, room: LiveRoom
) -> None:
    rose = Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")
    give_bought(friend.user, 100)
    call(phone, "sendGift", room, friend, receiver_id=owner.id, gift_id=rose.id, gift_count=3)
    page = desk.get(reverse("admin:live_liveroom_change", args=[room.pk])).content.decode()
    assert "3, for 30 coins" in page
    assert "friend (30 coins)" in page


def test_the_blocked_and_those_who_do_not_follow_stay_outside(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    Block.objects.create(blocker=owner.user, blocked=stranger.user)
    assert call(phone, "watchLiveStream", room, stranger)["code"] == 201
    LiveRoom.objects.update(privacy="followers")
    assert call(phone, "watchLiveStream", room, friend)["code"] == 201
    Follow.objects.create(follower=friend.user, followed=owner.user)
    assert call(phone, "watchLiveStream", room, friend)["code"] == 200
    LiveRoom.objects.update(privacy="private")
    assert call(phone, "watchLiveStream", room, friend)["code"] == 201


def test_the_list_shows_whom_one_follows_first_and_then_the_largest(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    start(phone, friend)
    LiveRoom.objects.filter(host=friend.user).update(
        status="live", viewers_now=9, viewers_peak=9, started_at="2026-01-01T10:00:00Z"
    )
    start(phone, stranger)  # no video yet
    assert hosts(phone, None) == [friend.id, owner.id]
    Follow.objects.create(follower=stranger.user, followed=owner.user)
    assert hosts(phone, stranger) == [owner.id, friend.id]
    Block.objects.create(blocker=stranger.user, blocked=owner.user)
    assert hosts(phone, stranger) == [friend.id]
    assert phone.call("showLiveStreams", {"starting_point": 1})["code"] == 201


def hosts(phone: Phone, by: Person | None) -> list[int]:
    answer = phone.call("showLiveStreams", by=by)
    assert answer["code"] == 200, answer
    return [item["User"]["id"] for item in answer["msg"]]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_guests_wrong_tokens_and_the_banned_do_nothing(
    phone: Phone, banned: Person, room: LiveRoom, name: str
) -> None:
    assert call(phone, name, room, None, **COMPLETE)["code"] == 401
    assert call(phone, name, room, banned, **COMPLETE)["code"] == 501
    assert events(room) == []
    assert not Viewer.objects.exists()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_nobody_acts_for_somebody_else(
    phone: Phone, owner: Person, stranger: Person, room: LiveRoom, name: str
) -> None:
    answer = call(phone, name, room, stranger, user_id=owner.id, **COMPLETE)
    assert answer["code"] == 201
    assert events(room) == []
    assert not Viewer.objects.exists()


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name != "leaveLiveStream"])
@pytest.mark.parametrize("room_id", ["abc", -1, 0, 2**70, 999_999, [1], None])
def test_rooms_that_are_none_are_refused(
    phone: Phone, owner: Person, room: LiveRoom, name: str, room_id: Any
) -> None:
    answer = phone.call(name, {"live_streaming_id": room_id} | COMPLETE, by=owner)
    assert answer["code"] == 201
    assert isinstance(answer["msg"], str)
    assert events(room) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("commentOnLiveStream", {"comment": ""}),
        ("commentOnLiveStream", {"comment": "x" * 301}),
        ("commentOnLiveStream", {"comment": "a\x00b"}),
        ("likeLiveStream", {"count": 0}),
        ("likeLiveStream", {"count": 101}),
        ("moderateLiveStream", {"target_id": 1, "action": "hug"}),
        ("moderateLiveStream", {"target_id": "x", "action": "mute"}),
        ("watchLiveStream", {"coin": "many"}),
    ],
)
def test_bad_input_is_refused(
    phone: Phone, owner: Person, room: LiveRoom, name: str, values: dict
) -> None:
    assert call(phone, name, room, owner, **values)["code"] == 201
    assert events(room) == []


def test_an_ended_room_is_closed_to_everybody(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    for name in ENDPOINTS:
        if name != "leaveLiveStream":
            assert call(phone, name, room, friend, **COMPLETE)["code"] == 201
    assert events(room) == []


def test_an_operator_ends_a_room_by_its_session(phone: Phone, room: LiveRoom) -> None:
    from apps.capture.services import end_session
    from tests.live.media_server import FakeMediaServer

    end_session(Session.objects.get(live_room=room))
    services.reconcile_rooms(FakeMediaServer())
    room.refresh_from_db()
    assert (room.status, room.end_reason) == ("ended", "operator")


def test_each_endpoint_has_a_fixed_number_of_queries(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    counts = {}
    for name, person, values in (
        ("watchLiveStream", friend, {}),
        ("commentOnLiveStream", friend, {"comment": "Hello"}),
        ("likeLiveStream", friend, {}),
        ("shareLiveStream", friend, {}),
        ("showLiveStreamDetail", friend, {}),
        ("showLiveStreams", friend, {}),
        ("moderateLiveStream", owner, {"target_id": friend.id, "action": "mute"}),
        ("leaveLiveStream", friend, {}),
    ):
        with CaptureQueriesContext(connection) as queries:
            done(phone, name, room, person, **values)
        counts[name] = len(queries)
    assert counts == {
        # Who asks; savepoint, standing, row made, row locked, present, event, release; answer.
        "watchLiveStream": 9,
        # Who asks; savepoint, standing, event, release.
        "commentOnLiveStream": 5,
        "likeLiveStream": 5,
        "shareLiveStream": 5,
        "showLiveStreamDetail": 3,
        "showLiveStreams": 2,
        "moderateLiveStream": 7,
        "leaveLiveStream": 7,
    }
