"""A media server for tests that behaves as MediaMTX v1.20.1 is known to.

Sources: its api/openapi.yaml; a kick only closes, and one that is gone already is no error.
"""

from dataclasses import replace
from uuid import uuid4

from apps.live.mediamtx import Connection, MediaServerAway, Stream, Visit


class FakeMediaServer:
    """Streams that a test puts there; `away` cuts the line."""

    def __init__(self) -> None:
        self.online: dict[str, Stream] = {}
        self.visiting: dict[Connection, Visit] = {}
        self.kicked: list[Connection] = []
        self.away = False

    def publish(self, path: str, *, viewers: int = 0) -> Connection:
        """Somebody publishes at `path` from now on; an earlier publisher there is replaced."""
        publisher = Connection("rtmpConn", str(uuid4()))
        self.online[path] = Stream(path, publisher, ())
        for _ in range(viewers):
            self.watch(path)
        return publisher

    def watch(self, path: str, query: str = "", address: str = "127.0.0.1") -> Connection:
        """Somebody watches from now on."""
        reader = Connection("hlsSession", str(uuid4()))
        stream = self.online[path]
        self.online[path] = replace(stream, readers=(*stream.readers, reader))
        self.visiting[reader] = Visit(query, address)
        return reader

    def leave(self, path: str) -> None:
        self.online.pop(path, None)

    def restart(self) -> None:
        self.online.clear()

    def streams(self) -> list[Stream]:
        self.refuse_if_away()
        return list(self.online.values())

    def visits(self, kinds: set[str]) -> dict[Connection, Visit]:
        self.refuse_if_away()
        return {reader: visit for reader, visit in self.visiting.items() if reader.kind in kinds}

    def kick(self, connection: Connection) -> None:
        self.refuse_if_away()
        self.kicked.append(connection)
        self.visiting.pop(connection, None)
        for path, stream in list(self.online.items()):
            if stream.publisher == connection:
                del self.online[path]
            else:
                left = tuple(reader for reader in stream.readers if reader != connection)
                self.online[path] = replace(stream, readers=left)

    def refuse_if_away(self) -> None:
        if self.away:
            raise MediaServerAway("ConnectError: connection refused")
