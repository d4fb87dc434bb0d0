"""Actions that keep no log of their own: a line for each row, with the person and the reason"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.access.models import ApiKey
from apps.audit import middleware
from apps.audit.models import AuditEntry
from apps.capture import services as capture
from apps.capture.models import Streamer
from apps.gifts.models import Gift
from apps.live import services as live
from apps.live.models import LiveRoom
from apps.notifications.models import Push
from apps.overlays.models import Overlay
from apps.rooms.models import AudioRoom
from apps.site.models import AppSetting
from apps.users.models import Device
from apps.videos.models import Hashtag, Video
from apps.wallet.models import CoinPackage, WaitingPurchase
from config import admin as pages
from tests.capture_edge.making import make_session
from tests.cast import Person


@pytest.fixture(autouse=True)
def _nobody_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker, and none of the lines of requests that say nothing by themselves."""
    monkeypatch.setattr(capture, "enqueue", lambda session: None)
    monkeypatch.setattr(middleware, "note_request", lambda request, response: None)


def package() -> CoinPackage:
    return CoinPackage.objects.create(title="100 coins", coins=100, price="0.99")


def push(owner: Person) -> Push:
    device = Device.objects.create(key="phone-1", user=owner.user)
    return Push.objects.create(device=device, receiver=owner.user, title="x", body="y", data={})


Making = Callable[[Person], Model]
# Action and its name in the log, a row to do it to, and whether it asks first and has a person.
ACTIONS: list[tuple[str, str, Making, bool, bool]] = [
    ("end_rooms", "end room", lambda p: live.open_room(host_id=p.id)[0], True, True),
    (
        "end_rooms",
        "end audio room",
        lambda p: AudioRoom.objects.create(host=p.user, title="Tea"),
        True,
        True,
    ),
    ("end_sessions", "end capture", lambda p: make_session("ada"), True, False),
    ("watch", "watch streamer", lambda p: Streamer.objects.create(username="ada"), False, False),
    (
        "unwatch",
        "unwatch streamer",
        lambda p: Streamer.objects.create(username="ada"),
        False,
        False,
    ),
    (
        "revoke",
        "revoke API key",
        lambda p: ApiKey.objects.create(name="bot", digest=b"k" * 32, hint="ck_"),
        True,
        False,
    ),
    (
        "revoke",
        "revoke overlay",
        lambda p: Overlay.objects.create(
            kind="chat", session=make_session("ada"), digest=b"o" * 32, hint="ov_"
        ),
        True,
        False,
    ),
    (
        "try_now",
        "try again at once",
        lambda p: WaitingPurchase.objects.create(
            user=p.user, store="apple", transaction_id="t", package=package(), device="ios"
        ),
        True,
        True,
    ),
    ("send_again", "send push again", push, True, True),
    ("hide", "hide hashtag", lambda p: Hashtag.objects.create(name="bad"), True, False),
    ("show", "show hashtag", lambda p: Hashtag.objects.create(name="good"), False, False),
    ("count_again", "count again", lambda p: Hashtag.objects.create(name="tag"), False, False),
    ("count_again", "count again", lambda p: Video.objects.create(user=p.user), False, True),
    ("try_again", "try upload again", lambda p: Video.objects.create(user=p.user), False, True),
]


@pytest.mark.parametrize(
    ("action", "name", "make", "asks", "has_person"), ACTIONS, ids=[row[1] for row in ACTIONS]
)
def test_it_says_what_who_whom_and_why(
    desk: Client,
    operator: Person,
    owner: Person,
    action: str,
    name: str,
    make: Making,
    asks: bool,
    has_person: bool,
) -> None:
    row = make(owner)
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    form = {"action": action, "_selected_action": [row.pk]}
    if asks:
        assert b"Cancel" in desk.post(page, form).content
        assert not AuditEntry.objects.exclude(kind="sign_in").exists()
        form |= {"confirmed": "yes", "reason": "because of that"}
    assert desk.post(page, form).status_code == 302
    line = AuditEntry.objects.exclude(kind="sign_in").get()
    assert (line.kind, line.action, line.operator_id) == ("action", name, operator.id)
    assert (line.model, line.object_id) == (row._meta.label_lower, str(row.pk))
    assert line.person_id == (owner.id if has_person else None)
    assert line.reason == ("because of that" if asks else "")


def test_every_action_of_a_list_writes_by_itself() -> None:
    """Each is in the table above, or has a log of its own, which its own tests look at."""
    own = {
        *("users.user", "users.authtoken", "moderation.report", "moderation.heldvideo"),
        *("wallet.payout", "wallet.purchase", "promotions.promotion"),
    }
    own_actions = {("videos.video", "hold_back"), ("videos.video", "let_pass")}
    for model, page in admin.site._registry.items():
        for name in page._extract_action_names(list(page.actions or ())):
            label = model._meta.label_lower
            if label not in own and (label, name) not in own_actions:
                assert getattr(getattr(type(page), name), "is_noted", False), (label, name)


