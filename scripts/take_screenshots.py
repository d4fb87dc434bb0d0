"""Pictures of the pages for the docs: see scripts/screenshots."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, ViewportSize, sync_playwright

from config import ports
from tests.browser import chromium
from tests.live.stack import pattern_to

IMAGES = Path("docs/images")
LOGIN_LINK = re.compile(r"http\S+/operator/login/\S+")
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
TALL: ViewportSize = {"width": 1280, "height": 1440}
PHONE: ViewportSize = {"width": 390, "height": 844}
EVENTS_TO_WAIT_FOR = 700


def main() -> None:
    if len(sys.argv) > 1:
        take_all(sys.argv[1])
    else:
        with own_run() as login_link:
            take_all(login_link)


@contextmanager
def own_run() -> Iterator[str]:
    """A run of Clipcast on an empty folder; yields the operator's one-time link."""
    names = ports.ENTRY_PORTS | ports.INNER_PORTS | ports.DEMO_PORTS | ports.MEDIAMTX_PORTS
    own_ports = {name: str(default + 20000) for name, default in names.items()}
    with tempfile.TemporaryDirectory(prefix="clipcast-screenshots-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            env=os.environ | own_ports | {"DATA_DIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield next(link for line in process.stdout or () if (link := found_link(line)))
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def found_link(line: str) -> str:
    match = LOGIN_LINK.search(line)
    return match[0] if match else ""


def take_all(login_link: str) -> None:
    base = "{0.scheme}://{0.netloc}".format(urlsplit(login_link))
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(viewport=DESKTOP, device_scale_factor=2)
        context.set_default_timeout(120_000)  # a busy machine
        page = context.new_page()
        page.goto(login_link)
        page.get_by_role("button").click()
        take_dashboard(page, base)
        take_pages(page, base)
        take_money(page, base)
        take_admin(page, base)
        if shutil.which("mediamtx"):
            take_rooms(page, base)
        browser.close()


def take_dashboard(page: Page, base: str) -> None:
    for events in (300, 400):
        watch_demo(page, base, events)
        page.get_by_role("button", name="Stop capture").click()
        page.locator("#status", has_text="ended").wait_for()
    take_compare(page, base)
    watch_demo(page, base, EVENTS_TO_WAIT_FOR)
    page.set_viewport_size(TALL)
    save(page, "session-live.png")
    page.emulate_media(color_scheme="dark")
    save(page, "session-live-dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Export").click()
    save(page, "export.png")
    page.get_by_role("button", name="Close").click()
    page.set_viewport_size(PHONE)
    save(page, "session-live-phone.png")
    page.goto(f"{base}/dashboard/")
    save(page, "dashboard-phone.png")
    page.set_viewport_size(DESKTOP)
    save(page, "dashboard.png")
    page.goto(f"{base}/dashboard/streamers/")
    save(page, "streamers.png")
    page.goto(f"{base}/dashboard/overlays/?streamer=demo")
    page.frame_locator("#preview").locator(".chat li").nth(3).wait_for()
    save(page, "overlays.png")


def take_compare(page: Page, base: str) -> None:
    page.goto(f"{base}/dashboard/streamers/demo/")
    page.get_by_role("button", name="Compare the chosen").click()
    page.locator("#chart canvas").wait_for()
    save(page, "compare.png")


def watch_demo(page: Page, base: str, events: int) -> None:
    """Capture the demo streamer until the page shows so many events."""
    page.goto(f"{base}/dashboard/")
    page.get_by_role("button", name="Watch the demo streamer").click()
    page.wait_for_function(
        "least => document.querySelector('[data-field=total]')?.textContent.replace(/\\D/g, '')"
        " >= least && document.querySelector('#chart-rate canvas')"
        " && document.querySelectorAll('#words li').length > 5",
        arg=events,
        timeout=900_000,
    )


def take_pages(page: Page, base: str) -> None:
    page.goto(f"{base}/api/docs/#/capture")
    page.wait_for_selector(".opblock")
    save(page, "api-docs.png")


def take_money(page: Page, base: str) -> None:
    """Two people buy, give and ask for a payout; then the operator's pages about it."""
    ann, ben = sign_up(page, base, "ann"), sign_up(page, base, "ben")
    for number, coins in enumerate((10_000, 500, 2_000)):
        order = {"coin": coins, "transaction_id": f"20000008{number}41", "device": "ios"}
        call(page, base, "purchaseCoin", order, ann)
    gifts = [item["Gift"] for item in call(page, base, "showGifts", {}, ann)]
    gift = max((g for g in gifts if g["coin"] <= 2_500), key=lambda g: g["coin"])
    for _ in range(5_000 // gift["coin"]):
        sent = {"receiver_id": ben["id"], "gift_id": gift["id"], "gift_count": 1}
        call(page, base, "sendGift", sent, ann)
    page.wait_for_timeout(6000)  # beat settles what Ben got
    asked = {"coin": 2_000, "email": "ben@example.com"}
    call(page, base, "withdrawRequest", asked, ben)
    for name, path in (
        ("money-purchases.png", "purchase/"),
        ("money-payouts.png", "payout/"),
        ("money-account.png", "account/?kind__exact=bought&q=ann"),
        ("money-proof.png", "auditrun/prove_now"),
    ):
        page.goto(f"{base}/admin/wallet/{path}")
        if name == "money-account.png":
            page.locator("#result_list a[href*='/change/']").first.click()
            page.get_by_text("Balance after").wait_for()
        save(page, name)


def take_admin(page: Page, base: str) -> None:
    """The home page, somebody who was reported and warned, and what the audit log says of it."""
    eve, finn = sign_up(page, base, "eve"), sign_up(page, base, "finn")
    call(page, base, "reportUser", {"report_user_id": finn["id"], "description": "rude"}, eve)
    person = f"{base}/admin/users/user/{finn['id']}"
    page.goto(f"{person}/warn/")
    page.locator("#ask-form input[name=reason]").fill("Please be kind to others.")
    page.locator("#ask-form button[type=submit]").click()
    page.locator(".staff-person").wait_for()
    page.goto(f"{base}/admin/users/user/?q=ann")
    page.locator("#result_list a[href*='/change/']").first.click()
    page.locator(".staff-person").wait_for()
    page.set_viewport_size(TALL)
    save(page, "admin-person.png")
    page.set_viewport_size(DESKTOP)
    page.goto(f"{base}/admin/audit/auditentry/")
    save(page, "admin-audit.png")
    page.goto(f"{base}/admin/")
    save(page, "admin.png")


def take_rooms(page: Page, base: str) -> None:
    """Somebody goes live with a test pattern, a viewer talks and gives."""
    cleo, dan = sign_up(page, base, "cleo"), sign_up(page, base, "dan")
    order = {"coin": 2_000, "transaction_id": "2000000850041", "device": "ios"}
    call(page, base, "purchaseCoin", order, dan)
    live = call(page, base, "liveStream", {"title": "Sunset at the beach"}, cleo)["LiveStreaming"]
    in_room = {"live_streaming_id": live["id"]}
    with published(live["rtmp_url"]):
        page.goto(f"{base}/dashboard/rooms/{live['id']}/")
        page.locator("#player-note").wait_for(state="hidden")  # the video plays
        call(page, base, "watchLiveStream", in_room, dan)
        for text in ("Hello from Lisbon", "What a light!", "Which camera is that?"):
            call(page, base, "commentOnLiveStream", in_room | {"comment": text}, dan)
        gifts = [item["Gift"] for item in call(page, base, "showGifts", {}, dan)]
        gift = min(gifts, key=lambda gift: gift["coin"])
        sent = in_room | {"receiver_id": cleo["id"], "gift_id": gift["id"], "gift_count": 3}
        call(page, base, "sendGift", sent, dan)
        call(page, base, "likeLiveStream", in_room | {"count": 25}, dan)
        page.locator("#feed li[data-kind=like]").wait_for()
        page.locator("#status", has_text="live").wait_for()
        save(page, "rooms.png")


@contextmanager
def published(url: str) -> Iterator[None]:
    process = subprocess.Popen(pattern_to(url))
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def sign_up(page: Page, base: str, name: str) -> dict[str, Any]:
    values = {"username": name, "email": f"{name}@example.com", "password": "secret-word-7"}
    return call(page, base, "registerUser", values)["User"]


def call(
    page: Page, base: str, endpoint: str, values: dict[str, Any], by: dict[str, Any] | None = None
) -> Any:
    """What the mobile API answers, as an app would ask it."""
    headers = {"Auth-Token": by["auth_token"]} if by else {}
    answer = page.request.post(f"{base}/api/{endpoint}", data=values, headers=headers).json()
    if answer["code"] != 200:
        raise SystemExit(f"{endpoint}: {answer}")
    return answer["msg"]


def save(page: Page, name: str) -> None:
    page.wait_for_timeout(300)  # fonts and colours settle
    page.screenshot(path=IMAGES / name)
    sys.stdout.write(f"{IMAGES / name}\n")


if __name__ == "__main__":
    main()
