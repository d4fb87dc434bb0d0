"""What MediaMTX is told: who may publish, who may watch, who may use its API."""

import io
import logging
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from apps.live import admission, hooks, services
from apps.live.models import LiveRoom
from apps.live.passes import make_pass
from apps.users.models import Block, Follow, User
from tests.cast import Person

ASKED = {
    "ip": "192.0.2.1",
    "user": "",
    "password": "",
    "token": "",
    "action": "publish",
    "path": "",
    "protocol": "rtmp",
    "id": "6b1d0f0e-5c6f-4c9e-9d7e-1f4c0c0f9d11",
    "query": "",
    "userAgent": "",
}


def post(path: str, body: bytes, *, bearer: str = "", method: str = "POST", **environ: Any) -> int:
    """The status that the application answers."""
    statuses = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_AUTHORIZATION": f"Bearer {bearer}" if bearer else "",
    } | environ
    answer = b"".join(hooks.application(environ, lambda status, headers: statuses.append(status)))
    assert b"Traceback" not in answer
    return int(statuses[0].split()[0])


def ask(**fields: Any) -> int:
    return post("/mediamtx/auth", orjson.dumps(ASKED | fields))


@pytest.fixture
def opened(owner: Person) -> tuple[LiveRoom, str]:
    return services.open_room(host_id=owner.id)


@pytest.fixture
def path(opened: tuple[LiveRoom, str]) -> str:
    return opened[0].path


@pytest.fixture
def secret(opened: tuple[LiveRoom, str]) -> str:
    return opened[1]


# --- Publishing -----------------------------------------------------------------------------


def test_the_publisher_comes_in_with_the_secret_as_token(path: str, secret: str) -> None:
    assert ask(path=path, token=secret, query=f"token={secret}") == 200


def test_the_secret_may_stand_where_encoders_put_it(path: str, secret: str) -> None:
    """RTMP's pass=, WHIP's bearer, and the query that MediaMTX does not read for WebRTC."""
    assert ask(path=path, user="obs", password=secret) == 200
    assert ask(path=path, token=secret, protocol="webrtc") == 200
    assert ask(path=path, query=f"token={secret}", protocol="webrtc") == 200
    assert ask(path=path, query=f"a=1&&=&token=wrong&token={secret}&b=%zz%ff") == 200


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"token": "wrong"},
        {"password": "wrong"},
        {"query": "token=wrong"},
        {"query": "token"},
        {"query": "&&==%%%=;token=;"},
        {"query": "a=1&" * 100},
        {"token": "x" * 10_000},
        {"token": "\x00"},
        {"token": "' OR 1=1 --"},
        {"token": "\N{FAMILY}"},
    ],
)
def test_anything_else_is_refused(path: str, fields: dict[str, str]) -> None:
    assert ask(path=path, **fields) == 401


def test_the_secret_is_not_taken_from_other_fields(path: str, secret: str) -> None:
    assert ask(path=path, user=secret) == 401
    assert ask(path=path, userAgent=secret, id=secret) == 401
    assert ask(path=path, query=f"auth_token={secret}") == 401


def test_the_hosts_sign_in_does_not_publish(path: str, owner: Person) -> None:
    assert ask(path=path, token=owner.token) == 401


def test_another_persons_secret_is_refused(path: str, stranger: Person) -> None:
    room, secret = services.open_room(host_id=stranger.id)
    assert ask(path=path, token=secret) == 401
    assert ask(path=room.path, token=secret) == 200


def test_the_secret_of_before_is_dead(path: str, secret: str, owner: Person) -> None:
    _, fresh = services.open_room(host_id=owner.id)
    assert ask(path=path, token=secret) == 401
    assert ask(path=path, token=fresh) == 200


def test_an_ended_room_takes_nobody(
    opened: tuple[LiveRoom, str], path: str, secret: str, owner: Person
) -> None:
    services.end_own_room(host_id=owner.id, room_id=opened[0].pk)
    assert ask(path=path, token=secret) == 401


@pytest.mark.parametrize("status", ["banned", "deleted"])
def test_a_banned_host_is_refused(path: str, secret: str, owner: Person, status: str) -> None:
    User.objects.filter(pk=owner.id).update(status=status)
    assert ask(path=path, token=secret) == 401


def test_a_ban_that_is_over_no_longer_counts(path: str, secret: str, owner: Person) -> None:
    over = timezone.now() - timedelta(minutes=1)
    User.objects.filter(pk=owner.id).update(status="banned", banned_until=over)
    assert ask(path=path, token=secret) == 200


