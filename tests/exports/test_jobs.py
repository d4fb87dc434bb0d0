"""Exports that are made in the background: /api/sessions/<id>/exports and /api/exports"""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from apps.exports import formats, services
from apps.exports.models import Export
from tests.capture_edge.making import make_event, make_events


@pytest.fixture
def queue(monkeypatch):
    """Ids that were given to the workers."""
    ids = []
    monkeypatch.setattr(services, "enqueue", ids.append)
    return ids


@pytest.fixture
def ask_for(client, session, program, queue, django_capture_on_commit_callbacks):
    def post(scope="read", **body):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(
                f"/api/sessions/{session.id}/exports",
                body,
                content_type="application/json",
                headers=program(scope),
            )

    return post


@pytest.fixture
def look(client, program):
    headers = program("read")
    return lambda path: client.get(f"/api/{path}", headers=headers)


def make(response) -> Export:
    """What the worker does."""
    export = Export.objects.get(pk=response.json()["id"])
    services.make_export(export.pk)
    export.refresh_from_db()
    return export


def test_a_file_is_asked_for_made_and_downloaded(ask_for, look, session, queue):
    made = make_events(session, 3, text="hello")
    asked = ask_for(format="csv")
    assert asked.status_code == 202
    assert asked.json()["status"] == "waiting"
    assert asked.json()["url"] == ""
    assert [str(each) for each in queue] == [asked.json()["id"]]

    make(asked)
    shown = look(f"exports/{asked.json()['id']}").json()
    assert (shown["status"], shown["rows"], shown["total"]) == ("done", 3, 3)
    assert (shown["username"], shown["session_id"]) == ("ada", str(session.id))
    response = look(shown["url"].removeprefix("/api/"))
    content = b"".join(response.streaming_content)
    assert len(content) == shown["size"]
    assert content.decode("utf-8-sig").count("hello") == len(made)
    assert 'filename="ada-' in response["Content-Disposition"]


@pytest.mark.parametrize("chosen", list(formats.FORMATS))
def test_every_format_is_made(ask_for, session, chosen):
    make_events(session, 2)
    export = make(ask_for(format=chosen))
    assert (export.status, export.rows) == ("done", 2)
    assert export.size > 0


def test_filters_are_kept(ask_for, look, session):
    make_event(session, "hello")
    make_event(session, "bye", category="gift")
    asked = ask_for(format="ndjson", type="gift", text="bye", since="2020-01-01T00:00:00Z")
    assert make(asked).rows == 1
    assert asked.json()["filters"]["types"] == ["gift"]


def test_progress_is_noted_on_the_way(ask_for, session, monkeypatch):
    monkeypatch.setattr(formats, "PAGE", 2)
    monkeypatch.setattr(services, "TOUCH_EVERY_ROWS", 2)
    make_events(session, 6)
    seen = []
    touch = services.touch
    monkeypatch.setattr(
        services, "touch", lambda export, **values: (seen.append(values), touch(export, **values))
    )
    make(ask_for(format="ndjson"))
    assert [values["rows"] for values in seen if set(values) == {"rows"}] == [2, 4, 6]


def test_a_cancelled_export_stops_and_leaves_no_file(ask_for, session, monkeypatch):
    monkeypatch.setattr(formats, "PAGE", 2)
    monkeypatch.setattr(services, "TOUCH_EVERY_ROWS", 2)
    make_events(session, 6)
    asked = ask_for(format="ndjson")
    export = Export.objects.get()

    def cancel_after_the_first(session, pages):
        yield bytes(len(next(pages)))
        services.cancel(export)
        yield from (bytes(len(page)) for page in pages)

    ndjson = formats.FORMATS["ndjson"]._replace(write=cancel_after_the_first)
    monkeypatch.setitem(formats.FORMATS, "ndjson", ndjson)
    assert make(asked).status == "cancelled"
    assert not storages["private"].exists(f"exports/{export.pk}.ndjson")


