"""GET /api/sessions/<id>/export"""

import csv
import io
import json
import zipfile
from datetime import timedelta
from string import ascii_uppercase
from xml.etree import ElementTree

import pytest
from pyarrow import parquet

from apps.exports import formats
from tests.capture_edge.making import make_event, make_events

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def ask(client, session, program):
    headers = program("read")

    def get(**query):
        return client.get(f"/api/sessions/{session.id}/export", query, headers=headers)

    return get


def body(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def raw_body(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def sheets_in(content: bytes) -> list[list[list[str]]]:
    """The cells of every sheet as texts."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/"))
        return [rows_in(ElementTree.fromstring(book.read(name))) for name in names]


def rows_in(sheet: ElementTree.Element) -> list[list[str]]:
    return [cells_in(row) for row in sheet.iter(f"{SHEET}row")]


def cells_in(row: ElementTree.Element) -> list[str]:
    """By column; an empty cell is not written at all."""
    cells = {cell.get("r").rstrip("0123456789"): "".join(cell.itertext()) for cell in row}
    return [cells.get(column, "") for column in ascii_uppercase[: len(formats.COLUMNS)]]


def events_in(response, chosen: str) -> list:
    if chosen == "parquet":
        return parquet.read_table(io.BytesIO(raw_body(response))).to_pylist()
    if chosen == "xlsx":
        [[names, *rows]] = sheets_in(raw_body(response))
        return [dict(zip(names, row, strict=True)) for row in rows]
    text = body(response)
    if chosen == "json":
        return json.loads(text)["events"]
    if chosen == "ndjson":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("chosen", list(formats.FORMATS))
def test_every_event_is_there_oldest_first_over_many_pages(ask, session, monkeypatch, chosen):
    monkeypatch.setattr(formats, "PAGE", 3)
    made = [str(event.id) for event in make_events(session, 7, text='a "word",\nand more')]
    response = ask(format=chosen)
    assert response["Content-Disposition"].startswith('attachment; filename="ada-')
    assert response["Content-Disposition"].endswith(f'.{chosen}"')
    events = events_in(response, chosen)
    assert [str(event["id"]) for event in events] == made
    assert {event["text"] for event in events} == {'a "word",\nand more'}


@pytest.mark.parametrize("chosen", list(formats.FORMATS))
def test_a_session_without_events_is_an_empty_file(ask, chosen):
    assert events_in(ask(format=chosen), chosen) == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\uff1d1"])
def test_no_text_becomes_a_formula(ask, session, text):
    make_event(session, text, nickname=text)
    [event] = events_in(ask(format="csv"), "csv")
    assert event["text"] == event["nickname"] == f"'{text}"


def test_the_filters_of_the_list_apply(ask, session):
    make_event(session, "hello")
    make_event(session, category="gift")
    assert [event["text"] for event in events_in(ask(type="chat"), "json")] == ["hello"]


def test_bad_input_strangers_and_unknown_sessions(ask, client, session, program):
    assert ask(format="exe").status_code == 400
    assert client.get(f"/api/sessions/{session.id}/export").status_code == 401
    unknown = "/api/sessions/00000000-0000-0000-0000-000000000000/export"
    assert client.get(unknown, headers=program("read")).status_code == 404


def test_a_formula_is_a_text_in_a_spreadsheet(ask, session):
    make_event(session, "=1+1\x01", nickname="https://example.com")
    content = raw_body(ask(format="xlsx"))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    assert b"=1+1" in sheet


def test_a_long_session_gets_more_sheets(ask, session, monkeypatch):
    monkeypatch.setattr(formats, "SHEET_ROWS", 4)
    made = make_events(session, 7)
    sheets = sheets_in(raw_body(ask(format="xlsx")))
    assert [len(sheet) for sheet in sheets] == [4, 4, 2]
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [str(each.id) for each in made]


def test_a_text_that_excel_could_not_hold_is_cut(ask, session):
    make_event(session, "x" * 40_000)
    [event] = events_in(ask(format="xlsx"), "xlsx")
    assert len(event["text"]) == formats.CELL_CHARACTERS


def test_parquet_has_types_and_row_groups(ask, session, monkeypatch):
    monkeypatch.setattr(formats, "PAGE", 2)
    monkeypatch.setattr(formats, "ROW_GROUP", 3)
    made = make_events(session, 9, user_id=7100000000000000001, data={"a": 1})
    file = parquet.ParquetFile(io.BytesIO(raw_body(ask(format="parquet"))))
    assert file.num_row_groups == 3
    row = file.read().to_pylist()[0]
    assert (row["id"], row["user_id"]) == (made[0].id, 7100000000000000001)
    assert abs(row["happened_at"] - made[0].happened_at) < timedelta(milliseconds=1)
    assert json.loads(row["data"]) == {"a": 1}


def test_a_missing_package_is_said_in_a_sentence(ask, monkeypatch):
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None)
    response = ask(format="parquet")
    assert response.status_code == 400
    assert "pyarrow" in response.json()["detail"]


def test_events_of_a_time_are_exported(ask, session):
    early = make_event(session)
    late = make_event(session, happened_at=early.happened_at + timedelta(minutes=5))
    at = (early.happened_at + timedelta(minutes=1)).isoformat()
    for query, found in (({"since": at}, late), ({"until": at}, early)):
        assert [event["id"] for event in events_in(ask(format="json", **query), "json")] == [
            found.id
        ]
