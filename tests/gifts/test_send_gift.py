"""sendGift: coins move once, from the caller, or not at all."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.gifts.models import Gift, SentGift
from apps.users.models import Block
from apps.wallet import ledger
from apps.wallet.models import Account, Transfer
from tests.books import balance, broken_rules, give_bought, tampering
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

Kind = Account.Kind


@pytest.fixture
def rose() -> Gift:
    return Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")


@pytest.fixture(autouse=True)
def _coins(owner: Person) -> None:
    give_bought(owner.user, 100)


def send(phone: Phone, by: Person | None, to: Person, gift: Gift, **values: Any) -> dict[str, Any]:
    return phone.call("sendGift", {"receiver_id": to.id, "gift_id": gift.id} | values, by=by)


def test_a_gift_moves_its_price_and_answers_with_the_senders_new_wallet(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    answer = send(phone, owner, friend, rose, sender_id=str(owner.id), gift_count=3)
    assert answer["code"] == 200, answer
    msg = answer["msg"]
    assert msg["User"]["id"] == owner.id
    assert msg["User"]["wallet"] == 70
    assert msg["User"]["email"] == "owner@example.com"
    assert msg["Gift"]["id"] == rose.id
    assert msg["Gift"]["coin"] == 10
    assert msg["PushNotification"]["id"] == msg["PrivacySetting"]["id"] == owner.id
    assert_both_clients_parse("sendGift", answer)
    assert ledger.total(friend.id) == 30
    sent = SentGift.objects.get()
    assert (sent.sender_id, sent.receiver_id, sent.gift_id) == (owner.id, friend.id, rose.id)
    assert (sent.count, sent.coins, sent.video_id, sent.live_streaming_id) == (3, 30, None, None)
    assert (sent.transfer.reason, sent.transfer.subject_id) == ("gift", sent.id)


def test_ids_and_counts_may_be_texts(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    values = {"receiver_id": str(friend.id), "gift_id": str(rose.id), "gift_count": "2"}
    assert phone.call("sendGift", values, by=owner)["msg"]["User"]["wallet"] == 80


@pytest.mark.parametrize("values", [{}, {"gift_count": ""}, {"gift_count": None}])
def test_a_missing_count_is_one(
    phone: Phone, owner: Person, friend: Person, rose: Gift, values: dict[str, Any]
) -> None:
    assert send(phone, owner, friend, rose, **values)["msg"]["User"]["wallet"] == 90


def test_all_coins_can_be_spent_and_not_one_more(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    assert send(phone, owner, friend, rose, gift_count=10)["msg"]["User"]["wallet"] == 0
    answer = send(phone, owner, friend, rose)
    assert answer == {"code": 201, "msg": "You don't have enough coins for this gift."}
    assert ledger.total(friend.id) == 100


def test_someone_who_never_had_coins_is_told_so(
    phone: Phone, stranger: Person, friend: Person, rose: Gift
) -> None:
    assert send(phone, stranger, friend, rose) == {
        "code": 201,
        "msg": "You don't have enough coins for this gift.",
    }
    assert_nothing_moved()


def assert_nothing_moved() -> None:
    assert not SentGift.objects.exists()
    assert not Transfer.objects.filter(reason="gift").exists()


COUNT = "Gift count: send between 1 and 9999 at once."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"gift_count": 0}, COUNT),
        ({"gift_count": "0"}, COUNT),
        ({"gift_count": -5}, COUNT),
        ({"gift_count": "-5"}, COUNT),
        ({"gift_count": 10_000}, COUNT),
        ({"gift_count": "9" * 30}, COUNT),
        ({"gift_count": "1.5"}, "Gift count: A valid integer is required."),
        ({"gift_count": "many"}, "Gift count: A valid integer is required."),
        ({"gift_count": True}, "Gift count: A valid integer is required."),
        ({"gift_count": [1]}, "Gift count: A valid integer is required."),
        ({"gift_id": 10**9}, "This gift is not available."),
        ({"gift_id": 0}, "Gift id is missing."),
        ({"gift_id": -1}, "Gift id: Ensure this value is greater than or equal to 1."),
        ({"receiver_id": 10**9}, "This person can't receive gifts."),
        ({"receiver_id": ""}, "Receiver id is missing."),
        ({"idempotency_key": "k" * 101}, None),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_moves(
    phone: Phone,
    owner: Person,
    friend: Person,
    rose: Gift,
    values: dict[str, Any],
    sentence: str | None,
) -> None:
    answer = send(phone, owner, friend, rose, **values)
    assert answer["code"] == 201
    assert sentence is None or answer["msg"] == sentence
    assert_nothing_moved()


def test_a_gift_to_oneself_is_refused(phone: Phone, owner: Person, rose: Gift) -> None:
    answer = send(phone, owner, owner, rose)
    assert answer == {"code": 201, "msg": "You can't send a gift to yourself."}
    assert_nothing_moved()


def test_a_gift_that_is_not_active_is_refused(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    Gift.objects.update(active=False)
    assert send(phone, owner, friend, rose)["code"] == 201
    assert_nothing_moved()


def test_a_block_in_either_direction_refuses_the_gift(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift
) -> None:
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    Block.objects.create(blocker=stranger.user, blocked=owner.user)
    for receiver in (friend, stranger):
        answer = send(phone, owner, receiver, rose)
        assert answer == {"code": 201, "msg": "You can't send gifts to this person."}
    assert_nothing_moved()


@pytest.mark.parametrize("status", ["banned", "deleted"])
def test_an_ended_account_receives_nothing(
    phone: Phone, owner: Person, friend: Person, rose: Gift, status: str
) -> None:
    friend.user.status = status
    friend.user.save(update_fields=["status"])
    answer = send(phone, owner, friend, rose)
    assert answer == {"code": 201, "msg": "This person can't receive gifts."}
    assert_nothing_moved()


def test_after_a_ban_has_run_out_gifts_arrive_again(
    phone: Phone, owner: Person, banned: Person, rose: Gift
) -> None:
    banned.user.banned_until = timezone.now() - timedelta(minutes=1)
    banned.user.save(update_fields=["banned_until"])
    assert send(phone, owner, banned, rose)["code"] == 200


def test_a_banned_sender_sends_nothing(
    phone: Phone, banned: Person, friend: Person, rose: Gift
) -> None:
    give_bought(banned.user, 50)
    assert send(phone, banned, friend, rose)["code"] == 501
    assert_nothing_moved()


@pytest.mark.parametrize("actor", ["sender_id", "user_id"])
def test_a_stranger_can_not_spend_the_owners_coins(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift, actor: str
) -> None:
    answer = send(phone, stranger, friend, rose, **{actor: owner.id})
    assert answer == {"code": 201, "msg": "You can only do this for your own account."}
    assert_nothing_moved()


def test_without_a_token_nothing_is_sent(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    assert send(phone, None, friend, rose, sender_id=owner.id)["code"] == 401
    values = {"receiver_id": friend.id, "gift_id": rose.id}
    assert phone.call("sendGift", values, headers={"Auth-Token": "wrong"})["code"] == 401
    assert_nothing_moved()


def test_a_retry_with_the_same_key_is_one_gift(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    values = {"receiver_id": friend.id, "gift_id": rose.id}
    headers = {"Idempotency-Key": "tap-1"}
    answers = [phone.call("sendGift", values, by=owner, headers=headers) for _ in range(3)]
    answers.append(phone.call("sendGift", values | {"idempotency_key": "tap-1"}, by=owner))
    assert [answer["msg"]["User"]["wallet"] for answer in answers] == [90] * 4
    assert SentGift.objects.count() == 1


def test_a_retry_is_answered_even_if_the_receiver_has_blocked_the_sender_since(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    send(phone, owner, friend, rose, idempotency_key="tap-1")
    Block.objects.create(blocker=friend.user, blocked=owner.user)
    assert send(phone, owner, friend, rose, idempotency_key="tap-1")["code"] == 200


@pytest.mark.parametrize("change", [{"gift_count": 2}, {"video_id": 5}])
def test_a_key_is_not_taken_for_another_gift(
    phone: Phone, owner: Person, friend: Person, rose: Gift, change: dict[str, Any]
) -> None:
    send(phone, owner, friend, rose, idempotency_key="tap-1")
    answer = send(phone, owner, friend, rose, idempotency_key="tap-1", **change)
    assert answer["code"] == 201
    assert ledger.total(owner.id) == 90


def test_two_people_may_use_the_same_key(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift
) -> None:
    give_bought(stranger.user, 50)
    for sender in (owner, stranger):
        assert send(phone, sender, friend, rose, idempotency_key="1")["code"] == 200
    assert SentGift.objects.count() == 2


def test_a_key_that_looks_like_ours_collides_with_nothing(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    send(phone, owner, friend, rose)
    key = Transfer.objects.get(reason="gift").key
    assert send(phone, owner, friend, rose, idempotency_key=key)["msg"]["User"]["wallet"] == 80


def test_bought_coins_are_spent_before_earned_ones(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    send(phone, owner, friend, rose, gift_count=5)
    give_bought(friend.user, 20)
    answer = send(phone, friend, owner, rose, gift_count=3)
    assert answer["msg"]["User"]["wallet"] == 40
    assert balance(friend.user, Kind.BOUGHT) == 0
    assert balance(friend.user, Kind.EARNED) == 40


def test_earned_coins_can_be_spent_before_they_are_settled(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift
) -> None:
    send(phone, owner, friend, rose, gift_count=5)
    assert balance(friend.user, Kind.EARNED) == 0
    answer = send(phone, friend, stranger, rose, gift_count=4)
    assert answer["msg"]["User"]["wallet"] == 10
    assert send(phone, friend, stranger, rose, gift_count=2)["code"] == 201


def test_the_platforms_share_is_taken_and_recorded(
    phone: Phone, owner: Person, friend: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_PLATFORM_SHARE_PERCENT = 33
    send(phone, owner, friend, rose)
    ledger.settle_all()
    assert Transfer.objects.get(reason="gift").share_percent == 33
    assert ledger.total(friend.id) == 7
    assert Account.objects.get(kind=Kind.PLATFORM).balance == 3


def test_a_share_of_everything_leaves_the_receiver_nothing(
    phone: Phone, owner: Person, friend: Person, rose: Gift, settings: Settings
) -> None:
    settings.GIFT_PLATFORM_SHARE_PERCENT = 100
    assert send(phone, owner, friend, rose)["msg"]["User"]["wallet"] == 90
    assert ledger.total(friend.id) == 0


def test_a_gift_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    friend: Person,
    rose: Gift,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):  # the caller, the gift, the record
        send(phone, owner, friend, rose, gift_count=3)
    with django_assert_num_queries(4):  # and whether the key was used
        send(phone, owner, friend, rose, idempotency_key="k")


def test_the_audit_finds_a_gift_that_nobody_paid(
    phone: Phone, owner: Person, friend: Person, rose: Gift
) -> None:
    send(phone, owner, friend, rose)
    with tampering():
        SentGift.objects.update(coins=5)
        assert broken_rules() == [
            "every sent gift was paid by its sender and credited to its receiver"
        ]
    with tampering():
        SentGift.objects.all()._raw_delete("default")
        assert broken_rules() == ["coins move for gifts only in sent gifts"]
    with tampering():
        Gift.objects.all()._raw_delete("default")
        assert broken_rules() == ["every sent gift names a person and a gift that exist"]
