"""From the outbox to the phone, against a local FCM that can be slow, fail and know dead tokens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.notifications import delivery, push
from apps.notifications.models import Push
from apps.notifications.push.fcm import FcmSender
from apps.notifications.services import notify, push_message
from apps.notifications.tasks import forget_old_pushes, send_pushes
from apps.users.models import Device
from tests.cast import Person
from tests.notifications.fcm import Fcm, serving


@pytest.fixture
def fcm() -> Iterator[Fcm]:
    with serving(Fcm()) as double:
        yield double


@pytest.fixture
def sender(fcm: Fcm, tmp_path: Path) -> FcmSender:
    account = fcm.service_account(tmp_path)
    return FcmSender(service_account_file=str(account), base_url=fcm.url)


@pytest.fixture(autouse=True)
def _pushing(settings: object) -> None:
    settings.PUSH_SENDER = "fcm"


def give_phone(person: Person, token: str) -> Device:
    return Device.objects.create(key=token, user=person.user, push_token=token)


def tell(owner: Person, friend: Person) -> None:
    text = "friend started following you"
    notify(receiver_id=owner.id, sender_id=friend.id, type="following", text=text)


def due_now() -> None:
    Push.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_every_phone_of_the_receiver_gets_what_its_app_reads(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    give_phone(owner, "two")
    tell(owner, friend)
    assert delivery.send_due(sender) == 2
    assert {message["token"] for message in fcm.taken} == {"one", "two"}
    data = fcm.taken[0]["data"]
    assert data | {"notification_id": ""} == {
        "type": "follow",
        "title": "friend started following you",
        "body": "",
        "sender_id": str(friend.id),
        "user_id": str(friend.id),
        "receiver_id": str(owner.id),
        "video_id": "0",
        "live_streaming_id": "0",
        "image": "",
        "notification_id": "",
    }
    assert fcm.taken[0]["notification"]["title"] == "friend started following you"
    assert set(Push.objects.values_list("state", flat=True)) == {"sent"}
    assert delivery.send_due(sender) == 0
    assert fcm.sign_ins == 1


def test_a_dead_token_is_forgotten(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    fcm.dead_tokens = {"dead"}
    fcm.not_tokens = {"nonsense"}
    for token in ("dead", "nonsense", "alive"):
        give_phone(owner, token)
    tell(owner, friend)
    delivery.send_due(sender)
    assert [message["token"] for message in fcm.taken] == ["alive"]
    assert [d.push_token for d in Device.objects.exclude(push_token="")] == ["alive"]
    assert Push.objects.filter(state="dropped").count() == 2


def test_a_token_that_was_renewed_meanwhile_is_kept(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    fcm.dead_tokens = {"old"}
    device = give_phone(owner, "old")
    tell(owner, friend)
    claimed = delivery.claim()
    Device.objects.filter(pk=device.pk).update(push_token="new")
    delivery.send_batch(sender, claimed)
    assert Device.objects.get().push_token == "new"


@pytest.mark.parametrize(
    "failure", [(503, "UNAVAILABLE", {}), (500, "INTERNAL", {}), (429, "QUOTA_EXCEEDED", {})]
)
def test_what_fails_for_now_is_sent_later(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person, failure: tuple
) -> None:
    fcm.failures = [failure]
    give_phone(owner, "one")
    tell(owner, friend)
    delivery.send_due(sender)
    row = Push.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.due_at > timezone.now()
    assert delivery.send_due(sender) == 0  # not yet
    due_now()
    delivery.send_due(sender)
    assert Push.objects.get().state == "sent"


def test_the_wait_doubles_and_follows_what_fcm_asks_for(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    waits = []
    for failure in [(503, "UNAVAILABLE", {})] * 3 + [(429, "", {"Retry-After": "1000"})]:
        fcm.failures = [failure]
        due_now()
        delivery.send_due(sender)
        waits.append((Push.objects.get().due_at - timezone.now()).total_seconds())
    assert [round(wait / 1.1, -1) for wait in waits[:3]] == pytest.approx([15, 30, 60], abs=10)
    assert 900 < waits[3] < 1300


def test_after_some_attempts_it_is_given_up(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    fcm.failures = [(503, "UNAVAILABLE", {})] * 20
    for _ in range(delivery.MAX_ATTEMPTS):
        due_now()
        delivery.send_due(sender)
    row = Push.objects.get()
    assert row.state == "dropped"
    assert "UNAVAILABLE" in row.problem


def test_what_fcm_will_never_take_is_not_tried_again(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    fcm.failures = [(400, "INVALID_ARGUMENT", {})]
    give_phone(owner, "one")
    tell(owner, friend)
    delivery.send_due(sender)
    assert Push.objects.get().state == "dropped"
    assert Device.objects.get().push_token == "one"


def test_a_cut_line_and_a_refused_service_account_are_tried_again(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    fcm.signs_in = False
    delivery.send_due(sender)
    assert "service account" in Push.objects.get().problem
    fcm.signs_in, fcm.cut = True, True
    due_now()
    delivery.send_due(sender)
    assert "can't be reached" in Push.objects.get().problem
    fcm.cut = False
    due_now()
    delivery.send_due(sender)
    assert Push.objects.get().state == "sent"


def test_an_access_token_that_ended_is_replaced(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    sender.account.headers()
    fcm.accepted_bearers = set()
    delivery.send_due(sender)
    due_now()
    delivery.send_due(sender)
    assert (Push.objects.get().state, fcm.sign_ins) == ("sent", 2)


def test_a_slow_fcm_is_waited_for_in_parallel(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcm.delay_s = 0.05
    for number in range(2 * delivery.PARALLEL):
        give_phone(owner, f"phone {number}")
    tell(owner, friend)
    assert delivery.send_due(sender) == 2 * delivery.PARALLEL
    assert not Push.objects.exclude(state="sent").values_list("problem", flat=True)
    assert len(fcm.taken) == 2 * delivery.PARALLEL


def test_a_worker_that_dies_leaves_its_batch_to_another(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    assert len(delivery.claim()) == 1  # and dies
    assert delivery.send_due(sender) == 0  # the lease holds
    due_now()
    assert delivery.send_due(sender) == 1


def test_a_phone_that_changed_hands_or_lay_too_long_gets_nothing(
    fcm: Fcm, sender: FcmSender, owner: Person, friend: Person
) -> None:
    device = give_phone(owner, "one")
    tell(owner, friend)
    Device.objects.filter(pk=device.pk).update(user=friend.user)
    delivery.send_due(sender)
    push_message(receiver_ids=[friend.id], sender_id=owner.id, text="Hi")
    Push.objects.filter(state="pending").update(created_at=timezone.now() - timedelta(hours=25))
    delivery.send_due(sender)
    assert fcm.taken == []
    assert set(Push.objects.values_list("state", flat=True)) == {"dropped"}


def test_old_pushes_are_forgotten(owner: Person, friend: Person) -> None:
    give_phone(owner, "one")
    tell(owner, friend)
    forget_old_pushes()
    assert Push.objects.count() == 1
    Push.objects.update(created_at=timezone.now() - timedelta(days=8))
    forget_old_pushes()
    assert Push.objects.count() == 0


def test_the_console_shows_pushes_and_none_makes_none(
    settings: object, owner: Person, friend: Person, caplog: pytest.LogCaptureFixture
) -> None:
    give_phone(owner, "one")
    settings.PUSH_SENDER = "none"
    push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hi")
    assert Push.objects.count() == 0
    settings.PUSH_SENDER = "console"
    push_message(receiver_ids=[owner.id], sender_id=friend.id, text="Hello there")
    push.push_sender.cache_clear()
    try:
        with caplog.at_level("INFO"):
            send_pushes()
    finally:
        push.push_sender.cache_clear()
    assert "Hello there" in caplog.text
    assert "one" not in caplog.text  # the token is a secret
