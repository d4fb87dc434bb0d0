"""A session's events as a file: JSON, NDJSON, CSV, XLSX or Parquet.

Events are read in pages by id. So a download uses the memory of one page however long the
session is, and a slow reader holds neither a transaction nor a cursor open. Each writer yields
bytes as it goes; a spreadsheet, which has to be packed at its end, waits in a temporary file.
"""

import csv
import importlib.util
import io
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from apps.capture import selectors
from apps.capture.models import Session
from apps.capture.selectors import EventFilter
from apps.capture.shapes import EventShape

PAGE = 2_000
COLUMNS = list(EventShape.fields)
# What spreadsheets take for a formula; full-width signs too.
FORMULA = re.compile(r"^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
# Excel's own limits.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
ROW_GROUP = 20_000
CHUNK_BYTES = 1 << 20

Pages = Iterator[list[orjson.Fragment]]


def pages_of(session: Session, where: EventFilter) -> Pages:
    """The events stored up to now, the oldest first."""
    after = where.after
    before = min(where.before or selectors.BIGGEST_ID, session.last_event_id + 1)
    while True:
        page = selectors.list_events(
            session_id=session.pk,
            day=session.day,
            where=where.between(after, before),
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
        lines = (writer.writerow([harmless(value) for value in row]) for row in rows_of(page))
        yield "".join(lines).encode()


def rows_of(page: list[orjson.Fragment]) -> Iterator[list[Any]]:
    """Objects become JSON text."""
    for event in orjson.loads(orjson.dumps(page)):
        event["data"] = orjson.dumps(event["data"]).decode()
        yield [event[column] for column in COLUMNS]


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is made text."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def as_xlsx(session: Session, pages: Pages) -> Iterator[bytes]:
    """As many sheets as Excel's limit of rows asks for. A text is a text here: no formula."""
    import xlsxwriter

    # Nothing shows where this lies, and it is gone when it is closed.
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        options = {"constant_memory": True, "tmpdir": settings.FILE_UPLOAD_TEMP_DIR}
        with xlsxwriter.Workbook(file, options) as book:
            fill_book(book, pages)
        file.seek(0)
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def fill_book(book: Any, pages: Pages) -> None:
    sheet, row_number = None, SHEET_ROWS
    for page in pages:
        for row in rows_of(page):
            if row_number >= SHEET_ROWS:
                sheet, row_number = add_sheet(book), 1
            write_row(sheet, row_number, row)
            row_number += 1
    if sheet is None:
        add_sheet(book)


def add_sheet(book: Any) -> Any:
    number = len(book.worksheets())
    sheet = book.add_worksheet(f"Events {number + 1}" if number else "Events")
    sheet.freeze_panes(1, 0)
    write_row(sheet, 0, COLUMNS)
    return sheet


def write_row(sheet: Any, row_number: int, row: list[Any]) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(row_number, column, value[:CELL_CHARACTERS])
        elif isinstance(value, bool):
            sheet.write_boolean(row_number, column, value)
        elif value is not None:
            sheet.write_number(row_number, column, value)


class Pipe(io.RawIOBase):
    """A file for pyarrow whose bytes are taken out as they are written."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.waiting.append(bytes(content))
        return len(self.waiting[-1])

    def take(self) -> bytes:
        content = b"".join(self.waiting)
        self.waiting.clear()
        return content


def as_parquet(session: Session, pages: Pages) -> Iterator[bytes]:
    """Ids are whole numbers and moments are moments here; `data` is JSON text."""
    import pyarrow
    from pyarrow import parquet

    kinds = {
        "id": pyarrow.int64(),
        "user_id": pyarrow.int64(),
        "message_id": pyarrow.int64(),
        "happened_at": pyarrow.timestamp("ms", tz="UTC"),
        "received_at": pyarrow.timestamp("ms", tz="UTC"),
        "parsed": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
    pipe = Pipe()
    with parquet.ParquetWriter(pipe, schema, compression="zstd") as writer:
        for rows in row_groups(pages):
            columns = [
                pyarrow.array(map(parquet_value(name), column), schema.field(name).type)
                for name, column in zip(COLUMNS, zip(*rows, strict=True), strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
            yield pipe.take()
    yield pipe.take()


def parquet_value(name: str) -> Callable[[Any], Any]:
    if name in ("user_id", "message_id"):
        return lambda value: None if value is None else int(value)
    if name.endswith("_at"):
        return datetime.fromisoformat
    return lambda value: value


def row_groups(pages: Pages) -> Iterator[list[list[Any]]]:
    rows: list[list[Any]] = []
    for page in pages:
        rows.extend(rows_of(page))
        if len(rows) >= ROW_GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


class Format(NamedTuple):
    content_type: str
    write: Callable[[Session, Pages], Iterator[bytes]]


FORMATS = {
    "json": Format("application/json", as_json),
    "ndjson": Format("application/x-ndjson", as_ndjson),
    "csv": Format("text/csv; charset=utf-8", as_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "parquet": Format("application/vnd.apache.parquet", as_parquet),
}


def missing_package(chosen: str) -> str:
    """A sentence for people if the format can't be written here, else nothing."""
    if chosen == "parquet" and importlib.util.find_spec("pyarrow") is None:
        return "Parquet needs the package pyarrow on the server (uv sync --extra parquet)."
    return ""


def file_name(session: Session, chosen: str) -> str:
    return f"{session.streamer.username}-{session.created_at:%Y%m%d-%H%M}.{chosen}"
