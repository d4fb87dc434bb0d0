"""What slows a fraud down: frozen wallets, limits an hour, flags."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from limits.errors import StorageError
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.gifts import tasks, velocity
from apps.gifts.models import Flag, Gift, SentGift
from apps.gifts.services import send_gift
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import Freeze
from tests.books import give_bought
from tests.cast import Person, Phone, make_person


@pytest.fixture
def rose() -> Gift:
    return Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")


def give(phone: Phone, sender: Person, receiver: Person, gift: Gift, **more: Any) -> dict[str, Any]:
    values = {"receiver_id": receiver.id, "gift_id": gift.id, "gift_count": 1} | more
    return phone.call("sendGift", values, by=sender)


def test_a_frozen_wallet_sends_nothing_and_still_receives(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    give_bought(owner.user, 100)
    give_bought(friend.user, 100)
    Freeze.objects.create(user=owner.user, reason="chargebacks")
    assert give(phone, owner, friend, rose) == {
        "code": 201,
        "msg": "Your wallet is frozen. Please write to the support.",
    }
    assert not SentGift.objects.exists()
    assert give(phone, friend, owner, rose)["code"] == 200
    assert ledger.total(owner.id) == 110


def test_a_retry_of_a_gift_sent_before_the_freeze_is_still_that_gift(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    give_bought(owner.user, 100)
    give(phone, owner, friend, rose, idempotency_key="k")
    Freeze.objects.create(user=owner.user, reason="chargebacks")
    assert give(phone, owner, friend, rose, idempotency_key="k")["code"] == 200
    assert ledger.total(owner.id) == 90


def test_a_sender_has_a_limit_an_hour_and_refused_gifts_do_not_count(
    phone: Phone, owner: Person, friend: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_SENDER_MAX_COINS_PER_HOUR = 25
    give_bought(owner.user, 1000)
    codes = [
        give(phone, owner, friend, rose, gift_count=count)["code"] for count in (3, 1, 2, 1, 1)
    ]
    assert codes == [201, 200, 201, 200, 201]
    assert ledger.total(owner.id) == 980


def test_a_receiver_has_a_limit_across_senders(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_RECEIVER_MAX_COINS_PER_HOUR = 15
    give_bought(owner.user, 100)
    give_bought(friend.user, 100)
    assert give(phone, owner, stranger, rose)["code"] == 200
    assert give(phone, friend, stranger, rose) == {"code": 201, "msg": velocity.GETS_TOO_MUCH}
    assert give(phone, friend, owner, rose)["code"] == 200


def test_while_the_counter_is_away_gifts_pass(
    phone: Phone,
    owner: Person,
    friend: Person,
    rose: Gift,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.GIFT_SENDER_MAX_COINS_PER_HOUR = 25
    give_bought(owner.user, 100)

    def away() -> Any:
        raise StorageError(ConnectionError())

    monkeypatch.setattr(velocity, "limiter", away)
    assert give(phone, owner, friend, rose)["code"] == 200


def test_limits_cost_one_query(
    owner: Person,
    friend: Person,
    rose: Gift,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    give_bought(owner.user, 100)
    gift = {"sender_id": owner.id, "receiver_id": friend.id, "gift_id": rose.id, "count": 1}
    with django_assert_num_queries(1):
        send_gift(**gift)
    settings.GIFT_SENDER_MAX_COINS_PER_HOUR = 1000
    settings.GIFT_RECEIVER_MAX_COINS_PER_HOUR = 1000
    with django_assert_num_queries(2):
        send_gift(**gift)


def test_many_new_accounts_that_give_to_one_person_raise_one_flag_a_day(
    client: Client, owner: Person, friend: Person, operator: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_FLAG_NEW_SENDERS = 3
    for number in range(3):
        sender = make_person(f"new{number}")
        give_bought(sender.user, 100)
        send_gift(sender_id=sender.id, receiver_id=owner.id, gift_id=rose.id, count=2)
        send_gift(sender_id=sender.id, receiver_id=friend.id, gift_id=rose.id, count=1)
        tasks.flag_gifts()
        assert Flag.objects.exists() == (number == 2)
    Flag.objects.update(reviewed=True)
    tasks.flag_gifts()
    flag = Flag.objects.get(user=owner.user)
    assert (flag.senders, flag.coins, flag.reviewed) == (3, 60, True)
    client.force_login(operator.user)
    page = client.get(reverse("admin:gifts_flag_changelist"))
    assert page.context["cl"].result_count == 2


def test_gifts_from_old_accounts_raise_no_flag(
    owner: Person, friend: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_FLAG_NEW_SENDERS = 1
    User.objects.filter(pk=owner.id).update(created_at=timezone.now() - timedelta(days=8))
    give_bought(owner.user, 100)
    send_gift(sender_id=owner.id, receiver_id=friend.id, gift_id=rose.id, count=1)
    tasks.flag_gifts()
    assert not Flag.objects.exists()
