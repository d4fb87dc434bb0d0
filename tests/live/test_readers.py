"""Who watches: counted by person, and closed when they may not watch any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.live import services
from apps.live.mediamtx import Connection
from apps.live.models import LiveRoom, PublishKey, Viewer
from apps.live.passes import make_pass
from apps.users.models import Block, Follow, User
from tests.cast import Person
from tests.live.media_server import FakeMediaServer

HOME = "203.0.114.7"


@pytest.fixture
def server() -> FakeMediaServer:
    return FakeMediaServer()


@pytest.fixture
def room(owner: Person, server: FakeMediaServer) -> LiveRoom:
    return on_air(owner, server)


def on_air(owner: Person, server: FakeMediaServer, **values: str) -> LiveRoom:
    room, _ = services.open_room(host_id=owner.id, **values)
    server.publish(room.path)
    return room


def watch(server: FakeMediaServer, room: LiveRoom, person: Person, address: str = "") -> Connection:
    viewer = make_pass(room_id=room.pk, user_id=person.id)
    return server.watch(room.path, f"viewer={viewer}", address or "127.0.0.1")


def viewers(room: LiveRoom, server: FakeMediaServer) -> tuple[int, int]:
    services.reconcile_rooms(server)
    room.refresh_from_db()
    return room.viewers_now, room.viewers_peak


def test_a_person_with_two_screens_is_one_viewer(
    room: LiveRoom, server: FakeMediaServer, friend: Person
) -> None:
    watch(server, room, friend)
    server.watch(room.path, f"token={friend.token}")
    server.watch(room.path)
    assert viewers(room, server) == (2, 2)


def test_the_host_and_co_hosts_are_no_viewers(
    room: LiveRoom, server: FakeMediaServer, owner: Person, friend: Person
) -> None:
    PublishKey.objects.create(
        room=room, user=friend.user, digest=b"x" * 32, created_at=timezone.now()
    )
    watch(server, room, owner)
    watch(server, room, friend)
    assert viewers(room, server) == (0, 0)


def test_who_watches_a_co_host_too_counts_once(
    room: LiveRoom, server: FakeMediaServer, friend: Person
) -> None:
    PublishKey.objects.create(
        room=room, user=friend.user, digest=b"x" * 32, created_at=timezone.now()
    )
    server.publish(room.seat_path(friend.id), viewers=1)
    server.watch(room.path)
    assert viewers(room, server) == (1, 1)


def test_who_said_goodbye_does_not_count_while_their_session_lingers(
    room: LiveRoom, server: FakeMediaServer, friend: Person
) -> None:
    viewer = Viewer.objects.create(room=room, user=friend.user)
    watch(server, room, friend)
    assert viewers(room, server) == (1, 1)
    Viewer.objects.filter(pk=viewer.pk).update(present=False)
    assert viewers(room, server) == (0, 1)


def test_who_says_still_here_counts_without_being_seen_and_then_no_more(
    room: LiveRoom, server: FakeMediaServer, friend: Person
) -> None:
    viewer = Viewer.objects.create(room=room, user=friend.user)
    assert viewers(room, server) == (1, 1)
    long_ago = timezone.now() - timedelta(minutes=10)
    Viewer.objects.filter(pk=viewer.pk).update(seen_at=long_ago)
    assert viewers(room, server) == (0, 1)


@pytest.mark.parametrize("why", ["kicked", "blocked", "banned", "deleted"])
def test_who_may_not_watch_a_public_room_any_more_is_closed(
    room: LiveRoom, server: FakeMediaServer, owner: Person, friend: Person, stranger: Person, why
) -> None:
    put_out = watch(server, room, friend)
    by_token = server.watch(room.path, f"auth_token={friend.token}")
    watch(server, room, stranger)
    server.watch(room.path)
    services.reconcile_rooms(server)
    assert server.kicked == []
    if why == "kicked":
        Viewer.objects.create(room=room, user=friend.user, kicked=True, present=False)
    elif why == "blocked":
        Block.objects.create(blocker=owner.user, blocked=friend.user)
    else:
        User.objects.filter(pk=friend.id).update(status=why)
    services.reconcile_rooms(server)
    assert set(server.kicked) == {put_out, by_token}
    again = watch(server, room, friend)
    services.reconcile_rooms(server)
    assert again in server.kicked


def test_who_no_longer_follows_a_followers_room_is_closed(
    server: FakeMediaServer, owner: Person, friend: Person
) -> None:
    Follow.objects.create(follower=friend.user, followed=owner.user)
    room = on_air(owner, server, privacy="followers")
    reader = watch(server, room, friend)
    services.reconcile_rooms(server)
    assert server.kicked == []
    Follow.objects.all().delete()
    services.reconcile_rooms(server)
    assert server.kicked == [reader]


def test_who_was_thrown_out_does_not_come_back_as_a_guest_from_the_same_address(
    room: LiveRoom, server: FakeMediaServer, friend: Person, stranger: Person
) -> None:
    Viewer.objects.create(room=room, user=friend.user, kicked=True, present=False)
    put_out = watch(server, room, friend, HOME)
    services.reconcile_rooms(server)
    guest = server.watch(room.path, address=HOME)
    watch(server, room, stranger, HOME)
    server.watch(room.path, address="203.0.114.8")
    services.reconcile_rooms(server)
    assert server.kicked == [put_out, guest]


def test_a_proxys_address_shuts_nobody_out(
    room: LiveRoom, server: FakeMediaServer, friend: Person
) -> None:
    Viewer.objects.create(room=room, user=friend.user, kicked=True, present=False)
    put_out = watch(server, room, friend, "10.0.0.2")
    services.reconcile_rooms(server)
    server.watch(room.path, address="10.0.0.2")
    services.reconcile_rooms(server)
    assert server.kicked == [put_out]


def test_a_private_room_shows_itself_to_nobody_unknown(
    server: FakeMediaServer, owner: Person
) -> None:
    room = on_air(owner, server, privacy="private")
    unknown = server.watch(room.path, "viewer=1.forged")
    watch(server, room, owner)
    services.reconcile_rooms(server)
    assert server.kicked == [unknown]


def test_looking_after_watchers_costs_a_fixed_number_of_queries(
    room: LiveRoom, server: FakeMediaServer, friend: Person, django_assert_num_queries
) -> None:
    server.watch(room.path, f"token={friend.token}")
    services.reconcile_rooms(server)
    with django_assert_num_queries(24):
        services.reconcile_rooms(server)
    for _ in range(20):
        watch(server, room, friend)
        server.watch(room.path, f"token={friend.token}")
    with django_assert_num_queries(24):
        services.reconcile_rooms(server)


def test_an_operator_looks_into_every_room_and_counts_in_none(
    server: FakeMediaServer, owner: Person, operator: Person
) -> None:
    room = on_air(owner, server, privacy="private")
    watch(server, room, operator)
    assert viewers(room, server) == (0, 0)
    assert server.kicked == []
