"""Broadcasting together, telling followers, and the notices of the media server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from apps.live import services, tasks
from apps.live.admission import Question, is_allowed
from apps.live.models import LiveRoom, PublishKey, Viewer
from apps.notifications.models import Notification
from apps.users.models import Follow
from config.celery import app as celery_app
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.live.media_server import FakeMediaServer
from tests.live.test_live_stream import start


@pytest.fixture
def room(phone: Phone, owner: Person) -> LiveRoom:
    start(phone, owner)
    LiveRoom.objects.update(status="live", started_at="2026-01-01T10:00:00Z")
    return LiveRoom.objects.get()


def invite(phone: Phone, room: LiveRoom, by: Person | None, *people: Person, **values: Any) -> dict:
    users = [{"user_id": str(person.id)} for person in people]
    given = {"live_streaming_id": str(room.pk), "users": users, "type": "multiple"} | values
    return phone.call("inviteUserToStreaming", given, by=by)


def accept(phone: Phone, by: Person | None, status: Any = "1", **values: Any) -> dict:
    invitation_id = Notification.objects.get().pk
    given = {"id": str(invitation_id), "status": status} | values
    return phone.call("acceptStreamingInvite", given, by=by)


def may_publish(path: str, secret: str) -> bool:
    return is_allowed(Question("publish", path, "", "", f"token={secret}"))


def test_an_invitation_is_a_notification_and_accepting_gives_an_own_stream(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    answer = invite(phone, room, owner, friend)
    assert answer["code"] == 200
    assert_both_clients_parse("inviteUserToStreaming", answer)
    row = Notification.objects.get()
    assert (row.type, row.receiver_id, row.sender_id) == ("multiple", friend.id, owner.id)
    assert (row.live_streaming_id, row.status) == (room.pk, 0)
    answer = accept(phone, friend)
    assert_both_clients_parse("acceptStreamingInvite", answer)
    assert answer["msg"]["Notification"]["status"] == "1"
    path = f"pub/{room.pk}/{friend.id}"
    url, secret = answer["msg"]["LiveStreaming"]["rtmp_url"].split("?token=")
    assert url.endswith(path)
    assert may_publish(path, secret)
    assert not may_publish(room.path, secret)
    assert not may_publish(f"pub/{room.pk}/{owner.id}", secret)


def test_the_hosts_secret_opens_the_hosts_stream_alone(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    secret = start(phone, owner)["rtmp_url"].split("?token=")[1]
    assert may_publish(room.path, secret)
    assert not may_publish(f"{room.path}/{friend.id}", secret)
    assert not may_publish(f"{room.path}/{owner.id}", secret)


def test_a_cohosts_stream_stays_until_they_are_thrown_out(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    invite(phone, room, owner, friend)
    accept(phone, friend)
    server = FakeMediaServer()
    server.publish(room.path)
    server.publish(room.seat_path(friend.id))
    unasked = server.publish(room.seat_path(stranger.id))
    services.reconcile_rooms(server)
    assert server.kicked == [unasked]
    values = {"live_streaming_id": room.pk, "target_id": friend.id, "action": "kick"}
    assert phone.call("moderateLiveStream", values, by=owner)["code"] == 200
    services.reconcile_rooms(server)
    assert set(server.online) == {room.path}
    assert accept(phone, friend)["code"] == 201
    assert not PublishKey.objects.filter(user=friend.user).exists()


def test_declining_gives_nothing_and_stays(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    invite(phone, room, owner, friend)
    answer = accept(phone, friend, 2)
    assert (answer["code"], answer["msg"]["Notification"]["status"]) == (200, "2")
    assert "LiveStreaming" not in answer["msg"]
    assert accept(phone, friend)["code"] == 201
    assert not PublishKey.objects.filter(user=friend.user).exists()


def test_an_open_invitation_is_not_repeated(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    for _ in range(3):
        assert invite(phone, room, owner, friend)["code"] == 200
    assert Notification.objects.count() == 1


def test_strangers_invite_and_accept_nothing(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    assert invite(phone, room, stranger, friend)["code"] == 201
    assert not Notification.objects.exists()
    invite(phone, room, owner, friend)
    assert accept(phone, stranger)["code"] == 201
    assert accept(phone, stranger, user_id=friend.id)["code"] == 201
    assert accept(phone, None)["code"] == 401
    assert invite(phone, room, None, friend)["code"] == 401
    assert Notification.objects.get().status == 0
    assert not Viewer.objects.exists()


def test_an_invitation_into_an_ended_room_is_void(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    invite(phone, room, owner, friend)
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    assert accept(phone, friend)["code"] == 201
    assert Notification.objects.get().status == 0
    assert not PublishKey.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"users": []},
        {"users": "x"},
        {"users": [{"user_id": "x"}]},
        {"users": [{"id": 1}]},
        {"users": [{"user_id": -1}]},
        {"users": [1] * 51},
        {"type": "system"},
        {"live_streaming_id": 0},
    ],
)
def test_bad_invitations_are_refused(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom, values: dict
) -> None:
    assert invite(phone, room, owner, friend, **values)["code"] == 201
    assert not Notification.objects.exists()


@pytest.mark.parametrize("status", ["", 0, 3, "yes"])
def test_bad_answers_are_refused(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom, status: Any
) -> None:
    invite(phone, room, owner, friend)
    assert accept(phone, friend, status)["code"] == 201
    assert Notification.objects.get().status == 0


@pytest.fixture
def tasks_at_once(django_capture_on_commit_callbacks) -> Iterator[Callable[..., Any]]:
    """What was put off until the commit, and the tasks then sent, run when its block ends."""
    celery_app.conf.task_always_eager = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    celery_app.conf.task_always_eager = False


def test_followers_with_the_bell_on_are_told_once_a_room(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom, tasks_at_once
) -> None:
    Follow.objects.create(follower=friend.user, followed=owner.user)
    Follow.objects.create(follower=stranger.user, followed=owner.user, bell=False)
    for _ in range(2):
        with tasks_at_once():
            answer = phone.call("sendLiveStreamPushNotfication", by=owner)
        assert answer == {"code": 200, "msg": "success"}
        assert_both_clients_parse("sendLiveStreamPushNotfication", answer)
        row = Notification.objects.get()  # the second round would reach one more
        Follow.objects.update(bell=True)
    assert (row.receiver_id, row.type, row.text) == (friend.id, "live", "owner is live now")
    assert row.live_streaming_id == room.pk


def test_followers_are_told_later_when_the_queue_is_away(
    phone: Phone, owner: Person, room: LiveRoom, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    def away(room_id: int) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(tasks.tell_followers, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.call("sendLiveStreamPushNotfication", by=owner)["code"] == 200
    assert LiveRoom.objects.get().announced_at is None


def test_nobody_is_told_of_a_room_that_has_ended_meanwhile(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    Follow.objects.create(follower=friend.user, followed=owner.user)
    phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    tasks.tell_followers(room.pk)
    assert not Notification.objects.exists()


def test_cohost_endpoints_have_a_fixed_number_of_queries(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    counts = {}
    for name, action in (
        ("one", lambda: invite(phone, room, owner, friend)),
        ("accept", lambda: accept(phone, friend)),
        ("two", lambda: invite(phone, room, owner, friend, stranger)),
        ("announce", lambda: phone.call("sendLiveStreamPushNotfication", by=owner)),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert action()["code"] == 200
        counts[name] = len(queries)
    assert counts == {"one": 8, "accept": 19, "two": 8, "announce": 5}


def test_nobody_is_told_without_a_room_or_for_somebody_else(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    Follow.objects.create(follower=friend.user, followed=owner.user)
    assert phone.call("sendLiveStreamPushNotfication", by=stranger)["code"] == 201
    values = {"user_id": owner.id}
    assert phone.call("sendLiveStreamPushNotfication", values, by=stranger)["code"] == 201
    assert phone.call("sendLiveStreamPushNotfication", values)["code"] == 401
    LiveRoom.objects.update(privacy="private")
    assert phone.call("sendLiveStreamPushNotfication", by=owner)["code"] == 200
    assert not Notification.objects.exists()


def test_the_media_server_alone_says_that_a_stream_began_and_ended(
    phone: Phone, owner: Person, room: LiveRoom
) -> None:
    LiveRoom.objects.update(status="created", started_at=None)
    proof = {"Authorization": f"Bearer {settings.MEDIAMTX_SECRET}"}
    values = {"path": room.path, "id": "p"}
    assert phone.call("liveStreamStarted", values)["code"] == 401
    assert phone.call("liveStreamStarted", values, by=owner)["code"] == 401
    assert LiveRoom.objects.get().status == "created"
    assert phone.call("liveStreamStarted", values, headers=proof)["code"] == 200
    assert LiveRoom.objects.get().status == "live"
    assert phone.call("liveStreamEnded", values)["code"] == 401
    assert phone.call("liveStreamEnded", values, headers=proof)["code"] == 200
    assert LiveRoom.objects.get().status == "interrupted"
    bad = {"path": "pub/../x"}
    assert phone.call("liveStreamStarted", bad, headers=proof)["code"] == 201
