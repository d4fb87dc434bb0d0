"""From "Go live" to a picture that moves: a real MediaMTX, ffmpeg as the phone, a real browser."""

import pytest
from django.db import connection
from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, chromium
from tests.live import test_with_mediamtx as live

processes, stack = live.processes, live.stack
pytestmark = [
    *live.pytestmark,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on PATH: no live room was seen to play"),
]
WAIT_MS = 90_000
MOVES = "() => { const v = document.querySelector('video'); return v && v.currentTime > 1; }"
HEARD = "() => document.querySelector('video').webkitAudioDecodedByteCount"


def test_an_operator_sees_and_hears_a_room_that_is_live(
    stack, live_server, client, phone, owner, operator, monkeypatch
):
    # The live server's threads must let go of the database, which is dropped at the end.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    streaming = live.go_live(phone, owner, title="Sunset", privacy="private")
    live.on_air(stack, streaming)
    client.force_login(operator.user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([cookie | {"url": live_server.url}])
        page = context.new_page()
        page.goto("/dashboard/rooms/")
        page.wait_for_function(MOVES, timeout=WAIT_MS)
        page.wait_for_function(f"() => ({HEARD})() > 0", timeout=WAIT_MS)
        assert page.get_by_role("heading", name="Sunset").is_visible()
        browser.close()
    assert live.reconciled(stack, streaming).viewers_now == 0, "operators are no viewers"
