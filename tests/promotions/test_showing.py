"""Who is shown a promotion, how the apps know it, and what is counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.promotions.models import Audience, Promotion, PromotionEvent
from apps.promotions.showing import count_showing, pick
from apps.users.models import Block, Follow, User
from apps.videos.models import NotInterested, Video, VideoWatch
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.promotions.booking import booked, clip
from tests.videos.scenes import post


@pytest.fixture
def promotion(owner: Person) -> Promotion:
    return booked(
        owner.user, destination="website", website_url="https://example.com", action_button="Go"
    )


def is_shown_to(person: Person) -> bool:
    return pick(viewer_id=person.id) is not None


def change(promotion: Promotion, **values: Any) -> None:
    Promotion.objects.filter(pk=promotion.pk).update(**values)


def counts(promotion: Promotion) -> tuple[int, int]:
    promotion.refresh_from_db()
    return promotion.reach, promotion.taps


def test_a_page_of_the_feed_carries_it_under_the_keys_of_the_apps(
    phone: Phone, owner: Person, friend: Person, stranger: Person, promotion: Promotion
) -> None:
    others = [clip(stranger.user) for _ in range(12)]
    answer = phone.call("showRelatedVideos", {"device_id": "1"}, by=friend)
    assert_both_clients_parse("showRelatedVideos", answer)
    marked = [item["Video"] for item in answer["msg"] if item["Video"]["promote"] == 1]
    assert [video["id"] for video in marked] == [promotion.video_id]
    assert marked[0]["promotion_id"] == promotion.id
    shown = marked[0]["Promotion"]
    assert (shown["id"], shown["website_url"]) == (promotion.id, "https://example.com")
    assert (shown["destination"], shown["action_button"]) == ("website", "Go")
    assert (shown["coin"], shown["total_reach"], shown["audience_id"]) == (0, 0, 0)
    assert len(answer["msg"]) == 10 < len(others)
    plain = [item["Video"] for item in answer["msg"] if item["Video"]["id"] != promotion.video_id]
    assert {(video["promote"], video["Promotion"]) for video in plain} == {(0, None)}
    assert counts(promotion) == (1, 0)
    again = phone.call("showRelatedVideos", {"device_id": "1"}, by=friend)
    assert promotion.video_id not in [item["Video"]["id"] for item in again["msg"]]
    assert counts(promotion) == (1, 0)


def test_a_page_carries_one_at_most(
    phone: Phone, owner: Person, friend: Person, stranger: Person, promotion: Promotion
) -> None:
    booked(owner.user)
    booked(stranger.user)
    answer = phone.call("showRelatedVideos", {"device_id": "1"}, by=friend)
    assert sum(item["Video"]["promote"] for item in answer["msg"]) == 1
    assert PromotionEvent.objects.count() == 1


def test_a_page_with_one_takes_four_queries(
    phone: Phone,
    friend: Person,
    stranger: Person,
    promotion: Promotion,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(12):
        post(stranger)
    with django_assert_num_queries(4):  # the token, what is promoted, the page, the showing
        answer = phone.call("showRelatedVideos", {"device_id": "key-1"}, by=friend)
    assert len(answer["msg"]) == 10
    assert sum(item["Video"]["promote"] for item in answer["msg"]) == 1


def test_neither_its_owner_nor_a_guest_is_shown_it(
    phone: Phone, owner: Person, promotion: Promotion
) -> None:
    assert not is_shown_to(owner)
    for person in (owner, None):
        answer = phone.call("showRelatedVideos", {"device_id": "key-1"}, by=person)
        assert sum(item["Video"]["promote"] for item in answer["msg"]) == 0
    assert counts(promotion) == (0, 0)


def now_and(**delta: int) -> Any:
    return timezone.now() + timedelta(**delta)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "pending"},
        {"reach": F("total_reach")},
        {"video": None},
        {"start_at": now_and(days=1), "end_at": now_and(days=2)},
        {"start_at": now_and(days=-2), "end_at": now_and(days=-1)},
    ],
    ids=["pending", "everybody reached", "no video", "later", "over"],
)
def test_only_a_running_one_within_its_time_and_reach_is_shown(
    friend: Person, promotion: Promotion, values: dict[str, Any]
) -> None:
    assert is_shown_to(friend)
    change(promotion, **values)
    assert not is_shown_to(friend)
    change(promotion, reach=0)  # the books are proved at the end


@pytest.mark.parametrize(
    "values", [{"privacy": "private"}, {"block": True}, {"is_story": True}, {"state": "failed"}]
)
def test_a_video_that_is_not_for_everyone_any_more_is_not_shown(
    friend: Person, promotion: Promotion, values: dict[str, Any]
) -> None:
    Video.objects.filter(pk=promotion.video_id).update(**values)
    assert not is_shown_to(friend)


@pytest.mark.parametrize("mine", [True, False])
def test_a_block_in_either_direction_hides_it(
    owner: Person, friend: Person, promotion: Promotion, mine: bool
) -> None:
    one, other = (owner, friend) if mine else (friend, owner)
    Block.objects.create(blocker=one.user, blocked=other.user)
    assert not is_shown_to(friend)


def test_a_private_account_is_shown_to_its_followers(
    owner: Person, friend: Person, stranger: Person, promotion: Promotion
) -> None:
    User.objects.filter(pk=owner.id).update(is_private=True)
    Follow.objects.create(follower=friend.user, followed=owner.user)
    assert (is_shown_to(friend), is_shown_to(stranger)) == (True, False)


def test_who_has_watched_it_or_asked_not_to_see_it_is_not_shown_it(
    friend: Person, stranger: Person, promotion: Promotion
) -> None:
    VideoWatch.objects.create(user=friend.user, video=promotion.video)
    NotInterested.objects.create(user=stranger.user, video=promotion.video)
    assert not is_shown_to(friend)
    assert not is_shown_to(stranger)


def test_only_its_audience_is_shown_it(owner: Person) -> None:
    group = Audience.objects.create(
        user=owner.user,
        name="group",
        min_age=18,
        max_age=30,
        gender="female",
        locations=[{"country": "italy"}],
    )
    booked(owner.user, audience_id=group.id)
    born = timezone.now().date().replace(month=1, day=1)
    fits = {"gender": "Female", "country": "Italy", "dob": born.replace(year=born.year - 25)}
    assert is_shown_to(make_person("fits", **fits))
    for number, wrong in enumerate(
        ({"gender": "male"}, {"country": "France"}, {"dob": born.replace(year=1950)}, {"dob": None})
    ):
        assert not is_shown_to(make_person(f"other{number}", **(fits | wrong)))


def test_a_person_counts_once_a_day(friend: Person, promotion: Promotion) -> None:
    results = [count_showing(promotion_id=promotion.pk, viewer_id=friend.id) for _ in range(3)]
    assert results == [True, False, False]
    assert counts(promotion) == (1, 0)
    yesterday = timezone.now().date() - timedelta(days=2)
    PromotionEvent.objects.update(day=yesterday)
    assert count_showing(promotion_id=promotion.pk, viewer_id=friend.id)
    assert counts(promotion) == (2, 0)


def test_nobody_counts_past_what_was_paid_for(
    owner: Person, friend: Person, stranger: Person
) -> None:
    promotion = booked(owner.user, coins=1)
    change(promotion, reach_per_coin=1, total_reach=1)
    assert count_showing(promotion_id=promotion.pk, viewer_id=friend.id)
    assert not count_showing(promotion_id=promotion.pk, viewer_id=stranger.id)
    assert counts(promotion) == (1, 0)


def test_a_showing_is_one_statement(
    friend: Person, promotion: Promotion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        count_showing(promotion_id=promotion.pk, viewer_id=friend.id)


def test_the_start_up_advertisement_is_a_whole_video_and_counts(
    phone: Phone, friend: Person, promotion: Promotion
) -> None:
    answer = phone.call("showVideoDetailAd", {"user_id": friend.id}, by=friend)
    assert answer["code"] == 200, answer
    assert_both_clients_parse("showVideoDetailAd", answer)
    video = answer["msg"]["Video"]
    assert (video["id"], video["promote"]) == (promotion.video_id, 1)
    assert video["Promotion"]["id"] == video["promotion_id"] == promotion.id
    assert counts(promotion) == (1, 0)
    again = phone.call("showVideoDetailAd", by=friend)
    assert again == {"code": 201, "msg": "There is no advertisement right now."}


def test_neither_a_guest_nor_the_owner_gets_a_start_up_advertisement(
    phone: Phone, owner: Person, promotion: Promotion
) -> None:
    assert phone.call("showVideoDetailAd")["code"] == 201
    assert phone.call("showVideoDetailAd", by=owner)["code"] == 201
    assert counts(promotion) == (0, 0)


@pytest.mark.parametrize("endpoint", ["destinationTap", "learnMoreTap"])
def test_a_tap_counts_once_a_person_and_day(
    phone: Phone, friend: Person, stranger: Person, promotion: Promotion, endpoint: str
) -> None:
    for person in (friend, friend, stranger):
        answer = phone.call(endpoint, {"promotion_id": str(promotion.id)}, by=person)
        assert answer["code"] == 200, answer
    assert_both_clients_parse("destinationTap", answer)
    assert answer["msg"]["Promotion"]["id"] == promotion.id
    assert answer["msg"]["Video"]["id"] == promotion.video_id
    assert answer["msg"]["Promotion"]["destination_tap"] == 0  # the owner's business
    assert "Audience" not in answer["msg"]
    assert counts(promotion) == (0, 2)


def test_the_owners_taps_count_for_nothing_and_show_the_numbers(
    phone: Phone, owner: Person, friend: Person, promotion: Promotion
) -> None:
    phone.call("destinationTap", {"promotion_id": promotion.id}, by=friend)
    answer = phone.call("destinationTap", {"promotion_id": promotion.id}, by=owner)
    assert answer["msg"]["Promotion"]["destination_tap"] == 1
    assert answer["msg"]["Promotion"]["clicks"] == 1
    assert counts(promotion) == (0, 1)


def test_guests_count_once_an_address(phone: Phone, promotion: Promotion) -> None:
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        headers = {"X-Forwarded-For": address}
        answer = phone.call("destinationTap", {"promotion_id": promotion.id}, headers=headers)
        assert answer["code"] == 200
    assert counts(promotion) == (0, 2)


def test_a_tap_on_nothing_is_refused(phone: Phone, friend: Person) -> None:
    answer = phone.call("destinationTap", {"promotion_id": 10**9}, by=friend)
    assert answer == {"code": 201, "msg": "This promotion is not there."}
    assert phone.call("destinationTap", by=friend)["msg"] == "Promotion id is missing."


@pytest.mark.parametrize(("endpoint", "queries"), [("destinationTap", 4), ("showVideoDetailAd", 4)])
def test_each_call_has_a_fixed_number_of_queries(
    phone: Phone,
    friend: Person,
    promotion: Promotion,
    endpoint: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(queries):
        phone.call(endpoint, {"promotion_id": promotion.id}, by=friend)
