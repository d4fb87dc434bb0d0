"""Who may follow a room's events with the app's token (config/stream.py asks this)."""

from uuid import uuid4

import pytest
from django.test import RequestFactory

from apps.live.admission import may_follow_events
from apps.live.models import LiveRoom, Viewer
from apps.users.models import AuthToken, Block
from tests.books import give_bought
from tests.cast import Person, Phone
from tests.live.test_live_stream import start


@pytest.fixture
def room(phone: Phone, owner: Person) -> LiveRoom:
    start(phone, owner)
    return LiveRoom.objects.get()


def may(room: LiveRoom, token: str) -> bool:
    """The same answer whichever way the token comes."""
    make = RequestFactory()
    assert room.session_id is not None
    answers = {
        may_follow_events(request, room.session_id)
        for request in (
            make.get("/", headers={"Auth-Token": token}),
            make.get("/", headers={"Authorization": f"Bearer {token}"}),
            make.get("/", {"auth_token": token}),
        )
    }
    assert len(answers) == 1
    return answers.pop()


def test_viewers_of_a_public_room_may(room: LiveRoom, owner: Person, friend: Person) -> None:
    assert may(room, owner.token)
    assert may(room, friend.token)
    assert not may(room, "wrong")
    assert not may(room, "")


def test_those_who_may_not_watch_may_not_follow_either(
    room: LiveRoom, owner: Person, friend: Person, stranger: Person, banned: Person
) -> None:
    Viewer.objects.create(room=room, user=friend.user, kicked=True)
    Block.objects.create(blocker=owner.user, blocked=stranger.user)
    for person in (friend, stranger, banned):
        assert not may(room, person.token)


def test_a_price_is_for_the_events_too(
    phone: Phone, room: LiveRoom, owner: Person, friend: Person
) -> None:
    LiveRoom.objects.update(price_coins=5, status="live", started_at="2026-01-01T10:00:00Z")
    assert not may(room, friend.token)
    give_bought(friend.user, 5)
    phone.call("watchLiveStream", {"live_streaming_id": room.pk}, by=friend)
    assert may(room, friend.token)
    assert may(room, owner.token)


def test_a_revoked_token_and_another_session_open_nothing(room: LiveRoom, friend: Person) -> None:
    request = RequestFactory().get("/", headers={"Auth-Token": friend.token})
    assert not may_follow_events(request, uuid4())
    AuthToken.objects.update(revoked_at="2026-01-01T10:00:00Z")
    assert not may(room, friend.token)
