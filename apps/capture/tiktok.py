"""TikTok LIVE through TikTokLive: the only module that imports the library.

TikTokLive looks up the room, has the socket's address signed, connects, sends heartbeats and
acknowledges frames. Taken from it are the frames before it decodes them, since its decoding is
some hundred times slower than ours; and reading what a closed socket still holds is ours, since
it drops that.

The import takes seconds of CPU, so this module is imported by the capture worker when it
starts its first session, never by web processes.
"""

import asyncio
import time
import zlib
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
from google.protobuf.message import DecodeError
from TikTokLive import TikTokLiveClient
from TikTokLive.client import errors
from TikTokLive.client.web.routes.fetch_is_live import MissingRoomIdInResponse
from TikTokLive.client.web.routes.fetch_room_id_live_html import FailedParseRoomIdError
from TikTokLive.client.web.routes.fetch_room_info import FailedFetchRoomInfoError
from TikTokLive.client.ws.ws_connect import WebcastConnect
from TikTokLive.client.ws.ws_utils import extract_websocket_options
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.legacy.exceptions import InvalidStatusCode

from apps.capture import decoding
from apps.capture.normal_form import UNREADABLE_FRAME
from apps.capture.places import Endpoints, endpoints_for
from apps.capture.sources import (
    AgeRestricted,
    Blocked,
    Captcha,
    ConnectionLost,
    Deliver,
    LiveError,
    Offline,
    RateLimited,
    RawMessage,
    SignServerDown,
    UnknownUser,
    Unreachable,
)

CONNECT_TIMEOUT_S = 30
CLOSE_TIMEOUT_S = 2
CANCEL_TIMEOUT_S = 1
LONGEST_LIMIT_S = 3600
UNSAID_LIMIT_S = 60
CLEAN_CLOSES = (1000, 1001)
FRAME_MAX_BYTES = 8 << 20
UNPACKED_MAX_BYTES = 32 << 20
# Enough of a frame that can't be read to find out why.
UNREADABLE_KEPT_BYTES = 64 << 10


# --- Which servers ---------------------------------------------------------------------------


class RedirectingTransport(httpx.AsyncHTTPTransport):
    """Sends requests for TikTok's hosts elsewhere.

    The library's own base URLs are process-wide; one worker serves TikTok and the demo.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__()
        self.targets = {
            "www.tiktok.com": ("", endpoints.app),
            "webcast.tiktok.com": ("/webcast", endpoints.webcast),
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        prefix, base = self.targets.get(request.url.host, ("", ""))
        if base:
            path = request.url.raw_path.decode().removeprefix(prefix)
            request.url = httpx.URL(base + path)
            request.headers["Host"] = request.url.netloc.decode()
        return await super().handle_async_request(request)


def web_options(endpoints: Endpoints) -> dict[str, Any]:
    options: dict[str, Any] = {}
    signer = {"sign_api_base": endpoints.sign, "sign_api_key": endpoints.sign_api_key}
    if any(signer.values()):
        options["signer_kwargs"] = {name: value for name, value in signer.items() if value}
    if endpoints.app or endpoints.webcast:
        options["httpx_kwargs"] = {"transport": RedirectingTransport(endpoints)}
    return options


# --- Frames ----------------------------------------------------------------------------------


class Frames:
    """What the socket gives, on its way to `deliver`."""

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver
        self.opened = asyncio.Event()
        self.last_frame_at = time.monotonic()

    async def take_first(self, result: Any) -> None:
        """The sign server's answer, which holds the room's latest messages."""
        self.last_frame_at = time.monotonic()
        self.opened.set()
        await self.deliver_all(result.messages)

    async def take(self, data: str | bytes) -> tuple[Any, Any] | None:
        """Deliver a frame's messages; the frame and its content if it may be acknowledged."""
        self.last_frame_at = time.monotonic()
        data = data.encode() if isinstance(data, str) else data
        try:
            frame = decoding.frame_class().FromString(data)
            if frame.payload_type != "msg":
                return None
            result = decoding.fetch_result_class().FromString(unpacked(frame))
        except (DecodeError, zlib.error, ValueError):
            kept = data[:UNREADABLE_KEPT_BYTES]
            await self.deliver([RawMessage(UNREADABLE_FRAME, kept, 0, now_us())])
            return None
        await self.deliver_all(result.messages)
        return frame, result

    async def deliver_all(self, messages: Any) -> None:
        received = now_us()
        raw = [RawMessage(item.method, item.payload, item.msg_id, received) for item in messages]
        if raw:
            await self.deliver(raw)


