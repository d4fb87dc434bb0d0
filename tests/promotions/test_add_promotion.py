"""addPromotion: coins are held with the promotion's row, once, or nothing happens."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.promotions.models import AdSettings, Audience, Promotion
from apps.users.models import User
from apps.videos.models import Video
from apps.wallet import ledger
from apps.wallet.models import Account, Freeze, Transfer
from tests.books import balance, broken_rules, earn, give_bought, tampering
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.promotions.booking import COINS, clip, moment, wishes

Kind = Account.Kind


@pytest.fixture
def video(owner: Person) -> Video:
    give_bought(owner.user, COINS)
    return clip(owner.user, view_count=7)


def held() -> int:
    ledger.settle_all()
    account = Account.objects.filter(kind=Kind.PROMOTIONS).first()
    return account.balance if account else 0


def assert_nothing_booked(owner: Person) -> None:
    assert not Promotion.objects.exists()
    assert not Transfer.objects.filter(reason="promotion").exists()
    assert ledger.total(owner.id) == COINS


def test_a_promotion_takes_its_coins_and_answers_with_the_new_wallet(
    phone: Phone, owner: Person, video: Video
) -> None:
    answer = phone.call("addPromotion", wishes(video), by=owner)
    assert answer["code"] == 200, answer
    assert_both_clients_parse("addPromotion", answer)
    msg, promotion = answer["msg"], Promotion.objects.get()
    assert msg["User"]["wallet"] == COINS - 200
    assert msg["Video"]["id"] == msg["Promotion"]["video_id"] == video.id
    assert msg["Audience"] == {}
    shown = msg["Promotion"]
    assert shown["id"] == promotion.id
    assert (shown["coin"], shown["price"], shown["audience_id"]) == (200, 200, 0)
    assert (shown["destination"], shown["action_button"]) == ("website", "Shop now")
    assert shown["website_url"] == "https://example.com/shop"
    assert (shown["reach"], shown["destination_tap"], shown["active"]) == (0, 0, 1)
    assert shown["video_views"] == 7
    assert (shown["coins_spent"], shown["coins_returned"]) == (0, 0)
    transfer = Transfer.objects.get(reason="promotion")
    assert transfer.subject_id == promotion.id
    assert held() == 200


def test_the_reach_follows_from_the_rate_whatever_the_app_says(
    phone: Phone, owner: Person, video: Video
) -> None:
    AdSettings.objects.create(views_per_coin=7, website_per_coin=5, followers_per_coin=3)
    reached = {}
    for goal in ("views", "website", "follower"):
        answer = phone.call("addPromotion", wishes(video, destination=goal, coin=10), by=owner)
        reached[goal] = answer["msg"]["Promotion"]["total_reach"]
    assert reached == {"views": 70, "website": 50, "follower": 30}


def test_an_operator_may_have_to_approve_it_first(
    phone: Phone, owner: Person, video: Video
) -> None:
    AdSettings.objects.create(needs_approval=True)
    answer = phone.call("addPromotion", wishes(video), by=owner)
    assert answer["msg"]["Promotion"]["active"] == 0
    assert held() == 200


def test_the_same_booking_sent_again_is_one(phone: Phone, owner: Person, video: Video) -> None:
    body = wishes(video)
    answers = [phone.call("addPromotion", body, by=owner)["msg"] for _ in range(3)]
    assert {answer["Promotion"]["id"] for answer in answers} == {Promotion.objects.get().id}
    assert {answer["User"]["wallet"] for answer in answers} == {COINS - 200}


def test_a_key_tells_two_equal_bookings_apart_and_one_from_its_retry(
    phone: Phone, owner: Person, video: Video
) -> None:
    body = wishes(video)
    for key in ("a", "b", "a"):
        answer = phone.call("addPromotion", body, by=owner, headers={"Idempotency-Key": key})
        assert answer["code"] == 200
    phone.call("addPromotion", body | {"idempotency_key": "b"}, by=owner)
    assert Promotion.objects.count() == 2
    assert held() == 400


def test_a_key_is_not_taken_for_another_promotion(
    phone: Phone, owner: Person, video: Video
) -> None:
    phone.call("addPromotion", wishes(video, idempotency_key="a"), by=owner)
    answer = phone.call("addPromotion", wishes(video, idempotency_key="a", coin=5), by=owner)
    assert answer == {
        "code": 201,
        "msg": "This key has already been used for another promotion. Nothing was booked.",
    }
    assert held() == 200


def test_bought_coins_are_taken_before_earned_ones(phone: Phone, friend: Person) -> None:
    give_bought(friend.user, 30)
    earn(friend.user, 50)
    answer = phone.call("addPromotion", wishes(clip(friend.user), coin=40), by=friend)
    assert answer["msg"]["User"]["wallet"] == 40
    assert Promotion.objects.get().coins_bought == 30
    assert (balance(friend.user, Kind.BOUGHT), balance(friend.user, Kind.EARNED)) == (0, 40)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"video_id": ""}, "Video id is missing."),
        ({"coin": ""}, "Coin is missing."),
        ({"coin": 0}, "A promotion costs at least 1 coins."),
        ({"coin": -5}, None),
        ({"coin": 1_000_001}, "A promotion costs at most 1000000 coins."),
        ({"coin": COINS + 1}, "You don't have enough coins for this promotion."),
        ({"coin": "1.5"}, None),
        ({"coin": True}, None),
        ({"destination": "moon"}, "Destination: views, website or follower."),
        ({"destination": ""}, "Destination is missing."),
        ({"website_url": ""}, "Website url is missing."),
        (
            {"website_url": "javascript:alert(1)//://"},
            "Website url: an address like https://example.com is needed.",
        ),
        ({"start_datetime": "soon"}, None),
        ({"end_datetime": ""}, "End datetime is missing."),
        (
            {"start_datetime": "2020-01-01 00:00:00", "end_datetime": "2020-02-01 00:00:00"},
            "The promotion's end must be after its start and in the future.",
        ),
        (
            {"start_datetime": moment(9)},
            "The promotion's end must be after its start and in the future.",
        ),
        ({"end_datetime": moment(900)}, "A promotion runs for at most 366 days."),
        ({"audience_id": 10**9}, "This audience is not there."),
        ({"video_id": 10**9}, "Only your own public videos can be promoted."),
        ({"idempotency_key": "k" * 101}, None),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_moves(
    phone: Phone, owner: Person, video: Video, changes: dict[str, Any], sentence: str | None
) -> None:
    answer = phone.call("addPromotion", wishes(video, **changes), by=owner)
    assert answer["code"] == 201
    assert sentence is None or answer["msg"] == sentence
    assert_nothing_booked(owner)


@pytest.mark.parametrize(
    "state",
    [{"privacy": "private"}, {"block": True}, {"is_story": True}, {"state": "processing"}],
)
def test_a_video_that_is_not_for_everyone_is_not_promoted(
    phone: Phone, owner: Person, video: Video, state: dict[str, Any]
) -> None:
    Video.objects.filter(pk=video.pk).update(**state)
    answer = phone.call("addPromotion", wishes(video), by=owner)
    assert answer["msg"] == "Only your own public videos can be promoted."
    assert_nothing_booked(owner)


def test_a_private_account_promotes_nothing(phone: Phone, owner: Person, video: Video) -> None:
    User.objects.filter(pk=owner.id).update(is_private=True)
    answer = phone.call("addPromotion", wishes(video), by=owner)
    assert answer["msg"] == "Your account is private. Open it to promote videos."
    assert_nothing_booked(owner)


def test_a_frozen_wallet_pays_for_nothing(phone: Phone, owner: Person, video: Video) -> None:
    Freeze.objects.create(user=owner.user, reason="looked odd")
    answer = phone.call("addPromotion", wishes(video), by=owner)
    assert answer["msg"] == "Your wallet is frozen. Please write to the support."
    assert_nothing_booked(owner)


def test_a_stranger_promotes_neither_for_the_owner_nor_the_owners_video(
    phone: Phone, owner: Person, stranger: Person, video: Video
) -> None:
    give_bought(stranger.user, COINS)
    answer = phone.call("addPromotion", wishes(video), by=stranger)
    assert answer["msg"] == "You can only do this for your own account."
    answer = phone.call("addPromotion", wishes(video, user_id=""), by=stranger)
    assert answer["msg"] == "Only your own public videos can be promoted."
    answer = phone.call("addPromotion", wishes(video), headers={"Auth-Token": "wrong"})
    assert answer["code"] == 401
    assert_nothing_booked(owner)
    assert ledger.total(stranger.id) == COINS


def test_a_strangers_audience_is_not_used(
    phone: Phone, owner: Person, stranger: Person, video: Video
) -> None:
    theirs = Audience.objects.create(user=stranger.user, name="mine")
    answer = phone.call("addPromotion", wishes(video, audience_id=theirs.id), by=owner)
    assert answer["msg"] == "This audience is not there."
    assert_nothing_booked(owner)


def test_a_booking_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    video: Video,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    body = wishes(video)
    with django_assert_num_queries(22):
        phone.call("addPromotion", body, by=owner)
    with django_assert_num_queries(3):  # the caller, the booking of before, the answer
        phone.call("addPromotion", body, by=owner)


def test_the_audit_finds_what_does_not_add_up(phone: Phone, owner: Person, video: Video) -> None:
    phone.call("addPromotion", wishes(video), by=owner)
    with tampering():
        Promotion.objects.update(coins=300, total_reach=15_000)
        assert broken_rules() == [
            "the promotions account holds the coins of the promotions that have not ended",
            "every promotion took its coins from its owner, who has back what was not spent",
        ]
    with tampering():
        Promotion.objects.update(coins_bought=50)
        assert broken_rules() == ["bought coins of a promotion came back as bought ones"]
    with tampering():
        Promotion.objects.update(reach=3)
        assert broken_rules() == [
            "a running promotion's reach and taps are the people in its events"
        ]
    with tampering():
        now = timezone.now()
        Promotion.objects.update(
            state="ended", end_reason="time", ended_at=now + timedelta(days=9), returned=7
        )
        assert "a promotion's spent coins are what the people it reached cost" in broken_rules()
    with tampering():
        Promotion.objects.all()._raw_delete("default")
        assert "coins move for promotions only in promotions" in broken_rules()
