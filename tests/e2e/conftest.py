"""The real entry (Caddy, pages, stream process), started once; a browser; a page a test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import expect, sync_playwright

from apps.capture import services
from tests.browser import CHROMIUM, chromium
from tests.capture_edge.stream_client import free_port, stream_process, wait_until_it_answers

ROOT = Path(__file__).resolve().parent.parent.parent
CADDY = str(Path(sys.executable).with_name("caddy"))
PATIENCE_MS = 60_000
MARKS = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on PATH"),
    pytest.mark.skipif(not Path(CADDY).exists(), reason="no Caddy (uv sync --extra embedded)"),
]
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            for mark in MARKS:
                item.add_marker(mark)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)


@pytest.fixture(scope="session")
def entry(live_server, tmp_path_factory):
    """One address for pages and streams, as in ./scripts/run."""
    # The live server's threads must let go of the database, which is dropped at the end.
    connection.settings_dict["CONN_MAX_AGE"] = 0
    folder = tmp_path_factory.mktemp("caddy")
    with stream_process() as stream:
        port = free_port()
        environment = os.environ | {
            "SITE_ADDRESS": f"http://127.0.0.1:{port}",
            "WEB_UPSTREAM": live_server.url.removeprefix("http://"),
            "STREAM_UPSTREAM": stream.removeprefix("http://"),
            "MEDIA_ROOT": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
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


@pytest.fixture(scope="module")
def browser():
    """No longer than its module: Playwright's event loop runs in this thread all the while, and
    other tests begin loops of their own."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_page(entry, browser, client, operator):
    """Opens pages, signed in or not; whatever they complain about fails the test."""
    contexts, complaints = [], []

    def new(*, signed_in=True, may_complain=False, **options):
        context = browser.new_context(base_url=entry, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if signed_in:
            client.force_login(operator.user)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": entry}])
        page = context.new_page()
        if not may_complain:
            page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page):
    """A page of the operator's browser."""
    return open_page()
