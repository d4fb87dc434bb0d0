"""The state of rooms follows what the media server shows."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.live import services
from apps.live.mediamtx import MediaServerAway
from apps.live.models import LiveRoom, PublishKey
from tests.cast import Person, make_person
from tests.live.media_server import FakeMediaServer


@pytest.fixture
def server() -> FakeMediaServer:
    return FakeMediaServer()


@pytest.fixture
def room(owner: Person) -> LiveRoom:
    return services.open_room(host_id=owner.id)[0]


def reconciled(room: LiveRoom, server: FakeMediaServer) -> LiveRoom:
    services.reconcile_rooms(server)
    room.refresh_from_db()
    return room


def later(room: LiveRoom, **seconds_ago: int) -> None:
    """As if what happened to the room had happened that long ago."""
    now = timezone.now()
    moments = {name: now - timedelta(seconds=ago) for name, ago in seconds_ago.items()}
    LiveRoom.objects.filter(pk=room.pk).update(**moments)


def go_live(room: LiveRoom, server: FakeMediaServer, viewers: int = 0) -> LiveRoom:
    server.publish(room.path, viewers=viewers)
    return reconciled(room, server)


def test_a_room_is_live_when_its_stream_is_online(room: LiveRoom, server: FakeMediaServer) -> None:
    assert reconciled(room, server).status == "created"
    publisher = server.publish(room.path)
    assert reconciled(room, server).status == "live"
    assert room.publisher_id == publisher.id
    assert room.started_at is not None


def test_viewers_are_counted_and_the_peak_kept(room: LiveRoom, server: FakeMediaServer) -> None:
    go_live(room, server, viewers=5)
    assert (room.viewers_now, room.viewers_peak) == (5, 5)
    go_live(room, server, viewers=2)
    assert (room.viewers_now, room.viewers_peak) == (2, 5)


def test_a_lost_stream_interrupts_and_the_grace_ends_the_room(
    room: LiveRoom, server: FakeMediaServer, settings
) -> None:
    go_live(room, server, viewers=2)
    server.leave(room.path)
    assert reconciled(room, server).status == "interrupted"
    assert (room.viewers_now, room.publisher_id) == (0, "")
    later(room, interrupted_at=settings.ROOM_GRACE_S - 10)
    assert reconciled(room, server).status == "interrupted"
    later(room, interrupted_at=settings.ROOM_GRACE_S + 1)
    assert reconciled(room, server).status == "ended"
    assert room.end_reason == "gone"
    assert room.ended_at == room.interrupted_at
    assert not PublishKey.objects.exists()


def test_coming_back_within_the_grace_goes_on_in_the_same_room(
    room: LiveRoom, server: FakeMediaServer
) -> None:
    started_at = go_live(room, server).started_at
    server.leave(room.path)
    reconciled(room, server)
    assert go_live(room, server).status == "live"
    assert room.started_at == started_at
    assert room.interrupted_at is None


def test_a_room_whose_publisher_never_came_disappears(
    room: LiveRoom, server: FakeMediaServer, settings
) -> None:
    later(room, created_at=10_000, opened_at=settings.ROOM_UNSTARTED_S - 10)
    assert reconciled(room, server).status == "created"
    later(room, opened_at=settings.ROOM_UNSTARTED_S + 1)
    assert reconciled(room, server).status == "ended"
    assert room.end_reason == "not_started"


def test_who_publishes_into_an_ended_room_is_closed_with_all_who_watch(
    room: LiveRoom, server: FakeMediaServer, owner: Person
) -> None:
    publisher = server.publish(room.path, viewers=2)
    readers = server.online[room.path].readers
    reconciled(room, server)
    assert server.kicked == []
    services.end_own_room(host_id=owner.id, room_id=room.pk)
    services.reconcile_rooms(server)
    assert server.kicked == [publisher, *readers]


def test_a_banned_host_is_off_the_air(
    room: LiveRoom, server: FakeMediaServer, owner: Person
) -> None:
    publisher = server.publish(room.path)
    reconciled(room, server)
    owner.user.status = "banned"
    owner.user.save(update_fields=["status"])
    assert reconciled(room, server).status == "ended"
    assert room.end_reason == "banned"
    assert server.kicked == [publisher]


def test_a_ban_that_is_over_ends_nothing(
    room: LiveRoom, server: FakeMediaServer, owner: Person
) -> None:
    owner.user.status, owner.user.banned_until = "banned", timezone.now() - timedelta(days=1)
    owner.user.save(update_fields=["status", "banned_until"])
    assert go_live(room, server).status == "live"


def test_a_private_room_published_under_a_public_name_is_closed(
    owner: Person, server: FakeMediaServer
) -> None:
    room, _ = services.open_room(host_id=owner.id, privacy="private")
    publisher = server.publish(f"pub/{room.pk}")
    assert reconciled(room, server).status == "created"
    assert server.kicked == [publisher]


def test_streams_that_are_no_rooms_are_left_alone(room: LiveRoom, server: FakeMediaServer) -> None:
    for path in ("studio", "pub/x", f"pub/{room.pk}/x", "pub/0"):
        server.publish(path)
    services.reconcile_rooms(server)
    assert server.kicked == []


def test_an_unknown_room_number_is_closed(server: FakeMediaServer) -> None:
    publisher = server.publish("pub/987654321")
    services.reconcile_rooms(server)
    assert server.kicked == [publisher]


def test_nothing_changes_while_the_media_server_is_away(
    room: LiveRoom, server: FakeMediaServer, settings, caplog: pytest.LogCaptureFixture
) -> None:
    go_live(room, server, viewers=3)
    server.away = True
    with caplog.at_level(logging.INFO, "apps.live.services"):
        for _ in range(3):
            assert reconciled(room, server).status == "live"
        assert room.viewers_now == 3
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        server.away = False
        reconciled(room, server)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_after_an_outage_the_publisher_has_a_whole_grace_to_return(
    room: LiveRoom, server: FakeMediaServer, settings
) -> None:
    go_live(room, server)
    server.leave(room.path)
    reconciled(room, server)
    later(room, interrupted_at=settings.ROOM_GRACE_S + 60)
    services.cache.set(services.LAST_LOOK_KEY, timezone.now() - timedelta(seconds=120))
    assert reconciled(room, server).status == "interrupted"
    assert room.interrupted_at > timezone.now() - timedelta(seconds=30)


def test_a_restarted_media_server_only_interrupts(room: LiveRoom, server: FakeMediaServer) -> None:
    go_live(room, server)
    server.restart()
    assert reconciled(room, server).status == "interrupted"
    assert go_live(room, server).status == "live"


def test_a_kick_that_fails_does_not_stop_the_others(
    room: LiveRoom, server: FakeMediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = server.publish("pub/987654321"), server.publish("pub/987654322")
    kick = server.kick

    def fails_for_the_first(connection):
        if connection == first:
            raise MediaServerAway("POST kick answered 500")
        kick(connection)

    monkeypatch.setattr(server, "kick", fails_for_the_first)
    services.reconcile_rooms(server)
    assert server.kicked == [second]


def test_only_one_process_reconciles_at_a_time(room: LiveRoom, server: FakeMediaServer) -> None:
    server.publish(room.path)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [services.RECONCILER_LOCK])
            assert reconciled(room, server).status == "created"
            cursor.execute("SELECT pg_advisory_unlock(%s)", [services.RECONCILER_LOCK])
    finally:
        other.close()
    assert reconciled(room, server).status == "live"


def test_its_queries_do_not_grow_with_the_rooms(
    room: LiveRoom, server: FakeMediaServer, django_assert_num_queries
) -> None:
    server.publish(room.path)
    services.reconcile_rooms(server)
    with django_assert_num_queries(22):
        services.reconcile_rooms(server)
    for number in range(5):
        host = make_person(f"host{number}")
        server.publish(services.open_room(host_id=host.id)[0].path, viewers=number)
    with django_assert_num_queries(22):
        services.reconcile_rooms(server)
    assert LiveRoom.objects.filter(status="live").count() == 6


def test_hints_make_it_faster(room: LiveRoom, server: FakeMediaServer) -> None:
    assert services.publisher_came(path=room.path, publisher_id="a")
    room.refresh_from_db()
    assert (room.status, room.publisher_id) == ("live", "a")
    assert services.publisher_left(path=room.path, publisher_id="a")
    room.refresh_from_db()
    assert room.status == "interrupted"


def test_the_old_publisher_leaving_does_not_undo_the_new_one(room: LiveRoom) -> None:
    services.publisher_came(path=room.path, publisher_id="old")
    services.publisher_came(path=room.path, publisher_id="new")
    assert not services.publisher_left(path=room.path, publisher_id="old")
    room.refresh_from_db()
    assert (room.status, room.publisher_id) == ("live", "new")


def test_hints_about_other_paths_and_ended_rooms_change_nothing(
    room: LiveRoom, owner: Person
) -> None:
    for path in ("", "pub/x", f"prv/{room.pk}", f"pub/{room.pk + 1}", f"pub/{room.pk}\n"):
        assert not services.publisher_came(path=path, publisher_id="a")
    services.end_own_room(host_id=owner.id, room_id=room.pk)
    assert not services.publisher_came(path=room.path, publisher_id="a")
    room.refresh_from_db()
    assert room.status == "ended"
