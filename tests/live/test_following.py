"""Who follows a room by the real stream process, and loses the right to, hears no more."""

from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from apps.live import audience, services, talk
from apps.live.models import LiveRoom
from apps.users import tokens
from apps.users.models import User
from apps.users.services.follows import toggle_block
from tests.books import give_bought
from tests.capture_edge.stream_client import Refused, open_stream, stream_process, until
from tests.cast import Person

pytestmark = pytest.mark.django_db(transaction=True)
MOST_FRAMES = 60  # one each second at least
Loss = Callable[[LiveRoom, Person], object]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock(), stream_process() as url:
        yield url


@pytest.fixture
def room(owner: Person, friend: Person, stranger: Person) -> LiveRoom:
    """A room with a price, which both viewers have paid."""
    room, _ = services.open_room(host_id=owner.id, price_coins=5)
    services.publisher_came(path=room.path, publisher_id="p")
    for viewer in (friend, stranger):
        give_bought(viewer.user, 5)
        audience.enter(room_id=room.pk, user_id=viewer.id, agreed_coins=5)
    return room


def moderate(action: str) -> Loss:
    return lambda room, who: talk.moderate(
        room_id=room.pk, user_id=room.host_id, target_id=who.id, action=action
    )


def is_blocked(room: LiveRoom, who: Person) -> None:
    toggle_block(blocker_id=room.host_id, blocked_id=who.id, block=True)


def signs_out_everywhere(room: LiveRoom, who: Person) -> None:
    tokens.revoke_all(user_id=who.id)


def is_banned(room: LiveRoom, who: Person) -> None:
    User.objects.filter(pk=who.id).update(status=User.Status.BANNED)


def loses_the_ticket(room: LiveRoom, who: Person) -> None:
    room.viewers.filter(user=who.user).update(transfer=None, paid_coins=0)


LOSSES = {
    "is thrown out": moderate("kick"),
    "is blocked": is_blocked,
    "signs out everywhere": signs_out_everywhere,
    "is banned": is_banned,
    "loses the ticket": loses_the_ticket,
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_the_stream_of_a_viewer_closes_who(
    server: str, room: LiveRoom, owner: Person, friend: Person, stranger: Person, loss: Loss
) -> None:
    def follow(who: Person):
        return open_stream(server, room.session_id, headers={"Auth-Token": who.token})

    with follow(friend) as closing, follow(stranger) as staying:
        for stream in (closing, staying):
            until(stream, "stats")
        talk.comment(room_id=room.pk, user_id=owner.id, text="for both")
        for stream in (closing, staying):
            assert until(stream, "chat").json["text"] == "for both"
        loss(room, friend)
        rest = [frame.get("event") for frame in islice(closing, MOST_FRAMES)]
        assert len(rest) < MOST_FRAMES, "the stream stays open"
        assert "end" not in rest  # the live goes on
        talk.comment(room_id=room.pk, user_id=owner.id, text="for one")
        assert until(staying, "chat").json["text"] == "for one"
    with pytest.raises(Refused) as refused, follow(friend):
        pass
    assert refused.value.args[0] == 401


def test_the_end_of_the_room_ends_the_stream(
    server: str, room: LiveRoom, owner: Person, friend: Person
) -> None:
    with open_stream(server, room.session_id, headers={"Auth-Token": friend.token}) as stream:
        until(stream, "stats")
        talk.comment(room_id=room.pk, user_id=owner.id, text="Bye")
        services.end_own_room(host_id=owner.id, room_id=room.pk)
        rest = [frame for frame in stream if frame.get("event") in {"chat", "end"}]
    assert [frame["event"] for frame in rest] == ["chat", "end"]
