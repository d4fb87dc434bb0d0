"""The audit log: what stands in it, and that nothing stays out of it"""

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import DatabaseError, transaction
from django.db.models import UUIDField
from django.test import Client
from django.urls import reverse

from apps.audit import services as audit
from apps.audit.models import AuditEntry
from apps.gifts.models import Flag
from apps.site.models import AppSetting, Language
from apps.staff import forms
from tests.cast import Person

LIST = reverse("admin:audit_auditentry_changelist")


def latest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def registered_actions() -> list[tuple[str, str]]:
    """Every action that an operator can call on chosen rows, with its list."""
    found = []
    for model, page in admin.site._registry.items():
        names = [*page._extract_action_names(list(page.actions or ())), "delete_selected"]
        found += [(f"{model._meta.app_label}_{model._meta.model_name}", name) for name in names]
    return found


def actions_of_pages() -> list[str]:
    """The same, for the buttons on rows' pages."""
    return [
        action.action_name
        for page in admin.site._registry.values()
        for action in page._get_base_actions_detail()
    ]


def nobodys_key(name: str) -> str:
    """A key that no row of the list has."""
    key = apps.get_model(*name.split("_", 1))._meta.pk
    return str(uuid4()) if isinstance(key, UUIDField) else "999999999"


@pytest.mark.parametrize("name", sorted({name for name, _ in registered_actions()}))
def test_no_action_of_a_list_stays_out_even_if_it_finds_no_row(desk: Client, name: str) -> None:
    for action in [action for page, action in registered_actions() if page == name]:
        before = AuditEntry.objects.count()
        form = {
            "action": action,
            "_selected_action": [nobodys_key(name)],
            **{"confirmed": "yes", "reason": "because", "post": "yes", "picture": "on"},
        }
        answer = desk.post(reverse(f"admin:{name}_changelist"), form)
        assert answer.status_code in (200, 302, 403), (name, action)
        assert AuditEntry.objects.count() > before, (name, action)


def test_no_action_of_a_page_stays_out(desk: Client, owner: Person) -> None:
    for name in actions_of_pages():
        before = AuditEntry.objects.count()
        form = {"confirmed": "yes", "reason": "because", "picture": "on"}
        desk.post(reverse(f"admin:{name}", args=[owner.id]), form)
        assert AuditEntry.objects.count() > before, name


def test_looking_is_no_change(desk: Client, owner: Person) -> None:
    before = AuditEntry.objects.count()
    desk.get("/admin/")
    desk.get(reverse("admin:users_user_ban", args=[owner.id]))
    form = {"action": "ban", "_selected_action": [owner.id]}
    desk.post(reverse("admin:users_user_changelist"), form)  # asks
    assert AuditEntry.objects.count() == before


def test_adding_changing_and_deleting_says_who_what_and_from_where(
    desk: Client, operator: Person
) -> None:
    where = {"headers": {"X-Forwarded-For": "203.0.113.9"}}
    page = reverse("admin:site_language_add")
    desk.post(page, {"code": "tlh", "name": "tlhIngan", "position": "9"}, **where)
    row = Language.objects.get(code="tlh")
    added = latest()
    assert (added.kind, added.model, added.object_id) == ("add", "site.language", str(row.pk))
    assert (added.operator_id, added.operator_name) == (operator.id, "operator")
    assert (added.address, added.object_name) == ("203.0.113.9", "tlhIngan")
    assert added.request_id
    page = reverse("admin:site_language_change", args=[row.pk])
    desk.post(page, {"code": "tlh", "name": "Klingon", "position": "9"}, **where)
    assert latest().kind == "change"
    assert latest().details == {"changed": ["Name"], "values": {"name": ["tlhIngan", "Klingon"]}}
    desk.post(reverse("admin:site_language_delete", args=[row.pk]), {"post": "yes"}, **where)
    assert (latest().kind, latest().object_id) == ("delete", str(row.pk))


def test_several_deleted_rows_have_a_line_each(desk: Client) -> None:
    rows = [Language.objects.create(code=code, name=code) for code in ("x1", "x2")]
    form = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    desk.post(reverse("admin:site_language_changelist"), form | {"post": "yes"})
    assert not Language.objects.filter(code__in=("x1", "x2")).exists()
    assert AuditEntry.objects.filter(kind="delete", model="site.language").count() == 2