def test_select_all_keeps_every_row(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LINES_OF_AN_ACTION", 3)
    monkeypatch.setattr(pages, "MOST_IN_A_LIST", 4)
    rows = [Hashtag.objects.create(name=f"tag{number}") for number in range(10)]
    form = {
        **{"action": "hide", "_selected_action": [rows[0].pk], "select_across": "1"},
        **{"confirmed": "yes", "reason": "a flood"},
    }
    desk.post(reverse("admin:videos_hashtag_changelist"), form)
    assert not Hashtag.objects.filter(is_hidden=False).exists()
    lines = AuditEntry.objects.filter(action="hide hashtag").order_by("id")
    kept = [each for line in lines for each in line.details["ids"]]
    assert sorted(kept) == sorted(row.pk for row in rows)
    assert [line.object_name for line in lines] == ["4 rows", "4 rows", "2 rows"]
    assert {line.reason for line in lines} == {"a flood"}


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_the_dashboard_says_it_too(desk: Client, owner: Person) -> None:
    room, _ = live.open_room(host_id=owner.id)
    desk.post(f"/dashboard/rooms/{room.pk}/end", {"reason": "nudity"})
    assert (last().action, last().person_id, last().reason) == ("end room", owner.id, "nudity")
    desk.post("/dashboard/start", {"username": "eve"})
    assert (last().action, last().model) == ("start capture", "capture.session")
    session = make_session("ada")
    desk.post(f"/dashboard/sessions/{session.pk}/stop")
    assert (last().action, last().object_id) == ("end capture", str(session.pk))
    overlay = Overlay.objects.create(kind="chat", session=session, digest=b"o" * 32, hint="ov_")
    desk.post(f"/dashboard/overlays/{overlay.pk}/revoke")
    assert (last().action, last().object_id) == ("revoke overlay", str(overlay.pk))


def test_a_price_that_changes_leaves_the_old_one(desk: Client) -> None:
    sold = package()
    page = reverse("admin:wallet_coinpackage_change", args=[sold.pk])
    form = {"title": "100 coins", "coins": "100", "price": "1.49", "order": "0", "active": "on"}
    assert desk.post(page, form).status_code == 302
    assert last().details == {"changed": ["Price"], "values": {"price": ["0.99", "1.49"]}}
    gift = Gift.objects.create(title="Rose", coin=5, image="gifts/a.png")
    listed: Any = {
        **{"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(gift.pk)},
        **{"form-0-order": "7", "form-0-active": "on", "_save": "Save"},
    }
    desk.post(reverse("admin:gifts_gift_changelist"), listed)
    assert last().details["values"] == {"order": [0, 7]}
    setting = AppSetting.objects.get(type="show_advert_after")
    page = reverse("admin:site_appsetting_change", args=[setting.pk])
    desk.post(page, {"type": setting.type, "value": "30", "note": setting.note})
    assert last().details["values"] == {"value": ["20", "30"]}


def test_people_s_own_data_stays_out_of_the_log(desk: Client, owner: Person) -> None:
    """It can't be deleted there when they leave."""
    page = reverse("admin:users_user_change", args=[owner.id])
    form = desk.get(page).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value not in (None, False)}
    inlines = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    for prefix in ("privacysetting", "pushnotificationsetting", "identities", "privacy", "push"):
        values |= {f"{prefix}-{name}": value for name, value in inlines.items()}
    for formset in desk.get(page).context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        values |= {f"{prefix}-{name}": value for name, value in inlines.items()}
    values = {name: value for name, value in values.items() if not isinstance(value, list)}
    assert desk.post(page, values | {"bio": "my secret"}).status_code == 302
    assert not AuditEntry.objects.filter(details__icontains="my secret").exists()


def test_rooms_that_nobody_chose_go_on(desk: Client, owner: Person, friend: Person) -> None:
    first, _ = live.open_room(host_id=owner.id)
    second, _ = live.open_room(host_id=friend.id)
    form = {"action": "end_rooms", "_selected_action": [first.pk], "confirmed": "yes"}
    page = reverse("admin:live_liveroom_changelist")
    assert b"This field is required" in desk.post(page, form | {"reason": " "}).content
    assert LiveRoom.objects.exclude(status="ended").count() == 2
    desk.post(page, form | {"reason": "spam"})
    assert LiveRoom.objects.exclude(status="ended").get() == second
