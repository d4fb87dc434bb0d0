"""The operators' pages in a browser: nothing it loads or does is against its security policy, for
what the console says of that fails the test (conftest.open_page)."""

from tests.cast import Person
from tests.e2e.making import make_rich_session

DASHBOARD = ["", "history/", "streamers/", "compare/", "exports/", "overlays/", "rooms/"]
ADMIN = [
    "",
    "users/user/",
    "users/user/add/",
    "videos/video/",
    "wallet/transfer/",
    "gifts/gift/add/",
]


def test_the_dashboard(page) -> None:
    session = make_rich_session()
    for path in (*DASHBOARD, f"sessions/{session.pk}/"):
        assert page.goto(f"/dashboard/{path}").ok, path
        page.wait_for_load_state("load")
        assert page.locator("h1, h2").first.is_visible()


def test_the_admin(page, owner: Person) -> None:
    for path in (*ADMIN, f"users/user/{owner.id}/change/"):
        assert page.goto(f"/admin/{path}").ok, path
        page.wait_for_load_state("load")
        # Alpine came up: it takes the marks away from what it has made.
        page.wait_for_function("() => window.Alpine !== undefined")
