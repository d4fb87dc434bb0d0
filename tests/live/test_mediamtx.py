"""The Control API's client against answers as v1.20.1 gives them, and against worse ones."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.conf import settings

from apps.live import mediamtx
from apps.live.mediamtx import Connection, MediaMtx, MediaServerAway, Stream, Visit
from config.celery import app

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> MediaMtx:
    server = MediaMtx("http://mediamtx:9997", "our-secret")
    server.client = httpx.Client(
        transport=httpx.MockTransport(handler),
        base_url=server.client.base_url,
        headers=server.client.headers,
    )
    return server


def path(name: str, *, online: bool = True, **fields: Any) -> dict[str, Any]:
    source = {"type": "rtmpConn", "id": f"conn-{name}"} if online else None
    return {"name": name, "online": online, "source": source, "readers": []} | fields


def test_every_page_is_read_and_the_secret_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediamtx, "PAGE_SIZE", 2)
    names = [f"pub/{number}" for number in range(1, 6)]
    asked = []

    def list_paths(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        assert request.headers["Authorization"] == "Bearer our-secret"
        page, size = (int(request.url.params[key]) for key in ("page", "itemsPerPage"))
        items = [path(name) for name in names[page * size : (page + 1) * size]]
        return httpx.Response(200, json={"itemCount": 5, "pageCount": 3, "items": items})

    assert [stream.path for stream in client(list_paths).streams()] == names
    assert len(asked) == 3
    assert asked[0].startswith("http://mediamtx:9997/v3/paths/list?")


def test_what_is_not_online_is_left_out_and_readers_are_told_apart() -> None:
    readers = [{"type": "hlsSession", "id": "a"}, {"type": "webRTCSession", "id": "b"}]
    items = [path("pub/1", readers=readers), path("pub/2", online=False)]
    answer = httpx.Response(200, json={"pageCount": 1, "items": items})
    assert client(lambda request: answer).streams() == [
        Stream(
            "pub/1",
            Connection("rtmpConn", "conn-pub/1"),
            (Connection("hlsSession", "a"), Connection("webRTCSession", "b")),
        )
    ]


def test_who_visits_is_read_by_kind_with_query_and_address() -> None:
    def sessions(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v3/hlssessions/list"
        items = [
            {"id": "a", "query": "viewer=7.x", "remoteAddr": "203.0.113.5:4711"},
            {"id": "b", "query": "", "remoteAddr": "[2001:db8::1]:80"},
        ]
        return httpx.Response(200, json={"pageCount": 1, "items": items})

    assert client(sessions).visits({"hlsSession", "unheardOf"}) == {
        Connection("hlsSession", "a"): Visit("viewer=7.x", "203.0.113.5"),
        Connection("hlsSession", "b"): Visit("", "2001:db8::1"),
    }
    with pytest.raises(MediaServerAway):
        client(lambda request: httpx.Response(200, json={})).visits({"hlsSession"})


def test_no_paths_are_no_streams() -> None:
    answer = httpx.Response(200, json={"itemCount": 0, "pageCount": 0, "items": None})
    assert client(lambda request: answer).streams() == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"status": "error", "error": "terminated"}),
        httpx.Response(401, json={"status": "error", "error": "authentication error"}),
        httpx.Response(404, text="404 page not found"),
        httpx.Response(200, text="<html>a proxy's page</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"status": "ok"}),
        httpx.Response(200, json={"pageCount": 1, "items": [{"name": "pub/1"}]}),
    ],
)
def test_an_answer_that_can_not_be_believed_is_no_answer(answer: httpx.Response) -> None:
    with pytest.raises(MediaServerAway):
        client(lambda request: answer).streams()


def test_a_cut_line_is_no_answer() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    with pytest.raises(MediaServerAway):
        client(refuse).streams()
    with pytest.raises(MediaServerAway):
        client(refuse).kick(Connection("rtmpConn", "a"))


def test_each_kind_is_kicked_where_it_belongs() -> None:
    asked = []

    def kick(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        return httpx.Response(200, json={"status": "ok"})

    server = client(kick)
    for kind, folder in mediamtx.KICK_FOLDERS.items():
        server.kick(Connection(kind, "some-id"))
        assert asked[-1] == ("POST", f"/v3/{folder}/kick/some-id")
    server.kick(Connection("rpiCameraSource", "b"))
    assert len(asked) == len(mediamtx.KICK_FOLDERS)


def test_who_is_gone_already_is_no_error() -> None:
    answer = httpx.Response(404, json={"status": "error", "error": "connection not found"})
    client(lambda request: answer).kick(Connection("rtmpConn", "a"))


def test_the_configured_server_is_asked_every_three_seconds() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["live.reconcile"]
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks
    assert entry["schedule"] == 3.0
    assert isinstance(mediamtx.media_server(), MediaMtx)
