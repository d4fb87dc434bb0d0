"""A media server for tests that behaves as MediaMTX v1.20.1 is known to.

Sources: its api/openapi.yaml; a kick only closes, and one that is gone already is no error.
"""

from uuid import uuid4

from apps.live.mediamtx import Connection, MediaServerAway, Stream


class FakeMediaServer:
    """Streams that a test puts there; `away` cuts the line."""

    def __init__(self) -> None:
        self.online: dict[str, Stream] = {}
        self.kicked: list[Connection] = []
        self.away = False

    def publish(self, path: str, *, viewers: int = 0) -> Connection:
        """Somebody publishes at `path` from now on; an earlier publisher there is replaced."""
        publisher = Connection("rtmpConn", str(uuid4()))
        readers = tuple(Connection("hlsSession", str(uuid4())) for _ in range(viewers))
        self.online[path] = Stream(path, publisher, readers)
        return publisher

    def leave(self, path: str) -> None:
        self.online.pop(path, None)

    def restart(self) -> None:
        self.online.clear()

    def streams(self) -> list[Stream]:
        self.refuse_if_away()
        return list(self.online.values())

    def kick(self, connection: Connection) -> None:
        self.refuse_if_away()
        self.kicked.append(connection)
        for path, stream in list(self.online.items()):
            if stream.publisher == connection:
                del self.online[path]

    def refuse_if_away(self) -> None:
        if self.away:
            raise MediaServerAway("ConnectError: connection refused")
