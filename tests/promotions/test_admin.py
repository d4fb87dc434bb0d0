"""Operators approve, stop and reject promotions, each with a line in their log."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.moderation.models import OperatorAction
from apps.notifications.models import Notification
from apps.promotions.models import AdSettings, Audience, Promotion
from apps.promotions.showing import count_showing
from apps.users.models import User
from apps.wallet import ledger
from tests.cast import Person, make_person
from tests.promotions.booking import booked

CHANGELIST = reverse("admin:promotions_promotion_changelist")


@pytest.fixture
def promotion(owner: Person, friend: Person) -> Promotion:
    group = Audience.objects.create(user=owner.user, name="everybody")
    promotion = booked(owner.user, audience_id=group.pk)
    count_showing(promotion_id=promotion.pk, viewer_id=friend.id)
    return promotion


def act(desk: Client, action: str, promotion: Promotion) -> None:
    form = {"action": action, "_selected_action": [promotion.pk], "reason": "because"}
    form["confirmed"] = "yes"
    assert desk.post(CHANGELIST, form).status_code == 302
    promotion.refresh_from_db()


@pytest.mark.parametrize(
    ("action", "start", "end_reason", "wallet"),
    [
        ("approve", "pending", "", 0),
        ("stop", "running", "stopped", 9),
        ("reject", "pending", "rejected", 10),
        ("reject", "running", "rejected", 10),
    ],
)
def test_a_decision_is_done_once_and_logged(
    desk: Client,
    owner: Person,
    operator: Person,
    promotion: Promotion,
    action: str,
    start: str,
    end_reason: str,
    wallet: int,
) -> None:
    Promotion.objects.update(state=start)
    act(desk, action, promotion)
    act(desk, action, promotion)
    assert promotion.end_reason == end_reason
    assert promotion.state == ("ended" if end_reason else "running")
    assert ledger.total(owner.id) == wallet
    logged = OperatorAction.objects.get()
    assert (logged.operator_id, logged.kind) == (operator.id, f"{action}_promotion")
    assert (logged.user_id, logged.video_id) == (owner.id, promotion.video_id)
    told = Notification.objects.get(receiver=owner.user)
    assert (told.type, told.sender_id) == ("system", operator.id)
    assert told.text.startswith("Your promotion was ")
    assert told.text.endswith(" because")
    assert (logged.reason, logged.details) == ("because", {"promotion": str(promotion.pk)})


def test_someone_who_may_only_look_decides_nothing(promotion: Promotion) -> None:
    from django.contrib.auth.models import Permission

    clerk = make_person("clerk", is_staff=True)
    clerk.user.user_permissions.add(Permission.objects.get(codename="view_promotion"))
    client = Client()
    client.force_login(User.objects.get(pk=clerk.id))
    assert client.get(CHANGELIST).status_code == 200
    form = {"action": "stop", "_selected_action": [promotion.pk], "reason": "x"}
    client.post(CHANGELIST, form | {"confirmed": "yes"})
    promotion.refresh_from_db()
    assert promotion.state == "running"


@pytest.mark.parametrize("name", ["promotion", "audience", "promotionevent"])
def test_the_pages_open_and_nothing_on_them_is_changed(
    desk: Client, promotion: Promotion, name: str
) -> None:
    row = {"promotion": promotion, "audience": promotion.audience}.get(
        name, promotion.events.first()
    )
    listed = desk.get(reverse(f"admin:promotions_{name}_changelist"), {"q": "1"})
    assert listed.status_code == 200
    page = reverse(f"admin:promotions_{name}_change", args=[row.pk])
    assert desk.get(page).status_code == 200
    assert desk.post(page, {"coins": "1"}).status_code == 403
    delete = reverse(f"admin:promotions_{name}_delete", args=[row.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 403


@pytest.fixture
def settings_page(desk: Client) -> Callable[[], str]:
    def found() -> str:
        answer = desk.get(reverse("admin:promotions_adsettings_changelist"))
        assert answer.status_code == 302
        return answer["Location"]

    return found


def test_the_list_of_ad_settings_leads_to_the_one_row(
    desk: Client, settings_page: Callable[[], str]
) -> None:
    assert settings_page() == settings_page()
    rates = {"views_per_coin": "20", "website_per_coin": "10", "followers_per_coin": "5"}
    form = rates | {"min_coins": "50", "needs_approval": "on"}
    assert desk.post(settings_page(), form).status_code == 302
    saved = AdSettings.objects.get()
    assert (saved.views_per_coin, saved.min_coins, saved.needs_approval) == (20, 50, True)
    assert desk.post(settings_page(), form | {"views_per_coin": "0"}).status_code == 200
    assert desk.post(settings_page(), form | {"views_per_coin": "10001"}).status_code == 200
    assert AdSettings.objects.get().views_per_coin == 20
