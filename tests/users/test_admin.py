"""The operators' pages about accounts and what the apps show"""

import json

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.moderation.models import OperatorAction
from apps.site.models import HtmlPage, Interest, InterestPick, Language, LanguagePick
from apps.users import tokens
from apps.users.models import AuthToken, Device, OneTimeCode, User
from apps.users.services import codes, deletion
from tests.cast import Inbox, Person, Phone

PAGES = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.app_label in ("users", "site")
)


@pytest.fixture
def rows(owner: Person, inbox: Inbox) -> None:
    """Something to see on every page that this file is about."""
    Device.objects.create(key="k", user=owner.user, push_token="push-token-of-owner")
    codes.request_code(purpose=OneTimeCode.Purpose.PHONE, address="+15551230000", ip="192.0.2.1")
    HtmlPage.objects.create(name="terms", title="Terms", body="<p>Be kind.</p>")
    InterestPick.objects.create(user=owner.user, interest=Interest.objects.all()[0])
    LanguagePick.objects.create(user=owner.user, language=Language.objects.all()[0])


@pytest.mark.parametrize("label", PAGES)
@pytest.mark.usefixtures("rows")
def test_every_page_opens_lists_searches_and_shows_a_row(desk: Client, label: str) -> None:
    model = next(m for m in admin.site._registry if m._meta.label_lower == label)
    name = label.replace(".", "_")
    assert desk.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert desk.get(reverse(f"admin:{name}_changelist"), {"q": "a"}).status_code == 200
    row = model._default_manager.order_by("pk").last()
    if row is not None:
        page = desk.get(reverse(f"admin:{name}_change", args=[row.pk]))
        assert page.status_code == 200
        assert b"push-token-of-owner" not in page.content


def act(desk: Client, label: str, action: str, ids: list[int]) -> bytes:
    url = reverse(f"admin:users_{label}_changelist")
    values = {"action": action, "_selected_action": [str(number) for number in ids]}
    assert b"Cancel" in desk.post(url, values).content  # it asks first
    return desk.post(url, values | {"confirmed": "yes", "reason": "asked for"}, follow=True).content


def test_an_operator_restores_a_deleted_account(desk: Client, owner: Person) -> None:
    deletion.delete_account(user_id=owner.id)
    assert b"Restored: 1." in act(desk, "user", "restore_accounts", [owner.id])
    assert User.objects.get(pk=owner.id).status == "active"


def test_an_operator_signs_people_out(desk: Client, phone: Phone, owner: Person) -> None:
    other = Person(owner.user, tokens.issue(user=owner.user))
    first = AuthToken.objects.filter(user=owner.user).order_by("pk")[0]
    act(desk, "authtoken", "revoke", [first.pk])
    assert phone.call("showUserDetail", by=owner)["code"] == 501
    assert phone.call("showUserDetail", by=other)["code"] == 200
    act(desk, "user", "sign_out", [owner.id])
    assert phone.call("showUserDetail", by=other)["code"] == 501


def test_an_operator_downloads_one_persons_data(
    desk: Client, owner: Person, friend: Person
) -> None:
    data = json.loads(act(desk, "user", "download_data", [owner.id]))
    assert data["user"][0]["email"] == "owner@example.com"
    assert b"Choose one person" in act(desk, "user", "download_data", [owner.id, friend.id])


def test_what_operators_do_to_accounts_stands_in_their_log(desk: Client, owner: Person) -> None:
    deletion.delete_account(user_id=owner.id)
    act(desk, "user", "restore_accounts", [owner.id])
    act(desk, "user", "sign_out", [owner.id])
    act(desk, "user", "download_data", [owner.id])
    kinds = OperatorAction.objects.filter(user_id=owner.id).order_by("id")
    assert [row.kind for row in kinds] == ["restore_account", "sign_out", "export_data"]
    assert {row.reason for row in kinds} == {"asked for"}
