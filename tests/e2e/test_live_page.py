"""The page of a live in Chromium, behind the real entry: Caddy, the pages, the stream process."""

import re

import httpx
from playwright.sync_api import expect

from apps.capture import selectors
from apps.capture.models import Session
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import announce


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
