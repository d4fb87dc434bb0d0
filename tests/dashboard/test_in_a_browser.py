"""The dashboard in Chromium, behind the real entry: Caddy, the web pages, the stream process."""

import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from django.db import connection
from playwright.sync_api import expect, sync_playwright

from apps.capture import services
from apps.capture.models import Session
from tests.browser import CHROMIUM, chromium
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import (
    announce,
    free_port,
    stream_process,
    wait_until_it_answers,
)

ROOT = Path(__file__).resolve().parent.parent.parent
CADDY = shutil.which("caddy") or str(ROOT / ".venv/bin/caddy")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on PATH"),
    pytest.mark.skipif(not Path(CADDY).exists(), reason="no Caddy (uv sync --extra embedded)"),
]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)


@pytest.fixture
def entry(live_server, tmp_path, monkeypatch):
    """One address for pages and streams, as in ./scripts/run."""
    # The live server's threads must let go of the database, which is dropped at the end.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with stream_process() as stream:
        port = free_port()
        environment = os.environ | {
            "SITE_ADDRESS": f"http://127.0.0.1:{port}",
            "WEB_UPSTREAM": live_server.url.removeprefix("http://"),
            "STREAM_UPSTREAM": stream.removeprefix("http://"),
            "MEDIA_ROOT": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        }
        process = subprocess.Popen(
            [CADDY, "run", "--config", str(ROOT / "config/Caddyfile")], env=environment
        )
        try:
            wait_until_it_answers(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def page(entry, client, operator):
    """A page of the operator's browser; whatever it complains about fails the test."""
    client.force_login(operator.user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": entry}
    complaints = []
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(base_url=entry)
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def test_an_operator_captures_a_live_and_sees_it_happen(page):
    page.goto("/dashboard/")
    page.get_by_placeholder("@name").fill("@Ada")
    page.get_by_role("button", name="Start capture").click()
    expect(page.get_by_role("heading", name="@ada")).to_be_visible()
    expect(page.locator("#link")).to_have_text("● following")
    session = Session.objects.get()

    Session.objects.filter(pk=session.pk).update(
        status="live", status_detail="Connected.", viewers=1234, counters={"chat": 1}
    )
    make_event(session, "<b>hello</b> <img src=x onerror=alert(1)>", nickname="Bob")
    announce(session)
    expect(page.locator("#feed li")).to_contain_text("Bob<b>hello</b> <img")
    expect(page.locator("#status")).to_have_text("live")
    expect(page.locator("[data-field=viewers]")).to_have_text("1,234")

    page.get_by_role("button", name="Stop capture").click()
    expect(page.get_by_role("button", name="Stop capture")).to_be_disabled()
    session.refresh_from_db()
    assert session.stop_requested_at is not None

    Session.objects.filter(pk=session.pk).update(status="ended", status_detail="Ended.")
    announce(session)
    expect(page.locator("#status")).to_have_text("ended")
    expect(page.locator("#link")).to_have_text("ended")


def test_events_are_filtered_by_type_and_paused(page):
    session = make_session("ada", counters={"chat": 3, "gift": 1})
    make_events(session, 3, text="hello", nickname="Bob")
    gift = {"category": "gift", "type": "WebcastGiftMessage", "data": {"diamonds": 5}}
    make_event(session, "5 x Rose", nickname="Eve", **gift)
    page.goto(f"/dashboard/sessions/{session.id}/")
    rows = page.locator("#feed li")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("5 x Rose")

    page.get_by_role("button", name="gift 1").click()
    expect(rows).to_have_count(1)
    expect(page.locator("#link")).to_have_text("● following")
    make_event(session, "hidden")
    make_event(session, "6 x Rose", nickname="Eve", **gift)
    announce(session)
    expect(rows).to_have_count(2)

    page.get_by_role("button", name="all", exact=True).click()
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Pause").click()
    make_event(session, "later")
    announce(session)
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Resume").click()
    expect(rows).to_have_count(7)


def test_the_entry_hands_streams_to_the_stream_process(entry):
    session = make_session("ada")
    response = httpx.get(f"{entry}/api/sessions/{session.id}/stream")
    assert response.status_code == 401
    assert response.json() == {"detail": "Sign in as an operator, or send an API key."}
