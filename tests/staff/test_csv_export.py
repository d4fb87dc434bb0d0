"""Lists as CSV"""

import csv
import io
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.users.models import User
from config.csv_export import CsvExport, harmless
from tests.cast import Person

EXPORTED = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model, page in admin.site._registry.items()
    if isinstance(page, CsvExport)
)


def export(desk: Client, name: str, ids: list[int], query: str = "", **more: str) -> list[dict]:
    form = {"action": "export_csv", "_selected_action": [str(pk) for pk in ids], **more}
    answer = desk.post(reverse(f"admin:{name}_changelist") + query, form)
    assert answer["Content-Type"].startswith("text/csv"), answer.content
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_the_lists_of_people_money_and_reports_are_among_them() -> None:
    assert {
        *("users_user", "wallet_purchase", "wallet_payout", "moderation_report"),
        *("gifts_sentgift", "wallet_entry", "audit_auditentry"),
    } <= set(EXPORTED)


@pytest.mark.parametrize("name", EXPORTED)
def test_each_is_exported_and_that_is_noted(desk: Client, name: str) -> None:
    export(desk, name, [0])
    line = AuditEntry.objects.latest("id")
    assert (line.kind, line.model, line.details["rows"]) == (
        *("export", name.replace("_", ".", 1), 0),
    )


def test_people_are_exported_as_chosen_or_as_filtered(
    desk: Client, owner: Person, friend: Person, banned: Person
) -> None:
    User.objects.filter(pk=owner.id).update(username="-1+1")
    rows = export(desk, "users_user", [owner.id])
    assert [(row["id"], row["username"]) for row in rows] == [(str(owner.id), "'-1+1")]
    rows = export(desk, "users_user", [owner.id], "?status__exact=banned", select_across="1")
    assert [row["username"] for row in rows] == ["banned"]
    line = AuditEntry.objects.latest("id")
    assert line.details == {"rows": 1, "filters": "status__exact=banned"}


def test_who_may_not_export_does_not(desk_of: Callable[[str], Client], owner: Person) -> None:
    form = {"action": "export_csv", "_selected_action": [owner.id]}
    page = reverse("admin:users_user_changelist")
    for role, allowed in (
        *(("Moderator", False), ("Support", False), ("Finance", True), ("Admin", True)),
    ):
        answer = desk_of(role).post(page, form)
        assert answer["Content-Type"].startswith("text/csv") == allowed, role


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless(-5) == -5
    assert harmless("fine - really") == "fine - really"