def unpacked(frame: Any) -> bytes:
    """Raises zlib.error, or ValueError for a frame that unpacks to too much."""
    if not any(item.key == "compress_type" and item.value == "gzip" for item in frame.headers):
        return frame.payload
    unpacker = zlib.decompressobj(wbits=31)
    content = unpacker.decompress(frame.payload, UNPACKED_MAX_BYTES)
    if not unpacker.eof:
        raise ValueError("cut off, or too big")
    return content


def now_us() -> int:
    return time.time_ns() // 1000


class FrameConnect(WebcastConnect):
    """The library's connection, handing frames to `frames` before they are acknowledged."""

    def __init__(self, *, frames: Frames, **options: Any) -> None:
        super().__init__(**options)
        self.frames = frames

    async def __aiter__(self) -> Any:
        try:
            async with self as protocol:
                self._ws = protocol
                self._ws_options = extract_websocket_options(protocol.response_headers)
                await self.frames.take_first(self._initial_response)
                yield None, self._initial_response
                async for data in protocol:
                    taken = await self.frames.take(data)
                    if taken is not None:
                        yield taken
        except InvalidStatusCode as error:
            if error.status_code in (200, 400):
                raise errors.WebcastBlockedError(error.headers.get("Handshake-Msg", "")) from error
            raise
        finally:
            self._ws = None
            self._ws_options = None


class FrameClient(TikTokLiveClient):
    """The library's client, which here reads frames and decodes nothing."""

    def __init__(self, *, frames: Frames, **options: Any) -> None:
        super().__init__(**options)
        self.frames = frames
        self._ws._connect_generator_class = partial(FrameConnect, frames=frames)

    async def _ws_client_loop(
        self,
        initial_webcast_response: Any,
        process_connect_events: bool,
        compress_ws_events: bool,
    ) -> None:
        protocol: Any = None
        connection = self._ws.connect(
            initial_webcast_response=initial_webcast_response,
            process_connect_events=process_connect_events,
            compress_ws_events=compress_ws_events,
            cookies=self._web.cookies,
            room_id=self._room_id,
            user_agent=self._web.headers["User-Agent"],
        )
        async for _ in connection:
            protocol = protocol or self._ws.ws
        # The library stops at the first frame after a close; the rest is in the protocol.
        if protocol is not None:
            with suppress(ConnectionClosed):
                while not protocol.open:
                    await self.frames.take(await protocol.recv())
            if protocol.close_code not in CLEAN_CLOSES:
                raise ConnectionLost("The connection to TikTok was lost.")


# --- The source ------------------------------------------------------------------------------


