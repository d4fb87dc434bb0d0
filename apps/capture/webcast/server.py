"""A local Webcast server: what TikTok and the sign server are to the TikTokLive client.

It answers the page of a streamer, the room look-ups and the sign server's fetch over HTTP, and
replays messages over a WebSocket as gzip frames that the client acknowledges. All of it on one
port, for tests, the demo and benchmarks:

    with running(Room("ada", messages=recorded_messages())) as server:
        server.url  # for TIKTOK_APP_URL and the like

HTTP here is what `websockets` offers before a handshake: GET, one answer a connection.
"""

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from apps.capture.webcast.room import Room, State
from apps.capture.webcast.wire import FetchResult

LIVE_PAGE = re.compile(r"^/@(?P<username>[^/]+)/live$")
OFFLINE_STATUS, LIVE_STATUS = 4, 2
# A client that is slow to read must get all that was sent before the close.
CLOSE_TIMEOUT_S = 30
Result = TypeVar("Result")


class WebcastServer:
    """Streamers by name; a name that is not there is a user that TikTok doesn't know."""

    def __init__(self, *rooms: Room, host: str = "127.0.0.1", port: int = 0) -> None:
        self.rooms = {room.username: room for room in rooms}
        self.host = host
        self.port = port
        self.requests: list[str] = []
        self.is_away = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self.server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.server = await serve(
            self.handle_socket,
            self.host,
            self.port,
            process_request=self.handle_http,
            process_response=self.add_options,
            subprotocols=["echo-protocol"],  # type: ignore[list-item]
            ping_interval=None,
            max_queue=None,
            close_timeout=CLOSE_TIMEOUT_S,
        )
        self.port = next(iter(self.server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a room's coroutine from another thread and return its result."""
        if self.loop is None:
            raise RuntimeError("the server has not started")
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    async def go_away(self) -> None:
        """Cut every connection, and every new one, until `come_back`: the network is down."""
        self.is_away = True
        for room in self.rooms.values():
            await room.cut()

    async def come_back(self) -> None:
        self.is_away = False

    # --- WebSocket ---------------------------------------------------------------------------

    async def handle_socket(self, socket: ServerConnection) -> None:
        room = self.room_by_id(query_of(socket.request))
        if room is not None:
            await room.serve(socket)

    def add_options(
        self, socket: ServerConnection, request: Request, response: Response
    ) -> Response:
        room = self.room_by_id(query_of(request))
        if room is not None:
            response.headers["Handshake-Options"] = f"ping-interval={room.ping_interval_s}"
        return response

    # --- HTTP --------------------------------------------------------------------------------

    async def handle_http(self, socket: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        self.requests.append(path)
        if self.is_away:
            socket.transport.abort()
        query = query_of(request)
        await asyncio.sleep(self.delay_of(path, query))
        if path == "/ws":
            return refuse_blocked(self.room_by_id(query))
        if match := LIVE_PAGE.match(path):
            return live_page(self.room_by_name(match["username"]))
        if path == "/webcast/fetch":
            return sign(self.room_by_id(query), request.headers.get("Host", ""))
        return self.look_up(path, query)

    def delay_of(self, path: str, query: dict[str, str]) -> float:
        match = LIVE_PAGE.match(path)
        room = self.room_by_name(match["username"]) if match else self.room_by_id(query)
        return room.answer_delay_s if room else 0

    def look_up(self, path: str, query: dict[str, str]) -> Response:
        match path:
            case "/api-live/user/room/":
                return user_room(self.room_by_name(query.get("uniqueId", "")))
            case "/webcast/room/check_alive/":
                return check_alive(self.room_by_id({"room_id": query.get("room_ids", "")}))
            case "/webcast/room/info/":
                return room_info(self.room_by_id(query))
            case "/webcast/gift/list/":
                return json_answer({"data": {"gifts": []}})
        return answer(b"", status=HTTPStatus.NOT_FOUND)

    def room_by_name(self, username: str) -> Room | None:
        room = self.rooms.get(username)
        return None if room is None or room.state == State.UNKNOWN else room

    def room_by_id(self, query: dict[str, str]) -> Room | None:
        return next(
            (room for room in self.rooms.values() if str(room.room_id) == query.get("room_id")),
            None,
        )


def query_of(request: Request | None) -> dict[str, str]:
    if request is None:
        return {}
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


def answer(
    body: bytes,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    content_type: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> Response:
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return Response(status.value, status.phrase, Headers(fields | (headers or {})), body)


def json_answer(content: Any, **options: Any) -> Response:
    return answer(orjson.dumps(content), content_type="application/json", **options)


def refuse_blocked(room: Room | None) -> Response | None:
    """None lets the handshake go on."""
    if room is not None and room.state == State.BLOCKED:
        return answer(b"", headers={"Handshake-Msg": "detected"})
    return None


def live_page(room: Room | None) -> Response:
    if room is not None and room.state == State.CAPTCHA:
        return answer(b"<html>Please verify that you are human.</html>")
    state: dict[str, Any] = {}
    if room is not None:
        status = OFFLINE_STATUS if room.state == State.OFFLINE else LIVE_STATUS
        user = {"roomId": str(room.room_id), "uniqueId": room.username, "status": status}
        state = {"LiveRoom": {"liveRoomUserInfo": {"user": user}}}
    script = b'<script id="SIGI_STATE" type="application/json">' + orjson.dumps(state)
    return answer(b"<html>" + script + b"</script></html>")


def user_room(room: Room | None) -> Response:
    if room is None:
        return json_answer({"message": "user_not_found", "data": {}})
    if room.state == State.CAPTCHA:
        return json_answer({"message": "", "data": {}})
    status = OFFLINE_STATUS if room.state == State.OFFLINE else LIVE_STATUS
    data = {"user": {"roomId": str(room.room_id)}, "liveRoom": {"status": status}}
    return json_answer({"message": "", "data": data})


def check_alive(room: Room | None) -> Response:
    alive = room is not None and room.state != State.OFFLINE
    return json_answer({"data": [{"alive": alive}]})


def room_info(room: Room | None) -> Response:
    if room is None:
        return json_answer({"data": {}})
    if room.state == State.AGE_RESTRICTED:
        return json_answer({"data": {"prompts": "This live is for adults."}})
    owner = {"display_id": room.username, "nickname": room.username.title()}
    return json_answer({"data": {"id": room.room_id, "owner": owner, "title": "A live"}})


def sign(room: Room | None, host: str) -> Response:
    if room is None or room.state == State.SIGN_DOWN:
        return json_answer(
            {"message": "Something went wrong."}, status=HTTPStatus.INTERNAL_SERVER_ERROR
        )
    if room.state == State.RATE_LIMITED:
        message = {"message": "Too many connections."}
        status = HTTPStatus.TOO_MANY_REQUESTS
        return json_answer(message, status=status, headers=dict(room.limits))
    result = FetchResult(
        cursor="1", push_server=f"ws://{host}/ws", is_first=True, internal_ext="first"
    )
    result.route_params.add(key="imprp", value="local")
    room.add_history(result)
    return answer(
        result.SerializeToString(),
        content_type="application/protobuf",
        headers={"X-Set-TT-Cookie": "ttwid=local; msToken=local"},
    )


@contextmanager
def running(*rooms: Room, port: int = 0) -> Iterator[WebcastServer]:
    """The server on a loop of its own in another thread, until the block ends."""
    server = WebcastServer(*rooms, port=port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="webcast-server", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(timeout=60)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(timeout=60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=60)
        loop.close()
