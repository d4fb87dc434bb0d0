"""The page of a live in Chromium, behind the real entry: Caddy, the pages, the stream process."""

import re
from datetime import UTC, datetime

import httpx
from playwright.sync_api import expect

from apps.capture import selectors
from apps.capture.models import Gap, Session
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import announce
from tests.e2e.making import make_rich_session


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


def test_events_are_searched_by_text_and_by_person(page):
    session = make_session("ada", counters={"chat": 4})
    bob = {"user_id": 1, "unique_id": "bob", "nickname": "Bob"}
    eve = {"user_id": 2, "unique_id": "eve", "nickname": "Eve"}
    make_event(session, "a red rose", **bob)
    make_event(session, "a tulip", **eve)
    page.goto(f"/dashboard/sessions/{session.id}/")
    rows = page.locator("#feed li")
    expect(rows).to_have_count(2)
    search = page.get_by_role("searchbox", name="Search text, or @name for one person")
    search.fill("ROSE")
    expect(rows).to_have_count(1)
    expect(page.locator("#link")).to_have_text("● following")
    make_event(session, "no such flower", **eve)
    make_event(session, "another rose", **eve)
    announce(session)
    expect(rows).to_have_count(2)
    search.fill("@eve")
    expect(rows).to_have_count(3)
    search.fill("nothing like this")
    expect(page.get_by_text("No event matches.")).to_be_visible()


def test_a_search_looks_through_a_long_session_part_by_part(page, monkeypatch):
    monkeypatch.setattr(selectors, "SEARCH_WINDOW", 4)
    session = make_session("ada", status="ended")
    make_event(session, "a red rose")
    make_events(session, 20, text="hello")
    page.goto(f"/dashboard/sessions/{session.id}/")
    page.get_by_role("searchbox").fill("rose")
    expect(page.locator("#feed li")).to_have_text([re.compile("a red rose")])


def test_older_events_are_shown_on_demand(page):
    session = make_session("ada")
    make_events(session, 130, text="hello")
    page.goto(f"/dashboard/sessions/{session.id}/")
    rows = page.locator("#feed li")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Show older events").click()
    expect(rows).to_have_count(130)
    expect(page.get_by_role("button", name="Show older events")).to_be_hidden()


def test_the_page_follows_again_after_a_restart(open_page):
    """A browser's EventSource gives up at the first 502."""
    page = open_page(may_complain=True)
    session = make_session("ada")
    page.route("**/stream?*", lambda route: route.fulfill(status=502))
    page.goto(f"/dashboard/sessions/{session.id}/")
    expect(page.locator("#link")).to_have_text("Reconnecting…")
    page.unroute("**/stream?*")
    expect(page.locator("#link")).to_have_text("● following")
    make_event(session, "hello again", nickname="Bob")
    announce(session)
    expect(page.locator("#feed li")).to_contain_text("hello again")


def test_who_may_watch_no_longer_is_told_to_reload(open_page):
    page = open_page(may_complain=True)
    session = make_session("ada")
    page.route("**/stream?*", lambda route: route.fulfill(status=401))
    page.route(f"**/api/sessions/{session.id}", lambda route: route.fulfill(status=401))
    page.goto(f"/dashboard/sessions/{session.id}/")
    expect(page.locator("#link")).to_have_text("The stream is closed. Reload the page.")


def canvas(page) -> str:
    return page.evaluate("() => document.querySelector('#chart-rate canvas').toDataURL()")


def test_counters_and_charts_move_while_it_is_live(page):
    session = make_rich_session()
    page.goto(f"/dashboard/sessions/{session.id}/")
    expect(page.locator("#peak-minute")).to_contain_text("3 at")
    before = canvas(page)
    make_events(session, 40, text="hello")
    Session.objects.filter(pk=session.pk).update(counters={"chat": 46})
    announce(session)
    expect(page.locator("[data-counter=chat]")).to_have_text("46")
    expect(page.locator("#peak-minute")).to_contain_text("40 at")
    assert canvas(page) != before


def test_times_are_the_reader_s_own_with_the_day_unless_it_is_today(open_page):
    page = open_page(timezone_id="America/New_York", locale="en-GB")
    page.clock.set_fixed_time("2026-02-01T17:00:00Z")
    today, before = datetime(2026, 2, 1, 15, 30, tzinfo=UTC), datetime(2026, 2, 1, 3, 5, tzinfo=UTC)
    session = make_session("ada", status="ended", ended_at=today, started_at=before)
    Session.objects.filter(pk=session.pk).update(created_at=before, last_event_at=today)
    Gap.objects.create(session=session, from_at=before, to_at=today, cause="silence")
    make_event(session, "late", happened_at=before)
    make_event(session, "early", happened_at=today)
    page.goto(f"/dashboard/sessions/{session.id}/")
    expect(page.locator(".page-head time")).to_have_text("31 Jan, 22:05")
    expect(page.locator("#feed time")).to_have_text(["10:30:00", "31 Jan, 22:05:00"])
    expect(page.locator("#last-event")).to_have_text("10:30:00")
    expect(page.locator("#gaps strong")).to_have_text("31 Jan, 22:05:00 · 12 h 25 min")
    page.goto("/dashboard/history/")
    expect(page.locator("tbody time")).to_have_text("31 Jan, 22:05")


def test_cards_are_fresh_while_a_name_is_typed(page):
    session = make_session("ada")
    page.goto("/dashboard/")
    page.get_by_placeholder("@name").fill("x")
    make_session("bob")
    Session.objects.filter(pk=session.pk).update(viewers=1234)
    expect(page.locator(".card [data-field=viewers]")).to_have_text("1,234")
    expect(page.get_by_placeholder("@name")).to_have_value("x")