def test_a_failure_is_a_sentence(ask_for, session, monkeypatch):
    def fail(session, pages):
        raise OSError("the disk is full")
        yield

    monkeypatch.setitem(formats.FORMATS, "csv", formats.FORMATS["csv"]._replace(write=fail))
    export = make(ask_for(format="csv"))
    assert (export.status, export.error) == ("failed", "The file could not be written.")


def test_two_workers_make_one_file(ask_for, session):
    make_event(session)
    export = make(ask_for(format="csv"))
    before = export.finished_at
    services.make_export(export.pk)
    export.refresh_from_db()
    assert export.finished_at == before


def test_an_export_whose_worker_is_gone_is_named_again(ask_for, session, queue):
    make_event(session)
    asked = ask_for(format="csv")
    services.enqueue_forgotten()
    assert len(queue) == 1
    Export.objects.update(status="running", touched_at=timezone.now() - timedelta(hours=1))
    services.enqueue_forgotten()
    assert len(queue) == 2
    assert make(asked).status == "done"


def test_old_files_are_removed(ask_for, session):
    make_event(session)
    export = make(ask_for(format="csv"))
    assert services.remove_old() == 0
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert services.remove_old() == 1
    assert not storages["private"].exists(export.file)


def test_a_session_that_is_deleted_takes_its_files_along(ask_for, session):
    export = make(ask_for(format="csv"))
    session.delete()
    assert services.remove_old() == 1
    assert not storages["private"].exists(export.file)


def test_too_many_exports_are_a_429(ask_for, session, monkeypatch):
    monkeypatch.setattr(services, "MAX_OPEN", 1)
    assert ask_for(format="csv").status_code == 202
    refused = ask_for(format="csv")
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("1 exports are waiting already.")


@pytest.mark.parametrize("body", [{"format": "doc"}, {"since": "x"}, {"after": -1}])
def test_bad_input_is_a_400(ask_for, body):
    assert ask_for(**body).status_code == 400
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    "path", ["exports/nonsense", f"exports/{'0' * 32}", f"exports/{'0' * 32}/file"]
)
def test_an_unknown_export_is_a_404(look, path):
    assert look(path).status_code == 404


def test_an_export_that_is_not_ready_has_no_file(ask_for, look, session):
    assert look(f"exports/{ask_for(format='csv').json()['id']}/file").status_code == 404


def test_only_a_writing_key_removes(client, ask_for, look, program, session):
    make_event(session)
    export = make(ask_for(format="csv"))
    path = f"/api/exports/{export.pk}"
    assert client.delete(path, headers=program("read")).status_code == 403
    assert client.delete(path, headers=program("write")).status_code == 204
    assert not storages["private"].exists(export.file)
    assert look(f"exports/{export.pk}").status_code == 404
    assert look("exports").json() == {"exports": []}


def test_a_stranger_sees_no_export(client, ask_for, browser_of, stranger, session):
    make_event(session)
    export = make(ask_for(format="csv"))
    paths = [
        f"/api/exports/{export.pk}/file",
        "/api/exports",
        f"/api/sessions/{session.id}/exports",
    ]
    assert {client.get(path).status_code for path in paths} == {401}
    browser = browser_of(stranger)
    assert {browser.get(path).status_code for path in paths} == {403}
    posted = browser.post(paths[2], {"format": "csv"}, content_type="application/json")
    assert posted.status_code == 403


def test_an_operator_asks_in_the_browser(browser_of, operator, session, queue):
    browser = browser_of(operator)
    path = f"/api/sessions/{session.id}/exports"
    asked = browser.post(path, {"format": "xlsx"}, content_type="application/json")
    assert asked.status_code == 202
    assert Export.objects.get().requested_by == operator.user
    assert [each["format"] for each in browser.get(path).json()["exports"]] == ["xlsx"]
    assert browser.get("/admin/exports/export/").status_code == 200
