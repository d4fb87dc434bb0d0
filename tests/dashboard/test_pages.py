"""The dashboard's pages, without a browser."""

import re

import pytest

from apps.capture import services
from apps.capture.models import Session
from tests.capture_edge.making import make_event, make_session

PATHS = [
    f"/dashboard/{name}"
    for name in (
        "",
        "history/",
        "streamers/",
        "streamers/ada/",
        "compare/",
        "exports/",
        "overlays/",
    )
]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)


@pytest.fixture
def browser(client, operator):
    client.force_login(operator.user)
    return client


def test_the_first_page_leads_to_the_sign_in(client):
    assert client.get("/").url == "/admin/login/?next=/"


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_others_than_operators_are_sent_to_the_sign_in(client, stranger, who):
    session = make_session("ada")
    if who == "stranger":
        client.force_login(stranger.user)
    for path in (*PATHS, f"/dashboard/sessions/{session.id}/"):
        assert client.get(path).url.startswith("/admin/login/?next=/dashboard/")
    for path in ("/dashboard/start", f"/dashboard/sessions/{session.id}/stop"):
        client.post(path, {"username": "eve"})
    session.refresh_from_db()
    assert (Session.objects.count(), session.stop_requested_at) == (1, None)


def test_sessions_are_listed_the_running_ones_apart(browser, django_assert_num_queries):
    make_session("ada")
    make_session("bob", status="ended")
    with django_assert_num_queries(5):  # browser's session, operator, second factor, running, ended
        page = browser.get("/dashboard/").content.decode()
    assert page.index("@ada") < page.index("Ended") < page.index("@bob")


def test_what_runs_stands_in_the_order_in_which_the_page_asks_for_it_again(browser):
    for number in range(4):
        make_session(f"number{number}")
    shown = [str(each.pk) for each in browser.get("/dashboard/").context["running"]]
    asked = browser.get("/api/sessions?status=open&limit=100").json()["sessions"]
    assert shown == [each["id"] for each in asked]


def test_without_a_script_times_say_that_they_are_in_utc(browser):
    make_session("ada", status="ended")
    text = browser.get("/dashboard/history/").content.decode()
    assert re.search(r"<time datetime=\"[^\"]+\">\d+ \w+ \d{4}, \d\d:\d\d UTC</time>", text)


def test_only_the_latest_ended_sessions_stand_on_the_first_page(browser):
    for number in range(10):
        make_session(f"number{number}", status="ended")
    page = browser.get("/dashboard/")
    assert [each.streamer.username for each in page.context["ended"]] == [
        f"number{number}" for number in range(9, 1, -1)
    ]
    assert b"/dashboard/history/" in page.content


def test_a_first_time_user_is_told_what_to_do(browser):
    page = browser.get("/dashboard/").content
    assert b"Name a streamer" in page
    assert b"Watch it happen" in page


def test_the_demo_streamer_is_offered_where_there_is_one(browser, settings):
    settings.DEMO_WEBCAST_URL = ""
    assert b"demo streamer" not in browser.get("/dashboard/").content
    settings.DEMO_WEBCAST_URL = "http://127.0.0.1:8084"
    assert b"demo streamer" in browser.get("/dashboard/").content


def test_a_name_begins_a_session_and_shows_it(browser):
    response = browser.post("/dashboard/start", {"username": "@Ada"})
    session = Session.objects.get()
    assert session.streamer.username == "ada"
    assert response.url == f"/dashboard/sessions/{session.id}/"


def test_a_streamer_who_is_captured_already_is_shown(browser):
    session = make_session("ada")
    response = browser.post("/dashboard/start", {"username": "ada"}, follow=True)
    assert response.redirect_chain == [(f"/dashboard/sessions/{session.id}/", 302)]
    assert b"being captured already" in response.content


def test_a_wrong_name_is_explained(browser):
    page = browser.post("/dashboard/start", {"username": "no spaces"}, follow=True).content
    assert b"A TikTok name has 2 to 30 letters" in page
    assert not Session.objects.exists()


def test_a_session_is_stopped(browser):
    session = make_session("ada")
    browser.post(f"/dashboard/sessions/{session.id}/stop")
    session.refresh_from_db()
    assert session.stop_requested_at is not None


def test_the_session_page_holds_a_snapshot_that_can_not_end_its_script(
    browser, django_assert_num_queries
):
    session = make_session("ada")
    make_event(session, "</script><script>alert(1)</script>")
    with django_assert_num_queries(6):  # session, operator, second factor, capture, events, JSON
        page = browser.get(f"/dashboard/sessions/{session.id}/").content.decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page


def test_pages_may_load_nothing_but_our_own_files(browser):
    session = make_session("ada")
    for path in (*PATHS, f"/dashboard/sessions/{session.id}/"):
        response = browser.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "no-store" in response["Cache-Control"]
        for inline in (b"onclick", b"<style", b"style=", b"<script>"):
            assert inline not in response.content


def test_an_unknown_session_is_a_404(browser):
    assert (
        browser.get("/dashboard/sessions/00000000-0000-0000-0000-000000000000/").status_code == 404
    )
