"""A session's events as a file: JSON, NDJSON or CSV.

Events are read in pages by id. So a download uses the memory of one page however long the
session is, and a slow reader holds neither a transaction nor a cursor open.
"""

import csv
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from apps.capture import selectors
from apps.capture.models import Session
from apps.capture.selectors import EventFilter
from apps.capture.shapes import EventShape

PAGE = 1_000
COLUMNS = list(EventShape.fields)
# What spreadsheets take for a formula; full-width signs too.
FORMULA = re.compile(r"^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")

Pages = Iterator[list[orjson.Fragment]]


def pages_of(session: Session, where: EventFilter) -> Pages:
    """The events stored up to now, the oldest first."""
    after = where.after
    before = min(where.before or selectors.BIGGEST_ID, session.last_event_id + 1)
    while True:
        bounds = {"after": after, "before": before}
        page = selectors.list_events(
            session_id=session.pk,
            day=session.day,
            where=EventFilter(types=where.types, user=where.user, text=where.text, **bounds),
            order=selectors.OLDEST,
            limit=PAGE,
        )
        if page.items:
            yield page.items
        if page.next_cursor is None:
            return
        after = page.next_cursor


def as_ndjson(session: Session, pages: Pages) -> Iterator[bytes]:
    for page in pages:
        yield b"".join(orjson.dumps(event) + b"\n" for event in page)


def as_json(session: Session, pages: Pages) -> Iterator[bytes]:
    """`{"session": {...}, "events": [...]}`"""
    yield b'{"session":' + orjson.dumps(selectors.find_session(session.pk)) + b',"events":['
    separator = b""
    for page in pages:
        yield separator + b",\n".join(orjson.dumps(event) for event in page)
        separator = b",\n"
    yield b"]}\n"


class Line:
    """A file for csv.writer that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(session: Session, pages: Pages) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, without which Excel takes it for something else."""
    writer = csv.writer(Line())
    yield b"\xef\xbb\xbf" + writer.writerow(COLUMNS).encode()
    for page in pages:
        yield "".join(writer.writerow(cells) for cells in rows_of(page)).encode()


def rows_of(page: list[orjson.Fragment]) -> Iterator[list[Any]]:
    for event in orjson.loads(orjson.dumps(page)):
        yield [cell(event[column]) for column in COLUMNS]


def cell(value: Any) -> Any:
    """A value of one cell; text that a spreadsheet would run as a formula is made harmless."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value


Writer = Callable[[Session, Pages], Iterator[bytes]]
FORMATS: dict[str, tuple[str, Writer]] = {
    "json": ("application/json", as_json),
    "ndjson": ("application/x-ndjson", as_ndjson),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
