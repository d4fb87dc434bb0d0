"""The operators' pages in a browser. Every complaint of the browser's console fails the test."""

from typing import Any

import pytest
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from apps.audit.models import AuditEntry
from apps.moderation.services import reports
from apps.users.models import User
from tests.cast import Person

LISTS = [
    *("users_user", "moderation_report", "moderation_heldvideo", "wallet_payout"),
    *("promotions_promotion", "gifts_gift", "site_appslider", "audit_auditentry"),
]
FORMS = ["gifts_gift", "wallet_coinpackage", "site_appslider", "site_sticker", "wallet_freeze"]


def test_pages_open_without_a_complaint(page: Page, owner: Person, stranger: Person) -> None:
    report = reports.report_user(
        reporter_id=stranger.id, user_id=owner.id, reason_id=None, description="rude"
    )
    addresses = [
        "/admin/",
        *(reverse(f"admin:{name}_changelist") for name in LISTS),
        *(reverse(f"admin:{name}_add") for name in FORMS),
        reverse("admin:users_user_change", args=[owner.id]),
        reverse("admin:moderation_report_change", args=[report.pk]),
        reverse("admin:videos_feedweights_change", args=[1]),
    ]
    page.goto(reverse("admin:videos_feedweights_changelist"))  # makes its row
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address


def test_the_home_page_leads_to_a_queue(page: Page, owner: Person, stranger: Person) -> None:
    reports.report_user(
        reporter_id=stranger.id, user_id=owner.id, reason_id=None, description="rude"
    )
    page.goto("/admin/")
    page.locator(".staff-cards a", has_text="Reports open").click()
    expect(page.locator("#result_list")).to_contain_text("owner")


def test_somebody_is_banned_and_let_in_again_on_their_page(page: Page, owner: Person) -> None:
    page.goto(reverse("admin:users_user_change", args=[owner.id]))
    for action, reason, status in (("ban", "spam", "banned"), ("unban", "a mistake", "active")):
        page.locator(f"a[href$='/{owner.id}/{action}/']").first.click()
        expect(page.locator(".staff-names")).to_contain_text("owner")
        page.locator("#ask-form input[name=reason]").fill(reason)
        page.locator("#ask-form button[type=submit]").click()
        expect(page.locator(".staff-person")).to_contain_text(reason)
        assert User.objects.get(pk=owner.id).status == status
    page.goto(f"{reverse('admin:audit_auditentry_changelist')}?q=spam")
    expect(page.locator("#result_list")).to_contain_text("ban")
    assert AuditEntry.objects.filter(person_id=owner.id).count() == 2


def test_an_operator_signs_in_with_a_second_factor(
    open_page: Any, operator: Person, settings: Any
) -> None:
    settings.STAFF_TWO_FACTOR = True
    operator.user.set_password("first-secret")
    operator.user.save()
    page = open_page(signed_in=False)
    page.goto("/admin/")
    page.locator("#id_username").fill("operator")
    page.locator("#id_password").fill("first-secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".staff-qr svg")).to_be_visible()
    device = TOTPDevice.objects.get()
    page.locator("#id_code").fill(f"{totp(device.bin_key):06d}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".staff-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".staff-cards")).to_be_visible()


@pytest.mark.parametrize("width", [390])
def test_a_phone_shows_the_page_of_a_person_without_scrolling_sideways(
    open_page: Any, owner: Person, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 844})
    for address in ("/admin/", reverse("admin:users_user_change", args=[owner.id])):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
