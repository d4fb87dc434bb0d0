"""Every page of the admin in a browser: its list, a row of it and the form for a new one open, the
console complains of nothing (the security policy would), and no page is wider than the window."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Error, Page

from apps.gifts.models import Gift
from apps.site.models import AppSlider
from apps.wallet.models import CoinPackage
from benchmarks.admin import seed
from tests.cast import Person
from tests.e2e.conftest import PATIENCE_MS

WIDTH = 1280
TRIES = 5
# Some other program changed the machine's network meanwhile; the page is opened again.
NOT_OURS = "ERR_NETWORK_CHANGED"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
IS_UP = (
    "() => document.readyState === 'complete'"
    " && (window.Alpine !== undefined || !document.querySelector('[x-data]'))"
)
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>'


class Walk:
    """Opens pages one after the other, and keeps what is wrong with each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.wrong: dict[str, list[str]] = {}
        page.on("console", self.listen)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def listen(self, line: ConsoleMessage) -> None:
        # The seeded clips have no files.
        if line.type == "error" and "/media/" not in line.location.get("url", ""):
            self.said.append(line.text)

    def open(self, path: str) -> None:
        for _ in range(TRIES):
            self.said.clear()
            found = self.look(path)
            if not any(NOT_OURS in each for each in found):
                break
        if found:
            self.wrong[path] = found

    def look(self, path: str) -> list[str]:
        try:
            answer = self.page.goto(path)
            self.page.wait_for_function(IS_UP, timeout=PATIENCE_MS)
        except Error as error:
            if NOT_OURS not in str(error):
                raise
            return [NOT_OURS]
        wide = self.page.evaluate(TOO_WIDE)
        status = answer.status if answer else 0
        return [
            *self.said,
            *([f"{wide} px too wide"] if wide > 0 else []),
            *([f"status {status}"] if status != 200 else []),
        ]


def pages_of(site: admin.AdminSite) -> Iterator[tuple[str, Any, Any]]:
    for model, page in site._registry.items():
        yield f"admin:{model._meta.app_label}_{model._meta.model_name}", model, page


@pytest.fixture
def walk(open_page: Any) -> Walk:
    return Walk(open_page(may_complain=True, viewport={"width": WIDTH, "height": 900}))


def fill() -> None:
    """Rows in nearly every table, and pictures where a list shows them."""
    seed(4)
    image = default_storage.save("gifts/walk.svg", ContentFile(DRAWING))
    Gift.objects.update(image=image)
    CoinPackage.objects.update(image=image)
    AppSlider.objects.create(image=image, url="https://example.com/1", position=1)


def test_lists(walk: Walk) -> None:
    fill()
    walk.open("/admin/")
    for name, _, _ in pages_of(admin.site):
        walk.open(reverse(f"{name}_changelist"))
    assert walk.wrong == {}


def test_rows_and_new_ones(walk: Walk) -> None:
    fill()
    opened = 0
    for name, model, page in pages_of(admin.site):
        key = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        if key is not None:
            walk.open(reverse(f"{name}_change", args=[key]))
            opened += 1
        if type(page).has_add_permission is admin.ModelAdmin.has_add_permission:
            walk.open(reverse(f"{name}_add"))
    assert walk.wrong == {}
    assert opened > 25


def test_pages_beside_the_tables(walk: Walk, owner: Person) -> None:
    for path in (
        *("/admin/doctor/", "/admin/password_change/", "/operator/two-factor/", "/api/docs/"),
        reverse("admin:users_user_change", args=[owner.id]),
        reverse("admin:users_user_ban", args=[owner.id]),
        reverse("admin:wallet_auditrun_prove_now"),
        f"/u/{owner.user.username}/",
    ):
        walk.open(path)
    assert walk.wrong == {}


def test_the_sign_in_page(open_page: Any) -> None:
    walk = Walk(open_page(signed_in=False, may_complain=True))
    walk.open("/admin/login/?next=/")
    assert walk.wrong == {}
