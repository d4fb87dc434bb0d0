"""What an operator does on the dashboard, in Chromium behind the real entry."""

import csv
import threading
from pathlib import Path

import pytest
from django.db import close_old_connections, connections
from django.utils import timezone
from playwright.sync_api import expect

from apps.capture import services
from apps.capture.models import Session, Streamer
from apps.capture.webcast.demo import demo_rooms
from apps.capture.webcast.server import running
from apps.exports import formats
from apps.exports import services as exports
from tests.capture.conftest import InProcess
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import announce
from tests.e2e.making import make_rich_session

IS_DRAWN = """chart => {
    const canvas = chart.querySelector("canvas");
    if (!canvas) return false;
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some(value => value !== 0);
}"""


def wait_until_drawn(page, selector: str) -> None:
    expect(page.locator(f"{selector} canvas")).to_be_visible()
    page.wait_for_function(
        f"selector => ({IS_DRAWN})(document.querySelector(selector))", arg=selector
    )


@pytest.fixture
def demo(settings, monkeypatch):
    """The demo streamer and a capture worker, both in this process."""
    import apps.capture.tiktok  # noqa: F401 (its import takes seconds)

    with running(*demo_rooms()) as server:
        settings.DEMO_WEBCAST_URL = server.url
        worker = InProcess()
        monkeypatch.setattr(services, "enqueue", worker.begin)
        yield
        worker.worker.close()
        worker.wait_until_idle()


@pytest.fixture
def export_worker(monkeypatch):
    """Makes exports in a thread of this process."""
    threads = []

    def run(export_id) -> None:
        exports.make_export(export_id)
        connections.close_all()

    def begin(export_id) -> None:
        threads.append(threading.Thread(target=run, args=[export_id]))
        threads[-1].start()

    monkeypatch.setattr(exports, "enqueue", begin)
    yield
    for thread in threads:
        thread.join(timeout=30)
    close_old_connections()


def test_the_demo_streamer_is_checked_captured_and_watched(page, demo):
    page.goto("/dashboard/")
    name = page.get_by_placeholder("@name")
    check = page.locator("#live-check")
    name.fill("no spaces")
    expect(check).to_contain_text("A TikTok name has 2 to 30 letters")
    name.fill("demo_offline")
    expect(check).to_contain_text("@demo_offline is not live right now.")
    name.fill("@demo")
    expect(check).to_contain_text("@demo is live.")

    page.get_by_role("button", name="Watch the demo streamer").click()
    expect(page.locator("#status")).to_have_text("live")
    expect(page.locator("#feed li").nth(8)).to_be_visible()
    wait_until_drawn(page, "#chart-rate")
    expect(page.locator("#people")).not_to_have_text("–")
    page.get_by_role("button", name="Stop capture").click()
    expect(page.locator("#status")).to_have_text("ended")


def test_a_live_that_is_over_shows_charts_people_words_and_gaps(page):
    session = make_rich_session(status="ended", ended_at=timezone.now())
    page.goto(f"/dashboard/sessions/{session.id}/")
    for chart in ("#chart-rate", "#chart-viewers", "#chart-diamonds"):
        wait_until_drawn(page, chart)
    expect(page.locator("#top_chatters tr")).to_have_text(["Ada6"])
    expect(page.locator("#top_gifters tr")).to_have_text(["Ada40 ◆"])
    expect(page.locator("#top_likers tr")).to_have_text(["Ada30 ♥"])
    expect(page.locator("#words li").first).to_contain_text("lovely")
    expect(page.locator("#emoji li")).to_have_text(["🔥6"])
    expect(page.locator("#gaps li")).to_contain_text("The connection was lost.")
    expect(page.locator("#peak-minute")).to_contain_text("3 at")
    expect(page.locator("#link")).to_have_text("ended")


def test_lives_of_a_streamer_are_compared(page):
    for _ in range(3):
        make_rich_session(status="ended", ended_at=timezone.now())
    page.goto("/dashboard/streamers/")
    page.get_by_role("link", name="@star").click()
    wait_until_drawn(page, "#chart-viewers")
    page.get_by_role("checkbox").first.uncheck()
    page.get_by_role("button", name="Compare the chosen").click()
    wait_until_drawn(page, "#chart")
    expect(page.locator(".compare-table thead a")).to_have_count(2)
    page.get_by_label("Show").select_option("viewers")
    wait_until_drawn(page, "#chart")


