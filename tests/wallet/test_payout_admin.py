"""Operators decide on payouts and export them."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from apps.notifications.models import Notification
from apps.wallet import ledger
from apps.wallet.models import Payout, PayoutMethod, PayoutStep
from apps.wallet.services import payouts
from tests.books import earn
from tests.cast import Person, make_person

LIST = "admin:wallet_payout_changelist"


@pytest.fixture
def desk(client: Client, operator: Person) -> Client:
    client.force_login(operator.user)
    return client


@pytest.fixture(autouse=True)
def payout(owner: Person, settings: Settings) -> Payout:
    settings.PAYOUT_MIN_COINS = 100
    earn(owner.user, 800)
    payouts.save_method(
        user_id=owner.id, kind=PayoutMethod.Type.BANK, value='=HYPERLINK("http://evil")'
    )
    return payouts.request_payout(user_id=owner.id, coins=500)


def act(desk: Client, action: str, payout: Payout, note: str = "") -> Any:
    form = {"action": action, "reason": note, "_selected_action": [payout.pk]}
    return desk.post(reverse(LIST), form | {"confirmed": "yes"}, follow=action != "export_csv")


def test_the_list_opens_and_a_decision_has_a_place_for_a_note(desk: Client, payout: Payout) -> None:
    page = desk.get(reverse(LIST), {"q": "owner"})
    assert page.status_code == 200
    assert page.context["cl"].result_count == 1
    asked = desk.get(reverse("admin:wallet_payout_approve", args=[payout.pk]))
    assert 'name="reason"' in asked.content.decode()
    assert desk.get(reverse("admin:wallet_payoutmethod_changelist")).status_code == 200


def test_a_payout_is_approved_and_paid_and_its_page_shows_the_trail(
    desk: Client, payout: Payout, operator: Person
) -> None:
    act(desk, "approve", payout, "checked by phone")
    act(desk, "mark_paid", payout, "transfer 4711")
    payout.refresh_from_db()
    assert payout.status == "paid"
    assert PayoutStep.objects.filter(operator=operator.user).count() == 2
    page = desk.get(reverse("admin:wallet_payout_change", args=[payout.pk])).content.decode()
    assert "checked by phone" in page
    assert "transfer 4711" in page


def test_the_person_is_told_of_each_decision(desk: Client, payout: Payout, owner: Person) -> None:
    for action in ("approve", "reject"):
        act(desk, action, payout, "Please correct your account number.")
    again = payouts.request_payout(user_id=owner.id, coins=300)
    act(desk, "approve", again)
    act(desk, "mark_paid", again)
    told = Notification.objects.filter(receiver=owner.user).order_by("id")
    assert list(told.values_list("type", "text")) == [
        ("system", "Your payout of 500 coins ($2.50) was approved."),
        (
            "system",
            "Your payout was rejected. Your 500 coins are back. "
            "Please correct your account number.",
        ),
        ("system", "Your payout of 300 coins ($1.50) was approved."),
        ("system", "Your payout of 300 coins ($1.50) was sent."),
    ]


def test_a_rejected_payout_returns_the_coins(desk: Client, payout: Payout, owner: Person) -> None:
    act(desk, "reject", payout)  # without a word about why
    assert ledger.total(owner.id) == 300
    act(desk, "reject", payout, "wrong account")
    assert ledger.total(owner.id) == 800
    page = act(desk, "reject", payout, "wrong account").content.decode()
    assert f"Payout {payout.pk} can&#x27;t be rejected" in page
    assert ledger.total(owner.id) == 800


def test_the_export_is_a_table_in_which_no_formula_runs(desk: Client, payout: Payout) -> None:
    rows = list(csv.DictReader(io.StringIO(act(desk, "export_csv", payout).getvalue().decode())))
    assert len(rows) == 1
    assert rows[0]["amount"] == "2.50"
    assert rows[0]["coins"] == "500"
    assert rows[0]["user username"] == "owner"
    assert rows[0]["destination"] == '\'=HYPERLINK("http://evil")'


def test_who_may_only_look_decides_nothing(client: Client, payout: Payout) -> None:
    clerk = make_person("clerk", is_staff=True)
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_payout"))
    client.force_login(clerk.user)
    assert client.get(reverse(LIST)).status_code == 200
    for action in ("approve", "reject", "mark_paid"):
        act(client, action, payout)
    payout.refresh_from_db()
    assert payout.status == "pending"


def test_a_payout_is_neither_changed_nor_deleted_by_hand(desk: Client, payout: Payout) -> None:
    change = reverse("admin:wallet_payout_change", args=[payout.pk])
    assert desk.post(change, {"coins": "1", "status": "paid"}).status_code == 403
    delete = reverse("admin:wallet_payout_delete", args=[payout.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 403
