"""What a request for a stream asks for, as far as the caller may watch it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from apps.capture.categories import UnknownName, categories_of, read_names
from apps.capture.selectors import BIGGEST_ID
from apps.capture.streaming.permission import Grant


class Refused(Exception):
    """A stream is not opened: with which HTTP status, and a sentence for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """No types: all of them. `after`: the id after which to go on, or None to begin with what
    comes now. `most_back`: but no more than so many events before the latest."""

    types: frozenset[str]
    after: int | None
    most_back: int | None


def read(scope: Mapping[str, Any], grant: Grant) -> Asked:
    """Raises Refused for what can't be understood, and for more than is granted."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        types = frozenset(read_names(",".join(query.get("types", []))))
    except UnknownName as error:
        raise Refused(400, f"types: {error}") from error
    if grant.categories and not grant.categories.issuperset(categories_of(types)):
        allowed = ", ".join(sorted(grant.categories))
        raise Refused(403, f"This may watch no other events than these: {allowed}.")
    return Asked(types or grant.categories, last_id(scope, query), grant.most_back)


def last_id(scope: Mapping[str, Any], query: dict[str, list[str]]) -> int | None:
    """The header's, which a browser sends when it reconnects, comes before the address's."""
    text = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    text = text or query.get("last_event_id", [""])[0]
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= BIGGEST_ID):
        raise Refused(400, "Last-Event-ID must be the id of an event, a whole number.")
    return int(text)
