"""/api/streamers/<username>, .../watch and .../live"""

import pytest
from django.core.cache import cache

from apps.capture.models import Source, Streamer
from apps.capture.webcast.room import Room, State
from apps.capture.webcast.server import running
from tests.capture_edge.making import make_session


@pytest.fixture
def call(client, program):
    headers = program("write")

    def send(method, path, **options):
        return getattr(client, method)(f"/api/streamers/{path}", headers=headers, **options)

    return send


@pytest.fixture
def webcast(settings):
    cache.clear()
    with running(Room("ada")) as server:
        settings.TIKTOK_APP_URL = server.url
        yield server


@pytest.mark.parametrize("name", ["ada", "@Ada"])
def test_a_streamer_is_watched_and_no_longer(call, name):
    watched = call("post", f"{name}/watch")
    assert watched.status_code == 200
    assert watched.json()["username"] == "ada"
    assert watched.json()["watched"] is True
    assert watched.json()["watch_status"] == ""
    assert call("get", "", data={"watched": "true"}).json()["streamers"] == [watched.json()]
    assert call("get", "ada").json() == watched.json()
    left = call("delete", f"{name}/watch/").json()
    assert (left["watched"], left["watch_next_at"]) == (False, None)
    assert call("get", "", data={"watched": "true"}).json()["streamers"] == []
    assert len(call("get", "", data={"watched": "false"}).json()["streamers"]) == 1


def test_a_room_of_ours_is_no_streamer_of_tiktok(call):
    Streamer.objects.create(source=Source.ROOM, username="user_1")
    assert call("delete", "user_1/watch").status_code == 404
    assert call("post", "user_1/watch").status_code == 200
    assert Streamer.objects.get(source=Source.ROOM).watched is False


def test_a_streamer_who_is_not_here_is_a_404(call):
    assert call("get", "nobody").status_code == 404
    assert call("delete", "nobody/watch").status_code == 404


@pytest.mark.parametrize("path", ["a", "no spaces", "x" * 31])
def test_a_wrong_name_is_a_400_with_a_sentence(call, path):
    for method, rest in (("post", "/watch"), ("delete", "/watch"), ("get", "/live"), ("get", "")):
        response = call(method, path + rest)
        assert response.status_code == 400
        assert "A TikTok name has" in response.json()["detail"]


def test_only_who_may_write_changes_the_list(client, program, browser_of, stranger):
    make_session("ada")
    path = "/api/streamers/ada/watch"
    assert client.post(path).status_code == 401
    assert client.post(path, headers=program("read")).status_code == 403
    assert client.delete(path, headers=program("read")).status_code == 403
    assert browser_of(stranger).post(path).status_code == 403
    assert Streamer.objects.get().watched is False


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.LIVE, (True, "live", "@ada is live.")),
        (State.OFFLINE, (False, "offline", "@ada is not live right now.")),
        (State.UNKNOWN, (False, "unknown_user", "TikTok knows no @ada who can go live.")),
    ],
)
def test_whether_somebody_is_live_is_asked_once_in_a_while(call, webcast, state, expected):
    webcast.rooms["ada"].state = state
    for _ in range(2):
        answer = call("get", "@ada/live").json()
        assert (answer["live"], answer["status"], answer["detail"]) == expected
    assert bool(answer["room_id"]) is answer["live"]
    assert webcast.requests == ["/api-live/user/room/"]


def test_the_number_of_queries_is_fixed(call, django_assert_num_queries):
    call("post", "ada/watch")
    with django_assert_num_queries(2):  # key, streamer
        call("get", "ada")