def test_somebody_is_watched_by_a_switch(page):
    make_session("ada", status="ended")
    page.goto("/dashboard/streamers/")
    switch = page.get_by_role("switch", name="Watch @ada")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(page.get_by_text("watched from now on")).to_be_visible()
    assert Streamer.objects.get().watched
    page.reload()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_history_is_searched(page):
    for name in ("ada", "bob"):
        make_session(name, status="ended", ended_at=timezone.now())
    page.goto("/dashboard/history/")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Streamer").fill("bo")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_long_export_shows_how_far_it_is(open_page, export_worker, monkeypatch):
    """Here and on the list of exports; the worker halts until both were seen."""
    seen = threading.Event()
    pages_of = formats.pages_of

    def halting(session, where):
        for number, some in enumerate(pages_of(session, where)):
            if number == 1:
                assert seen.wait(120)
            yield some

    monkeypatch.setattr(formats, "PAGE", 2)
    monkeypatch.setattr(formats, "pages_of", halting)
    monkeypatch.setattr(exports, "TOUCH_EVERY_ROWS", 1)
    session = make_session("ada")
    make_events(session, 5, text="hello")
    page, other = open_page(), open_page()
    page.goto(f"/dashboard/sessions/{session.id}/")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator("#export-status")).to_have_text("2 of 5 events")
    bar = page.get_by_role("progressbar", name="Events written")
    expect(bar).to_have_js_property("value", 2)
    expect(bar).to_have_js_property("max", 5)
    other.goto("/dashboard/exports/")
    expect(other.get_by_role("progressbar")).to_have_js_property("value", 2)
    seen.set()
    expect(page.locator("#export-status")).to_contain_text("Ready: 5 events")
    expect(bar).to_be_hidden()
    expect(other.get_by_role("link", name="Download")).to_be_visible()


def test_some_events_are_exported_and_the_file_removed(page, export_worker):
    session = make_session("ada", counters={"chat": 2, "gift": 1})
    make_event(session, "hello")
    make_event(session, "5 x Rose", category="gift")
    page.goto(f"/dashboard/sessions/{session.id}/")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Only some events").click()
    page.get_by_label("gift", exact=True).check()
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator("#export-status")).to_contain_text("Ready: 1 events")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert [row["text"] for row in csv.DictReader(text.splitlines())] == ["5 x Rose"]
    page.goto("/dashboard/exports/")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No files yet.")).to_be_visible()


def test_an_overlay_follows_the_streamer_until_it_is_revoked(open_page):
    page = open_page()
    first = make_session("ada")
    page.goto("/dashboard/overlays/?streamer=ada")
    page.get_by_label("Name, for you").fill("main scene")
    page.get_by_role("button", name="Make the overlay").click()
    url = page.get_by_label("The overlay's address").input_value()

    overlay = open_page(signed_in=False, may_complain=True)  # of the 404 at its end
    overlay.goto(url)
    expect(overlay.locator("html")).to_have_attribute("data-session", str(first.id))
    assert background(overlay) == "rgba(0, 0, 0, 0)"
    lines = overlay.locator(".chat li")
    make_event(first, "<b>hello</b>", nickname="Bob")
    announce(first)
    expect(lines).to_have_text(["Bob<b>hello</b>"])

    Session.objects.filter(pk=first.pk).update(status="ended", ended_at=timezone.now())
    announce(first)
    second = make_session("ada")
    expect(overlay.locator("html")).to_have_attribute("data-session", str(second.id))
    make_event(second, "again", nickname="Bob")
    announce(second)
    expect(lines).to_have_count(2)

    page.get_by_role("button", name="Revoke main scene").click()
    expect(page.get_by_text("revoked", exact=True)).to_be_visible()
    expect(overlay.locator("#stage")).to_be_hidden()
    expect(lines).to_have_count(0)


def background(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_every_overlay_can_be_tried(page):
    shown = {"alerts": ".alert", "goal": ".fill", "gifters": ".gifters li", "chat": ".chat li"}
    for kind, part in shown.items():
        page.goto(f"/dashboard/overlays/preview/{kind}/")
        expect(page.locator(part).first).to_be_visible()