class TikTokSource:
    """A `LiveSource`: one connection to one streamer's live."""

    def __init__(self, username: str, deliver: Deliver, endpoints: Endpoints | None = None) -> None:
        self.username = username
        self.frames = Frames(deliver)
        self.task: asyncio.Task | None = None
        self.client = FrameClient(
            unique_id=username,
            frames=self.frames,
            web_kwargs=web_options(endpoints or endpoints_for(username)),
            ws_kwargs={"max_size": FRAME_MAX_BYTES},
        )

    @property
    def last_frame_at(self) -> float:
        return self.frames.last_frame_at

    async def connect(self) -> str:
        try:
            # The library's sign client has no timeout of its own.
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                self.task = await self.start()
                opened = asyncio.create_task(self.frames.opened.wait())
                await asyncio.wait([self.task, opened], return_when=asyncio.FIRST_COMPLETED)
                opened.cancel()
                if self.task.done():
                    self.task.result()
        except Exception as error:
            raise live_error(error, self.username) from error
        return str(self.client.room_id)

    async def start(self) -> asyncio.Task:
        try:
            return await self.client.start(fetch_room_info=True)
        except FailedFetchRoomInfoError:
            # Nice to have: it only tells whether the live is age restricted.
            return await self.client.start(fetch_room_info=False)

    async def wait_closed(self) -> None:
        if self.task is None:
            return
        try:
            await asyncio.shield(self.task)
        except Exception as error:
            raise live_error(error, self.username) from error

    async def close(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.client.disconnect()
                if self.task is not None:
                    await asyncio.wait([self.task])
        if self.task is not None:
            self.task.cancel()
            # The library's own clean-up may wait for a closing handshake that never comes.
            await asyncio.wait([self.task], timeout=CANCEL_TIMEOUT_S)
            if self.task.done() and not self.task.cancelled():
                self.task.exception()
        with suppress(Exception):
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                await self.client.web.close()
                await self.client.web.signer.sdk_client.get_async_httpx_client().aclose()


# --- Errors ----------------------------------------------------------------------------------


# The first that fits; {name} is the streamer.
MEANINGS: list[tuple[tuple[type[Exception], ...], type[LiveError], str]] = [
    ((errors.UserOfflineError,), Offline, "@{name} is not live right now."),
    ((errors.UserNotFoundError,), UnknownUser, "TikTok knows no @{name} who can go live."),
    (
        (errors.AgeRestrictedError,),
        AgeRestricted,
        "The live of @{name} is for adults only; TikTok shows it to signed-in people alone.",
    ),
    (
        (errors.SignAPIError,),
        SignServerDown,
        "The sign server did not give access to the live.",
    ),
    ((ConnectionClosed,), ConnectionLost, "The connection to TikTok was lost."),
    ((TimeoutError,), Unreachable, "TikTok or the sign server did not answer in time."),
    (
        (httpx.HTTPError, OSError, InvalidHandshake),
        Unreachable,
        "TikTok or the sign server can't be reached.",
    ),
    (
        (
            errors.WebcastBlockedError,
            errors.InitialCursorMissingError,
            errors.WebsocketURLMissingError,
        ),
        Blocked,
        "TikTok refused the connection, as it does for suspected robots.",
    ),
    (
        (FailedParseRoomIdError, MissingRoomIdInResponse),
        Captcha,
        "TikTok hides the live of @{name} behind a check for robots (captcha).",
    ),
    ((Exception,), Blocked, "TikTok's answer made no sense; it may be blocking this address."),
]


def live_error(error: Exception, username: str) -> LiveError:
    """The library's many errors as ours, with a sentence for people."""
    if isinstance(error, LiveError):
        return error
    if isinstance(error, errors.SignatureRateLimitError):
        return rate_limited(error)
    kind, sentence = next(
        (kind, sentence) for fitting, kind, sentence in MEANINGS if isinstance(error, fitting)
    )
    return kind(sentence.format(name=username))


def rate_limited(error: Any) -> RateLimited:
    wait_s = max(error.retry_after, 1)
    return RateLimited(
        f"The sign server allows no more connections; trying again in {wait_s:.0f} s.",
        retry_after_s=wait_s,
    )


def allowed_after_s(_: Any, response: httpx.Response) -> int:
    """When the sign server may be asked again: by its clock if it says, else as the library does.

    The library takes the header that counts what remains, and fails if it is missing.
    """
    with suppress(KeyError, ValueError):
        wait_s = int(response.headers["RateLimit-Reset"]) - int(time.time())
        if 0 < wait_s <= LONGEST_LIMIT_S:
            return wait_s
    with suppress(KeyError, ValueError):
        return min(int(response.headers["RateLimit-Remaining"]), LONGEST_LIMIT_S)
    return UNSAID_LIMIT_S


errors.SignatureRateLimitError.calculate_retry_after = classmethod(allowed_after_s)
