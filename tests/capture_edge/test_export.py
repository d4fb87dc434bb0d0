"""GET /api/sessions/<id>/export"""

import csv
import io
import json

import pytest

from apps.capture import export
from tests.capture_edge.making import make_event, make_events


@pytest.fixture
def ask(client, session, program):
    headers = program("read")

    def get(**query):
        return client.get(f"/api/sessions/{session.id}/export", query, headers=headers)

    return get


def body(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def events_in(response, chosen: str) -> list:
    text = body(response)
    if chosen == "json":
        return json.loads(text)["events"]
    if chosen == "ndjson":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("chosen", ["json", "ndjson", "csv"])
def test_every_event_is_there_oldest_first_over_many_pages(ask, session, monkeypatch, chosen):
    monkeypatch.setattr(export, "PAGE", 3)
    made = [str(event.id) for event in make_events(session, 7, text='a "word",\nand more')]
    response = ask(format=chosen)
    assert response["Content-Disposition"].startswith('attachment; filename="ada-')
    assert response["Content-Disposition"].endswith(f'.{chosen}"')
    events = events_in(response, chosen)
    assert [str(event["id"]) for event in events] == made
    assert {event["text"] for event in events} == {'a "word",\nand more'}


@pytest.mark.parametrize("chosen", ["json", "ndjson", "csv"])
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