def test_only_the_rooms_own_name_is_published(opened: tuple[LiveRoom, str], secret: str) -> None:
    number = opened[0].pk
    for path in (
        *("", "pub", "pub/", f"prv/{number}", f"live/{number}", f"pub/{number}/", f"pub/0{number}"),
        *(f"pub/{number}\n", f"pub/{number + 1}", f"pub/{'9' * 30}", "pub/-1", f"/pub/{number}"),
    ):
        assert ask(path=path, token=secret) == 401, path


def test_publishing_costs_one_query(path: str, secret: str, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        ask(path=path, token=secret)
    with django_assert_num_queries(0):
        ask(path=path)


# --- Watching -------------------------------------------------------------------------------


def private_room(owner: Person, privacy: str) -> str:
    return services.open_room(host_id=owner.id, privacy=privacy)[0].path


def pass_of(path: str, person: Person) -> str:
    return f"viewer={make_pass(room_id=int(path.split('/')[1]), user_id=person.id)}"


def watch(path: str, person: Person) -> int:
    statuses = {
        ask(action="read", protocol="hls", path=path, query=f"token={person.token}"),
        ask(action="read", protocol="hls", path=path, query=f"auth_token={person.token}"),
        ask(action="read", protocol="webrtc", path=path, query=pass_of(path, person)),
    }
    assert len(statuses) == 1
    return statuses.pop()


def test_followers_watch_a_followers_room(owner: Person, friend: Person, stranger: Person) -> None:
    path = private_room(owner, "followers")
    Follow.objects.create(follower=friend.user, followed=owner.user)
    Follow.objects.create(follower=owner.user, followed=stranger.user)
    assert watch(path, owner) == 200
    assert watch(path, friend) == 200
    assert watch(path, stranger) == 401
    assert ask(action="read", path=path) == 401
    assert ask(action="read", path=path, query="token=wrong") == 401


def test_a_blocked_follower_is_refused(owner: Person, friend: Person) -> None:
    path = private_room(owner, "followers")
    Follow.objects.create(follower=friend.user, followed=owner.user)
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    assert watch(path, friend) == 401


@pytest.mark.parametrize("ends", ["revoked", "unused", "banned"])
def test_an_ended_sign_in_watches_nothing(owner: Person, friend: Person, ends: str) -> None:
    path = private_room(owner, "followers")
    Follow.objects.create(follower=friend.user, followed=owner.user)
    if ends == "revoked":
        friend.user.auth_tokens.update(revoked_at=timezone.now())
    elif ends == "unused":
        long_ago = timezone.now() - timedelta(days=settings.TOKEN_UNUSED_DAYS + 1)
        friend.user.auth_tokens.update(last_used_at=long_ago)
    else:
        User.objects.filter(pk=friend.id).update(status="banned")
    if ends == "banned":
        assert watch(path, friend) == 401
    else:
        assert ask(action="read", path=path, query=f"token={friend.token}") == 401


def test_a_pass_is_for_one_person_in_one_room(owner: Person, friend: Person) -> None:
    path = private_room(owner, "followers")
    Follow.objects.create(follower=friend.user, followed=owner.user)
    genuine = pass_of(path, friend)
    assert ask(action="read", path=path, query=genuine) == 200
    forged = genuine.replace(f"={friend.id}.", f"={owner.id}.")
    for query in (pass_of("prv/999", friend), forged, genuine[:-1], "viewer=", "viewer=x.y"):
        assert ask(action="read", path=path, query=query) == 401
    assert ask(action="publish", path=path, query=genuine) == 401
    assert ask(action="publish", path=path, query=f"token={genuine.split('=')[1]}") == 401


def test_who_can_not_be_told_apart_later_is_not_let_in(owner: Person) -> None:
    """MediaMTX shows the query of a connection, but no header."""
    path = private_room(owner, "followers")
    assert ask(action="read", path=path, token=owner.token) == 401
    assert ask(action="read", path=path, password=owner.token) == 401


def test_without_guests_every_viewer_is_asked_for(owner: Person, friend: Person, settings) -> None:
    settings.ROOM_GUESTS = False
    room, secret = services.open_room(host_id=owner.id)
    assert room.path == f"prv/{room.pk}"
    assert watch(room.path, friend) == 200
    assert ask(action="read", path=room.path) == 401
    assert ask(path=room.path, query=f"token={secret}") == 200
    assert ask(path=f"pub/{room.pk}", query=f"token={secret}") == 401


def test_a_private_room_is_its_hosts_alone(owner: Person, friend: Person) -> None:
    path = private_room(owner, "private")
    Follow.objects.create(follower=friend.user, followed=owner.user)
    assert watch(path, owner) == 200
    assert watch(path, friend) == 401


def test_a_room_with_a_price_is_closed_to_those_who_did_not_pay(
    owner: Person, friend: Person
) -> None:
    room, _ = services.open_room(host_id=owner.id)
    LiveRoom.objects.filter(pk=room.pk).update(price_coins=50)
    Follow.objects.create(follower=friend.user, followed=owner.user)
    assert watch(f"prv/{room.pk}", friend) == 401
    assert watch(f"prv/{room.pk}", owner) == 200


def test_a_public_room_is_watched_without_a_query(path: str, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert ask(action="read", path=path) == 200
    assert ask(action="read", path="pub/../prv/1") == 401


def test_watching_costs_one_query(owner: Person, django_assert_num_queries) -> None:
    path = private_room(owner, "followers")
    with django_assert_num_queries(1):
        assert ask(action="read", path=path, query=pass_of(path, owner)) == 200
    with django_assert_num_queries(1):
        assert ask(action="read", path=path, query=f"token={owner.token}") == 200


# --- The rest -------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["api", "metrics", "pprof", "playback", "anything"])
def test_mediamtx_itself_is_ours_alone(action: str, owner: Person) -> None:
    assert ask(action=action) == 401
    assert ask(action=action, token="wrong") == 401
    assert ask(action=action, token=owner.token) == 401
    assert ask(action=action, token=settings.MEDIAMTX_SECRET) == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"{}", b'{"action": ""}'),
        *(b'{"action": 1}', b'{"action": ["publish"]}', b'{"action": "publish", "path": 7}'),
        *(b'{"action": "publish", "token": {}}', b'{"action": "publish", "query": [1]}'),
        b'{"action": "publish", "token": "\\ud800"}',
        b"[" * 5000,
        b'{"action": "publish", "query": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_a_malformed_question_is_a_bad_request(body: bytes) -> None:
    assert post("/mediamtx/auth", body) == 400


def test_a_lying_length_is_a_bad_request() -> None:
    for length in ("-1", "many", "99999999999"):
        assert post("/mediamtx/auth", b"{}", CONTENT_LENGTH=length) == 400


def test_other_paths_and_methods_are_not_found() -> None:
    assert post("/", b"") == 404
    assert post("/mediamtx/auth", b"", method="GET") == 404
    assert post("/health/live", b"", method="GET") == 200


def test_a_missing_null_is_nothing(path: str, secret: str) -> None:
    assert ask(path=path, token=secret, id=None, query=None, password=None) == 200


def test_a_cut_database_connection_is_made_again(
    path: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, fetch_one, closed = [], admission.fetch_one, []

    def cut_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return fetch_one(*arguments)

    monkeypatch.setattr(admission, "fetch_one", cut_once)
    monkeypatch.setattr(connection, "close", lambda: closed.append(True))
    assert ask(path=path, token=secret) == 200
    assert closed == [True]


def test_without_a_database_nobody_comes_in_and_no_secret_is_logged(
    path: str, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(sql: str, parameters: dict) -> None:
        raise OperationalError(f"connection refused {parameters} {secret}")

    def broken(sql: str, parameters: dict) -> None:
        raise KeyError(secret)

    monkeypatch.setattr(connection, "close", lambda: None)
    with caplog.at_level(logging.DEBUG):
        monkeypatch.setattr(admission, "fetch_one", away)
        assert ask(path=path, token=secret) == 503
        monkeypatch.setattr(admission, "fetch_one", broken)
        assert ask(path=path, token=secret) == 500
    assert len(caplog.records) == 2
    assert secret not in caplog.text


# --- Notifications --------------------------------------------------------------------------


def notify(kind: str, body: bytes, bearer: str | None = None) -> int:
    return post(f"/mediamtx/{kind}", body, bearer=bearer or settings.MEDIAMTX_SECRET)


def test_notifications_move_the_room(opened: tuple[LiveRoom, str], path: str) -> None:
    room = opened[0]
    assert notify("ready", f"path={path}&id=abc".encode()) == 200
    room.refresh_from_db()
    assert (room.status, room.publisher_id) == ("live", "abc")
    assert notify("not-ready", orjson.dumps({"path": path, "id": "abc"})) == 200
    room.refresh_from_db()
    assert room.status == "interrupted"


def test_a_stranger_notifies_nobody(
    opened: tuple[LiveRoom, str], path: str, secret: str, owner: Person
) -> None:
    body = f"path={path}&id=abc".encode()
    for bearer in ("wrong", secret, owner.token):
        assert notify("ready", body, bearer) == 401
    assert post("/mediamtx/ready", body) == 401
    assert post("/mediamtx/ready", body, HTTP_AUTHORIZATION=settings.MEDIAMTX_SECRET) == 401
    opened[0].refresh_from_db()
    assert opened[0].status == "created"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"path", b"path=studio&id=1", b"path=pub/1&id=" + b"x" * 65, b"\xff"]
)
def test_a_malformed_notification_is_a_bad_request(body: bytes) -> None:
    assert notify("ready", body) == 400
    assert notify("not-ready", body) == 400
