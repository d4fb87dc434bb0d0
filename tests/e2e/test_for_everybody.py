"""Phone, dark mode, keyboard and screen reader: every page of the dashboard."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.overlays.services import create_overlay
from tests.capture_edge.making import make_session
from tests.e2e.making import make_rich_session

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def paths() -> list[str]:
    """Every page, with something on it."""
    session = make_rich_session()
    past = make_rich_session(status="ended", ended_at=timezone.now())
    make_session("bob", status="failed", status_detail="TikTok knows no @bob who can go live.")
    create_overlay(kind="goal", streamer=past.streamer, name="main scene")
    return [
        "/dashboard/",
        f"/dashboard/sessions/{session.id}/",
        "/dashboard/history/",
        "/dashboard/streamers/",
        "/dashboard/streamers/star/",
        f"/dashboard/compare/?session={session.id}&session={past.id}",
        "/dashboard/overlays/",
        "/dashboard/exports/",
    ]


def violations(page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, iframes: false})", RULES)[
        "violations"
    ]
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:300]}"
        for each in found
        for node in each["nodes"]
    ]


def complaints_by_scheme(page) -> dict[str, list[str]]:
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = violations(page)
    return found


NOTHING: dict[str, list[str]] = {"light": [], "dark": []}


def test_axe_finds_nothing_to_complain_about_in_light_and_dark(open_page, paths):
    page = open_page(reduced_motion="reduce")
    complaints = {}
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if "sessions/" in path:
            expect(page.locator("#chart-rate canvas")).to_be_visible()
        complaints[path] = complaints_by_scheme(page)
    assert {path: found for path, found in complaints.items() if found != NOTHING} == {}


def test_axe_has_nothing_against_the_open_dialog_of_exports(open_page):
    page = open_page(reduced_motion="reduce")
    session = make_rich_session()
    page.goto(f"/dashboard/sessions/{session.id}/")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Only some events").click()
    expect(page.get_by_label("Person", exact=True)).to_be_visible()
    assert complaints_by_scheme(page) == NOTHING


def test_axe_has_nothing_against_overlays(open_page):
    """With made-up events, and as OBS opens them."""
    page = open_page(reduced_motion="reduce")
    session = make_rich_session()
    shown = {"alerts": ".alert", "goal": ".fill", "gifters": ".gifters li", "chat": ".chat li"}
    complaints = {}
    for kind, part in shown.items():
        page.goto(f"/dashboard/overlays/preview/{kind}/")
        expect(page.locator(part).first).to_be_visible()
        complaints["preview", kind] = complaints_by_scheme(page)
        _, token = create_overlay(kind=kind, session=session)
        page.goto(f"/overlay/{token}/")
        expect(page.locator("html")).to_have_attribute("data-session", str(session.id))
        complaints["overlay", kind] = complaints_by_scheme(page)
    assert {where: found for where, found in complaints.items() if found != NOTHING} == {}


def test_nothing_is_wider_than_a_phone(open_page, paths):
    page = open_page(viewport=PHONE)
    widths = {}
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}


def colour_of_the_page(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_it_is_chosen(open_page):
    page = open_page(color_scheme="dark")
    page.goto("/dashboard/")
    dark = colour_of_the_page(page)
    page.emulate_media(color_scheme="light")
    light = colour_of_the_page(page)
    assert dark != light
    page.get_by_role("button", name="Theme: auto").click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert colour_of_the_page(page) == dark
    page.goto("/dashboard/history/")
    assert colour_of_the_page(page) == dark


def test_everything_is_reached_by_the_keyboard(page):
    session = make_rich_session()
    page.goto(f"/dashboard/sessions/{session.id}/")
    expect(page.locator("#feed li").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    export = page.get_by_role("button", name="Export")
    export.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Export events")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("radio", name="CSV")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Excel")).to_be_checked()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(export).to_be_focused()

    chip = page.get_by_role("button", name="chat 6")
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#feed li")).to_have_count(6)
