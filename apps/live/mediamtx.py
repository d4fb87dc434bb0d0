"""MediaMTX's Control API: what is online now, and how to cut it off.

Source: MediaMTX v1.20.1, api/openapi.yaml.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import httpx
from django.conf import settings

TIMEOUT_S = 3
PAGE_SIZE = 1000
MAX_PAGES = 100
# The kinds in which the API names a publisher or reader, and where each kind is kicked.
KICK_FOLDERS = {
    "rtmpConn": "rtmpconns",
    "rtmpsConn": "rtmpsconns",
    "srtConn": "srtconns",
    "webRTCSession": "webrtcsessions",
    "hlsSession": "hlssessions",
    "rtspSession": "rtspsessions",
    "rtspsSession": "rtspssessions",
}


class MediaServerAway(Exception):
    """The media server does not answer, or not in a way that can be believed."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A publisher or a reader."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What the media server knows of a connection: the query it came with, and from where."""

    query: str
    address: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A path into which somebody publishes now. HLS readers linger 30-40 s after they left."""

    path: str
    publisher: Connection | None
    readers: tuple[Connection, ...]


class MediaServer(Protocol):
    def streams(self) -> list[Stream]:
        """Everything online now. Raises MediaServerAway."""

    def visits(self, kinds: set[str]) -> dict[Connection, Visit]:
        """All connections of these kinds. Raises MediaServerAway."""

    def kick(self, connection: Connection) -> None:
        """Close a connection; one that is gone already is fine. Raises MediaServerAway.

        The client comes back at once unless the auth hook refuses it: refuse first, then kick.
        """


class MediaMtx:
    """The real one."""

    def __init__(self, url: str, secret: str) -> None:
        self.client = httpx.Client(
            base_url=f"{url}/v3/",
            timeout=TIMEOUT_S,
            headers={"Authorization": f"Bearer {secret}"},
        )

    def streams(self) -> list[Stream]:
        with believable("paths"):
            return [to_stream(item) for item in self.every("paths") if item["online"]]

    def visits(self, kinds: set[str]) -> dict[Connection, Visit]:
        found: dict[Connection, Visit] = {}
        for kind in sorted(kinds & KICK_FOLDERS.keys()):
            with believable(kind):
                for item in self.every(KICK_FOLDERS[kind]):
                    address = str(item["remoteAddr"]).rpartition(":")[0].strip("[]")
                    found[Connection(kind, item["id"])] = Visit(str(item["query"]), address)
        return found

    def every(self, folder: str) -> list[dict[str, Any]]:
        """The items of all pages of a list."""
        items: list[dict[str, Any]] = []
        page, page_count = 0, 1
        while page < page_count:
            answer = self.call("GET", f"{folder}/list", page=page, itemsPerPage=PAGE_SIZE).json()
            items += answer["items"] or []
            page, page_count = page + 1, min(answer["pageCount"], MAX_PAGES)
        return items

    def kick(self, connection: Connection) -> None:
        folder = KICK_FOLDERS.get(connection.kind)
        if folder:
            self.call("POST", f"{folder}/kick/{connection.id}", missing_ok=True)

    def call(
        self, method: str, resource: str, *, missing_ok: bool = False, **query: int
    ) -> httpx.Response:
        try:
            response = self.client.request(method, resource, params=query)
        except httpx.HTTPError as error:
            raise MediaServerAway(f"{type(error).__name__}: {error}") from error
        if response.status_code == httpx.codes.NOT_FOUND and missing_ok:
            return response
        if response.status_code != httpx.codes.OK:
            raise MediaServerAway(f"{method} {resource} answered {response.status_code}")
        return response


@contextmanager
def believable(what: str) -> Iterator[None]:
    """An answer of another form than MediaMTX's is as good as none."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise MediaServerAway(f"The list of {what} can't be read: {error!r}") from error


def to_stream(item: dict[str, Any]) -> Stream:
    return Stream(
        path=item["name"],
        publisher=to_connection(item["source"]) if item["source"] else None,
        readers=tuple(to_connection(reader) for reader in item["readers"]),
    )


def to_connection(item: dict[str, Any]) -> Connection:
    return Connection(kind=item["type"], id=item["id"])


@cache
def media_server() -> MediaServer:
    """The configured server; one HTTP client a process."""
    return MediaMtx(settings.MEDIAMTX_API_URL, settings.MEDIAMTX_SECRET)
