"""The bytes of server-sent events."""

from dataclasses import dataclass

RETRY_MS = 2000
HEARTBEAT = b": still here\n\n"
HELLO = b"retry: %d\n\n" % RETRY_MS


@dataclass(frozen=True, slots=True)
class EventFrame:
    """A stored event, ready to be sent."""

    id: int
    category: str
    type: str
    content: bytes

    def passes(self, types: frozenset[str]) -> bool:
        return not types or self.category in types or self.type in types


def event_frame(event_id: int, category: str, type_name: str, json: str) -> EventFrame:
    content = f"id: {event_id}\nevent: {category}\ndata: {json}\n\n".encode()
    return EventFrame(event_id, category, type_name, content)


def stats(json: str, last_id: int | None = None) -> bytes:
    """The session as it stands. `last_id` is the event up to which the reader has got everything
    that it asked for: one that is sent few events or none resumes there all the same."""
    position = "" if last_id is None else f"id: {last_id}\n"
    return f"{position}event: stats\ndata: {json}\n\n".encode()


def end(json: str) -> bytes:
    """The last frame: the session has ended and every event was sent."""
    return f"event: end\ndata: {json}\n\n".encode()


def joined(events: list[EventFrame], types: frozenset[str]) -> bytes:
    return b"".join(event.content for event in events if event.passes(types))