def test_a_change_in_a_list_has_a_line(desk: Client, owner: Person) -> None:
    flag = Flag.objects.create(user=owner.user, day="2026-01-01", senders=3, coins=9)
    form = {
        **{"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(flag.pk)},
        **{"form-0-reviewed": "on", "_save": "Save"},
    }
    desk.post(reverse("admin:gifts_flag_changelist"), form)
    flag.refresh_from_db()
    assert flag.reviewed
    assert (latest().kind, latest().model, latest().person_id) == (
        *("change", "gifts.flag", owner.id),
    )


def test_changes_outside_of_the_admin_have_a_line(desk: Client) -> None:
    desk.post("/dashboard/start/", {"username": "somebody"})
    assert (latest().kind, latest().object_name) == ("request", "/dashboard/start/")


def sign_in(client: Client, name: str, password: str) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": name, "password": password})


def test_sign_ins_stand_in_it_and_those_that_fail(
    client: Client, operator: Person, stranger: Person
) -> None:
    for person in (operator, stranger):
        person.user.set_password("right-secret")
        person.user.save()
    sign_in(client, "operator", "wrong")
    assert (latest().kind, latest().operator_name) == ("sign_in_failed", "operator")
    assert latest().address == "127.0.0.1"
    sign_in(client, "no\x00body", "wrong")
    sign_in(client, "stranger", "right-secret")
    assert (latest().kind, latest().operator_name) == ("sign_in_failed", "stranger")
    assert sign_in(client, "operator", "right-secret").status_code == 302
    assert (latest().kind, latest().operator_id) == ("sign_in", operator.id)
    client.post("/admin/logout/")
    assert (latest().kind, latest().operator_id) == ("sign_out", operator.id)
    assert not AuditEntry.objects.filter(details__icontains="secret").exists()


def test_guessing_passwords_is_throttled(client: Client, operator: Person, settings: Any) -> None:
    operator.user.set_password("right-secret")
    operator.user.save()
    settings.THROTTLE_ENABLED = True
    for _ in range(10):
        sign_in(client, "operator", "wrong")
    page = sign_in(client, "OPERATOR", "right-secret")
    assert forms.TOO_OFTEN in page.content.decode()


def test_it_is_searched_and_filtered_and_shown(desk: Client, owner: Person) -> None:
    desk.post(
        reverse("admin:users_user_ban", args=[owner.id]), {"confirmed": "yes", "reason": "spam"}
    )
    for search in ("operator", "spam", str(owner.id), "ban", "127.0.0.1", ""):
        page = desk.get(LIST, {"q": search})
        assert page.context["cl"].result_count >= 1, search
    assert desk.get(LIST, {"q": "nothing of that kind"}).context["cl"].result_count == 0
    assert desk.get(LIST, {"kind__exact": "decision"}).context["cl"].result_count == 1
    shown = desk.get(reverse("admin:audit_auditentry_change", args=[latest().pk]))
    assert shown.status_code == 200
    assert b"spam" in shown.content


def test_nobody_edits_it(desk: Client) -> None:
    audit.note(audit.Kind.ACTION, "something", object_name="x" * 500, reason="y" * 500)
    row = latest()
    assert (len(row.object_name), len(row.reason)) == (200, 300)
    for change in (
        lambda: AuditEntry.objects.update(reason="x"),
        lambda: AuditEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
            change()
    assert desk.post(reverse("admin:audit_auditentry_add"), {}).status_code == 403
    for page in ("change", "delete"):
        address = reverse(f"admin:audit_auditentry_{page}", args=[row.pk])
        assert desk.post(address, {"post": "yes", "reason": "x"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    desk.post(LIST, form)
    assert AuditEntry.objects.filter(pk=row.pk).exists()


def test_phones_do_not_write_into_it(owner: Person, phone: Any) -> None:
    phone.call("editProfile", {"bio": "x"}, by=owner)
    assert AuditEntry.objects.count() == 0


def test_settings_of_the_apps_are_noted(desk: Client) -> None:
    row = AppSetting.objects.order_by("pk")[0]
    page = reverse("admin:site_appsetting_change", args=[row.pk])
    desk.post(page, {"type": row.type, "value": "1234", "note": ""})
    assert (latest().model, latest().object_name) == ("site.appsetting", row.type)
