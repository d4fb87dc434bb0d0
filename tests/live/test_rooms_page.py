"""The operators' page of live rooms, without a browser."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from apps.live import services, talk
from apps.live.models import LiveRoom, Recording
from apps.live.passes import holder_of
from apps.users.models import User
from apps.videos.models import Video
from tests.cast import Person, make_person
from tests.live.media_server import FakeMediaServer

PAGE = "/dashboard/rooms/"


@pytest.fixture
def room(owner: Person, settings) -> LiveRoom:
    settings.MEDIAMTX_HLS_URL = "https://hls.example.com"
    return on_air(owner, title="Sunset")


def on_air(host: Person, **values: str) -> LiveRoom:
    room, _ = services.open_room(host_id=host.id, **values)
    services.publisher_came(path=room.path, publisher_id="p")
    return LiveRoom.objects.get(pk=room.pk)


def test_only_operators_see_rooms(client: Client, stranger: Person, room: LiveRoom) -> None:
    for who in (None, stranger):
        if who:
            client.force_login(who.user)
        for path in (PAGE, f"{PAGE}{room.pk}/"):
            assert client.get(path)["Location"].startswith("/admin/login/")
        client.post(f"{PAGE}{room.pk}/end")
    assert LiveRoom.objects.get().is_open


def test_without_rooms_the_page_says_so(desk: Client) -> None:
    assert b"Nobody is live" in desk.get(PAGE).content


def test_a_live_room_shows_its_video_and_events(
    desk: Client, owner: Person, operator: Person, room: LiveRoom
) -> None:
    talk.comment(room_id=room.pk, user_id=owner.id, text="</script><b>Welcome</b>")
    services.feed.deliver_waiting()
    answer = desk.get(PAGE)
    page = answer.content.decode()
    assert answer.context["chosen"] == room
    playlist, _, ticket = answer.context["playlist"].partition("?viewer=")
    assert playlist == f"https://hls.example.com/pub/{room.pk}/index.m3u8"
    assert holder_of(ticket, room_id=room.pk) == operator.id
    assert "Sunset" in page
    assert "Welcome" in page
    assert "<b>Welcome" not in page
    assert "media-src 'self' blob: http" in answer["Content-Security-Policy"]
    assert "https://hls.example.com" in answer["Content-Security-Policy"]


def test_an_ended_room_shows_its_replay(desk: Client, owner: Person, room: LiveRoom) -> None:
    video = Video.objects.create(user=owner.user, state="ready", file="videos/x/video.mp4")
    Recording.objects.create(
        room=room, user=owner.user, segment="s", recorded_at=timezone.now(), size=1, video=video
    )
    services.end_own_room(host_id=owner.id, room_id=room.pk)
    assert b"Watch<span" in desk.get(PAGE).content
    page = desk.get(f"{PAGE}{room.pk}/").content
    assert b"/media/videos/x/video.mp4" in page
    Video.objects.update(state="failed")
    assert b"no replay of this room yet" in desk.get(f"{PAGE}{room.pk}/").content
    assert desk.get(f"{PAGE}999999/").status_code == 404


def test_ended_rooms_come_in_pages(desk: Client) -> None:
    hosts = User.objects.bulk_create(User(username=f"host{n}") for n in range(30))
    now = timezone.now()
    LiveRoom.objects.bulk_create(
        LiveRoom(host=host, status="ended", opened_at=now, ended_at=now + timedelta(seconds=1))
        for host in hosts
    )
    first = desk.get(PAGE)
    second = desk.get(PAGE, {"before": first.context["next"]})
    assert [len(answer.context["ended"]) for answer in (first, second)] == [25, 5]
    assert second.context["next"] is None
    assert len(desk.get(PAGE, {"before": "nonsense"}).context["ended"]) == 25


def test_an_operator_ends_a_room(
    client: Client, room: LiveRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeMediaServer()
    publisher = server.publish(room.path)
    monkeypatch.setattr(services, "media_server", lambda: server)
    staff = make_person("staff", is_staff=True)
    staff.user.user_permissions.add(Permission.objects.get(codename="view_liveroom"))
    client.force_login(staff.user)
    assert b"End the room" not in client.get(PAGE).content
    client.post(f"{PAGE}{room.pk}/end")
    assert LiveRoom.objects.get().is_open
    staff.user.user_permissions.add(Permission.objects.get(codename="change_liveroom"))
    client.get(f"{PAGE}{room.pk}/end")
    assert LiveRoom.objects.get().is_open
    client.post(f"{PAGE}{room.pk}/end")
    assert LiveRoom.objects.get().end_reason == "operator"
    assert server.kicked == [publisher]


def test_the_page_costs_the_same_whatever_it_holds(
    desk: Client, room: LiveRoom, django_assert_max_num_queries
) -> None:
    desk.get(PAGE)
    with django_assert_max_num_queries(9):
        desk.get(PAGE)
    for number in range(5):
        on_air(make_person(f"host{number}"))
    with django_assert_max_num_queries(9):
        desk.get(PAGE)
