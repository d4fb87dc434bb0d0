"""manage.py doctor and its page: every check, and what comes of them."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from apps.operations import doctor
from apps.operations.doctor.findings import Finding, Level, Wishes
from tests.cast import Person
from tests.operations.doctor.looking import NOBODY


def only(monkeypatch: pytest.MonkeyPatch, look: Callable) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [doctor.Check("thing", look)])


def test_the_command_says_everything_and_ends_with_an_error_if_something_is_wrong() -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as end:  # beat does not run here
        call_command("doctor", stdout=out)
    assert end.value.code == 1
    for check in doctor.CHECKS:
        assert f" {check.name}" in out.getvalue()
    assert "-> Start exactly one: celery -A config beat (Procfile)." in out.getvalue()


def test_warnings_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda wishes: [Finding(Level.WARNING, "So so.", "Do better.")])
    out = StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue().endswith("1 checks: 0 wrong, 1 with warnings.\n")


def test_programs_get_json(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda wishes: [Finding(Level.WRONG, "Broken.", "Mend it.")])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)
    finding = {"level": "wrong", "said": "Broken.", "mend": "Mend it."}
    assert json.loads(out.getvalue()) == {
        "ok": False,
        "checks": [{"check": "thing", "level": "wrong", "findings": [finding]}],
    }


def test_a_report_is_as_bad_as_its_worst_finding() -> None:
    def level(*found: Level) -> Level:
        return doctor.Report("thing", [Finding(each, "") for each in found]).level

    assert level(Level.OK, Level.SKIPPED) is Level.OK
    assert level(Level.SKIPPED) is Level.SKIPPED
    assert level(Level.OK, Level.WRONG, Level.WARNING) is Level.WRONG
    assert level(Level.OK, Level.WARNING) is Level.WARNING


def test_a_check_that_fails_is_a_finding_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(wishes: Wishes) -> list[Finding]:
        raise ConnectionError("postgres://clipcast:hunter2@db/clipcast refused")

    only(monkeypatch, fail)
    [report] = doctor.examine(NOBODY)
    assert report.level is Level.WRONG
    assert report.findings[0].said.startswith("ConnectionError: postgres://clipcast:[hidden]@")


def test_the_page_looks_when_it_is_asked_to(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(wishes: Wishes) -> list[Finding]:
        looks.append(1)
        return [Finding(Level.WRONG, "The frobnicator is away.", "Start it.")]

    only(monkeypatch, look)
    assert b"frobnicator" not in desk.get("/admin/doctor/").content
    assert looks == []
    page = desk.post("/admin/doctor/", follow=True).content
    assert b"The frobnicator is away." in page
    assert b"Start it." in page
    desk.get("/admin/doctor/")
    assert looks == [1]


def test_the_page_shows_what_it_found_while_valkey_is_away(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise redis.ConnectionError("refused")

    only(monkeypatch, lambda wishes: [Finding(Level.WRONG, "Valkey is away.", "Start it.")])
    monkeypatch.setattr(cache, "set", away)
    monkeypatch.setattr(cache, "get", away)
    page = desk.post("/admin/doctor/")
    assert (page.status_code, b"Valkey is away." in page.content) == (200, True)
    assert desk.get("/admin/doctor/").status_code == 200


def test_the_menu_leads_to_the_page(desk: Client) -> None:
    assert b'href="/admin/doctor/"' in desk.get("/admin/").content


def test_the_page_is_for_admins(client: Client, operator: Person) -> None:
    assert client.post("/admin/doctor/").status_code == 302
    operator.user.is_superuser = False
    operator.user.save(update_fields=["is_superuser"])
    client.force_login(operator.user)
    assert client.get("/admin/doctor/").status_code == 403
    assert client.post("/admin/doctor/").status_code == 403


def test_every_check_is_explained() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/operators/doctor.md").read_text()
    for check in doctor.CHECKS:
        assert f"| {check.name} |" in page
