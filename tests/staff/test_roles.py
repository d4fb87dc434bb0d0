"""Roles: who sees which page, and who may do what"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.moderation.models import OperatorAction
from apps.staff import roles
from apps.users.models import AuthToken, User
from apps.wallet.models import Payout
from tests.cast import Person, make_person

PEOPLE = {"Moderator", "Finance", "Support", "Admin"}
ALL = {*PEOPLE, "Analyst"}
DeskOf = Callable[[str], Client]
# Some lists by who opens them; the test below walks over all.
LISTS = {
    "users_user": PEOPLE,
    "moderation_report": {"Moderator", "Support", "Admin"},
    "moderation_heldvideo": {"Moderator", "Admin"},
    "moderation_verificationrequest": {"Moderator", "Admin"},
    "moderation_rules": {"Moderator", "Admin"},
    "wallet_payout": {"Finance", "Support", "Admin"},
    "wallet_purchase": {"Finance", "Support", "Admin"},
    "wallet_account": {"Finance", "Support", "Admin"},
    "wallet_freeze": {"Finance", "Admin"},
    "wallet_auditrun": {"Finance", "Admin"},
    "gifts_sentgift": {"Finance", "Support", "Admin"},
    "videos_video": {"Moderator", "Support", "Admin"},
    "live_liveroom": {"Moderator", "Support", "Admin"},
    "site_appsetting": {"Support", "Admin"},
    "videos_feedweights": {"Moderator", "Admin"},
    "access_apikey": {"Admin"},
    "capture_session": {"Analyst", "Admin"},
    "audit_auditentry": {"Admin"},
    "auth_group": {"Admin"},
}


def may_see(role: str, name: str) -> bool:
    app, model = name.split("_", 1)
    held = Group.objects.get(name=role).permissions
    return held.filter(
        content_type__app_label=app, codename__in=[f"view_{model}", f"change_{model}"]
    ).exists()


@pytest.mark.parametrize("role", sorted(ALL))
def test_every_list_and_form_opens_for_who_may_see_it_and_for_no_other(
    desk_of: DeskOf, role: str
) -> None:
    desk = desk_of(role)
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        status = desk.get(reverse(f"admin:{name}_changelist")).status_code
        expected = may_see(role, name)
        assert (status in (200, 302)) == expected, name
        assert status in (200, 302, 403), name
        if name in LISTS:
            assert expected == (role in LISTS[name]), name
        assert desk.get(reverse(f"admin:{name}_add")).status_code in (200, 403), name


@pytest.mark.parametrize("role", sorted(ALL))
def test_a_role_without_a_right_does_not_write(desk_of: DeskOf, role: str, owner: Person) -> None:
    desk = desk_of(role)
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        codename = f"add_{model._meta.model_name}"
        held = Group.objects.get(name=role).permissions.filter(
            content_type__app_label=model._meta.app_label, codename=codename
        )
        if not held.exists():
            assert desk.post(reverse(f"admin:{name}_add"), {}).status_code == 403, name
    page = reverse("admin:users_user_change", args=[owner.id])
    values = {"username": "changed"}
    assert desk.post(page, values).status_code == (200 if role == "Admin" else 403)


def test_every_action_asks_for_a_right() -> None:
    bare = []
    for page in admin.site._registry.values():
        for names in (page.actions, page.actions_list, page.actions_row, page.actions_detail):
            for name in page._extract_action_names(list(names or ())):
                if not getattr(getattr(page, name), "allowed_permissions", ()):
                    bare.append(f"{page.model._meta.label}.{name}")
    assert bare == []


ACTIONS_ON_PEOPLE = [
    ("warn", {"Moderator", "Admin"}),
    ("ban", {"Moderator", "Admin"}),
    ("unban", {"Moderator", "Admin"}),
    ("reset_profile", {"Moderator", "Support", "Admin"}),
    ("reset_password", {"Support", "Admin"}),
    ("sign_out", {"Support", "Admin"}),
    ("reset_second_factor", {"Admin"}),
    ("restore_accounts", {"Support", "Admin"}),
    ("download_data", {"Support", "Admin"}),
]


@pytest.mark.parametrize(("action", "allowed"), ACTIONS_ON_PEOPLE)
def test_actions_on_people(desk_of: DeskOf, owner: Person, action: str, allowed: set[str]) -> None:
    answers = {"confirmed": "yes", "reason": "x"}
    page = reverse(f"admin:users_user_{action}", args=[owner.id])
    in_list = reverse("admin:users_user_changelist")
    for role in sorted(ALL):
        desk = desk_of(role)
        assert desk.get(page).status_code == (200 if role in allowed else 403), role
        if role not in allowed:
            assert desk.post(page, answers).status_code == 403
            desk.post(in_list, answers | {"action": action, "_selected_action": [owner.id]})
    assert OperatorAction.objects.count() == 0
    assert User.objects.get(pk=owner.id).status == "active"


def test_a_moderator_touches_no_money(desk_of: DeskOf, owner: Person) -> None:
    payout = Payout.objects.create(user=owner.user, coins=5, amount="0.03", method_type="bank")
    for role in ("Moderator", "Support"):
        desk = desk_of(role)
        for action in ("approve", "mark_paid", "reject"):
            page = reverse(f"admin:wallet_payout_{action}", args=[payout.pk])
            assert desk.post(page, {"confirmed": "yes", "reason": "x"}).status_code == 403
    payout.refresh_from_db()
    assert payout.status == "pending"
    answers = {"confirmed": "yes", "reason": "x"}
    page = reverse("admin:wallet_payout_approve", args=[payout.pk])
    assert desk_of("Finance").post(page, answers).status_code == 302
    payout.refresh_from_db()
    assert payout.status == "approved"


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_the_page_of_a_person_shows_what_the_role_may_see(
    desk_of: DeskOf, owner: Person, role: str
) -> None:
    page = desk_of(role).get(reverse("admin:users_user_change", args=[owner.id]))
    titles = {section.title for section in page.context["sections"]}
    assert ("Wallet" in titles) == (role != "Moderator")
    assert ("Reports about them" in titles) == (role != "Finance")
    assert ("Audit log" in titles) == (role == "Admin")
    assert ("Devices" in titles) == (role in {"Support", "Admin"})


def test_support_cannot_take_over_an_operators_account(
    desk_of: DeskOf, operator: Person, friend: Person
) -> None:
    friend.user.is_staff = True
    friend.user.set_password("first-secret")
    friend.user.save()
    operator.user.set_password("first-secret")
    operator.user.save()
    answers = {"confirmed": "yes", "reason": "x", "username": "on"}
    for role, victim in (("Support", friend), ("Support", operator), ("Admin", operator)):
        desk = desk_of(role) if not User.objects.filter(username=f"the_{role.lower()}") else None
        desk = desk or again(role)
        for action in ("reset_password", "reset_profile", "sign_out"):
            page = reverse(f"admin:users_user_{action}", args=[victim.id])
            assert b"is an operator" in desk.post(page, answers, follow=True).content
        assert desk.post(f"/admin/users/user/{victim.id}/password/", {}).status_code == 403
        after = User.objects.get(pk=victim.id)
        assert after.check_password("first-secret")
        assert after.username == victim.user.username


def test_support_does_nothing_to_those_who_stand_above(
    desk_of: DeskOf, operator: Person, friend: Person
) -> None:
    answers = {"confirmed": "yes", "reason": "x"}
    desk = desk_of("Support")
    data = desk.post(reverse("admin:users_user_download_data", args=[operator.id]), answers)
    assert data.status_code == 302
    form = answers | {"action": "revoke"}
    tokens = AuthToken.objects.filter(user=operator.user).values_list("pk", flat=True)
    page = reverse("admin:users_authtoken_changelist")
    said = desk.post(page, form | {"_selected_action": list(tokens)}, follow=True)
    assert b"Sign-ins of operators are left" in said.content
    assert tokens.filter(revoked_at=None).count() == tokens.count() > 0
    User.objects.filter(pk=operator.id).update(status="deleted")
    page = reverse("admin:users_user_restore_accounts", args=[operator.id])
    assert b"is an operator" in desk.post(page, answers, follow=True).content
    assert User.objects.get(pk=operator.id).status == "deleted"
    assert OperatorAction.objects.count() == 0
    User.objects.filter(pk=friend.id).update(status="deleted")
    desk.post(reverse("admin:users_user_restore_accounts", args=[friend.id]), answers)
    assert User.objects.get(pk=friend.id).status == "active"


@pytest.mark.parametrize("role", ["Admin", "superuser"])
def test_nobody_chooses_anothers_password(desk_of: DeskOf, owner: Person, role: str) -> None:
    desk = desk_of(role)
    before = User.objects.get(pk=owner.id).password
    form = {"password1": "known-to-me-1", "password2": "known-to-me-1", "usable_password": "true"}
    assert desk.post(f"/admin/users/user/{owner.id}/password/", form).status_code == 403
    assert User.objects.get(pk=owner.id).password == before
    page = desk.get(reverse("admin:users_user_change", args=[owner.id])).content.decode()
    assert "/password/" not in page


def test_proving_the_books_is_a_right_of_its_own(desk_of: DeskOf) -> None:
    page = reverse("admin:wallet_auditrun_prove_now")
    for role in sorted(ALL):
        allowed = role in {"Finance", "Admin"}
        assert desk_of(role).get(page).status_code == (200 if allowed else 403), role
    looker = make_person("looker", is_staff=True)
    looker.user.user_permissions.add(Permission.objects.get(codename="view_auditrun"))
    client = Client()
    client.force_login(looker.user)
    assert client.post(page, {"confirmed": "yes", "reason": ""}).status_code == 403


def again(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=f"the_{role.lower()}"))
    return client


def test_nobody_makes_themselves_more_than_they_are(desk_of: DeskOf) -> None:
    desk = desk_of("Admin")
    me = User.objects.get(username="the_admin")
    page = reverse("admin:users_user_change", args=[me.pk])
    fields = desk.get(page).context["adminform"].form.fields
    assert "is_superuser" not in fields
    assert {"is_staff", "groups"} <= set(fields)
    moderators = Group.objects.get(name="Moderator")
    change = reverse("admin:auth_group_change", args=[moderators.pk])
    assert desk.post(change, {"name": "x"}).status_code == 403


def test_each_migrate_gives_roles_back_their_rights() -> None:
    group = Group.objects.get(name="Moderator")
    group.permissions.add(Permission.objects.get(codename="change_payout"))
    group.permissions.remove(Permission.objects.get(codename="ban_people"))
    Group.objects.get(name="Finance").delete()
    roles.renew()
    held = set(group.permissions.values_list("codename", flat=True))
    assert "ban_people" in held
    assert "change_payout" not in held
    assert Group.objects.filter(name="Finance").exists()
    with CaptureQueriesContext(connection) as captured:
        roles.renew()
    assert not [q for q in captured if q["sql"].startswith(("INSERT", "DELETE", "UPDATE"))]


def test_no_pattern_is_stale() -> None:
    """Each names at least one permission that there is."""
    from fnmatch import fnmatchcase

    there = [
        f"{app}.{name}"
        for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    ]
    for patterns in roles.ROLES.values():
        for pattern in patterns:
            if not pattern.endswith(".*"):
                assert any(fnmatchcase(name, pattern) for name in there), pattern


def test_the_menu_shows_what_opens(desk_of: DeskOf) -> None:
    for role in sorted(ALL):
        desk = desk_of(role)
        menu: list[dict[str, Any]] = desk.get("/admin/").context["sidebar_navigation"]
        links = [item["link"] for group in menu for item in group["items"]]
        assert len(links) >= 4
        for link in links:
            assert desk.get(link).status_code in (200, 302), (role, link)


def test_every_reset_is_noted_with_its_reason(desk_of: DeskOf, owner: Person) -> None:
    desk = desk_of("Support")
    owner.user.bio = "rude"
    owner.user.profile_pic = owner.user.profile_pic_small = "https://example.com/a.jpg"
    owner.user.set_password("first-secret")
    owner.user.save()
    answers = {"confirmed": "yes", "reason": "asked by mail"}
    page = reverse("admin:users_user_reset_profile", args=[owner.id])
    assert b"Choose what to reset" in desk.post(page, answers).content
    chosen = {"picture": "on", "texts": "on", "username": "on"}
    assert desk.post(page, answers | chosen).status_code == 302
    page = reverse("admin:users_user_reset_password", args=[owner.id])
    assert desk.post(page, answers).status_code == 302
    after = User.objects.get(pk=owner.id)
    assert (after.bio, after.profile_pic, after.has_usable_password()) == ("", "", False)
    assert after.username.startswith("user_")
    assert not AuthToken.objects.filter(user=owner.user, revoked_at=None).exists()
    lines = AuditEntry.objects.filter(person_id=owner.id).order_by("id")
    assert [line.action for line in lines] == ["reset_profile", "reset_password"]
    assert {line.reason for line in lines} == {"asked by mail"}
    assert {line.operator_name for line in lines} == {"the_support"}


def test_a_warning_reaches_the_person(desk_of: DeskOf, owner: Person) -> None:
    from apps.notifications.models import Notification

    desk = desk_of("Moderator")
    page = reverse("admin:users_user_warn", args=[owner.id])
    desk.post(page, {"confirmed": "yes", "reason": "Please be kind."})
    assert Notification.objects.get(receiver=owner.user).text == "A warning: Please be kind."
    assert OperatorAction.objects.get().kind == "warn"


def test_a_stranger_is_no_operator(client: Client, stranger: Person, owner: Person) -> None:
    client.force_login(stranger.user)
    page = reverse("admin:users_user_ban", args=[owner.id])
    assert client.post(page, {"confirmed": "yes", "reason": "x"}).status_code == 302
    assert User.objects.get(pk=owner.id).status == "active"
