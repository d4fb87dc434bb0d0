"""showPromotions, showAllPromotions and showAddSettings: what owners see of their money."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.promotions import services
from apps.promotions.models import AdSettings, Promotion
from apps.promotions.showing import count_showing, tap
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.promotions.booking import booked, clip


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def promotions(owner: Person, friend: Person) -> list[Promotion]:
    """Two of one video, one shown and tapped and ended; and a third of a deleted one."""
    video = clip(owner.user, view_count=50, like_count=7)
    first, second = booked(owner.user, video), booked(owner.user, video, coins=20)
    third = booked(owner.user, coins=5)
    count_showing(promotion_id=first.pk, viewer_id=friend.id)
    tap(promotion_id=first.pk, viewer_id=friend.id, address="")
    services.end(promotion_id=first.pk, reason=Promotion.EndReason.STOPPED)
    third.video.delete()
    return [first, second, third]


def test_the_newest_come_first_with_their_numbers_and_the_sums(
    phone: Phone, owner: Person, promotions: list[Promotion]
) -> None:
    body = {
        "user_id": str(owner.id),
        "start_datetime": f"{today() - timedelta(days=7)} 12:00:00",
        "end_datetime": f"{today()} 11:59:59",
        "starting_point": "0",
    }
    answer = phone.call("showPromotions", body, by=owner)
    assert answer["code"] == 200, answer
    assert_both_clients_parse("showPromotions", answer)
    items = answer["msg"]["Details"]
    assert [item["Promotion"]["id"] for item in items] == [p.id for p in reversed(promotions)]
    assert [item["Promotion"]["active"] for item in items] == [1, 1, 2]
    assert items[0]["Video"] == {}
    ended = items[2]["Promotion"]
    assert (ended["reach"], ended["destination_tap"], ended["total_reach"]) == (1, 1, 1000)
    assert (ended["coins_spent"], ended["coins_returned"]) == (1, 9)
    assert (ended["state"], ended["end_reason"]) == ("ended", "stopped")
    assert items[2]["Video"]["view"] == ended["video_views"] == 50
    assert answer["msg"]["Stats"] == {
        "total_coins": 35,
        "total_destination_tap": 1,
        "total_likes": 7,
        "total_views": 50,
    }


def test_pages_hold_ten_and_the_last_is_followed_by_none(phone: Phone, owner: Person) -> None:
    video = clip(owner.user)
    for coins in range(1, 13):
        booked(owner.user, video, coins=coins)
    pages = [phone.call("showPromotions", {"starting_point": n}, by=owner) for n in range(3)]
    coins = [[d["Promotion"]["coin"] for d in page["msg"]["Details"]] for page in pages[:2]]
    assert coins == [list(range(12, 2, -1)), [2, 1]]
    assert pages[2] == {"code": 201, "msg": "There are no promotions here."}


def test_only_those_booked_on_the_given_days_are_listed(
    phone: Phone, owner: Person, promotions: list[Promotion]
) -> None:
    old = promotions[1]
    Promotion.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    days = {"start_datetime": str(today() - timedelta(days=45)), "end_datetime": str(today())}
    assert len(phone.call("showPromotions", days, by=owner)["msg"]["Details"]) == 3
    days["end_datetime"] = str(today() - timedelta(days=30))
    listed = phone.call("showPromotions", days, by=owner)["msg"]["Details"]
    assert [item["Promotion"]["id"] for item in listed] == [old.id]
    periods = {}
    for asked in ("7", 28, "60"):
        answer = phone.call("showAllPromotions", {"days": asked}, by=owner)
        periods[str(asked)] = len(answer["msg"]["Promotions"])
    assert periods == {"7": 2, "28": 2, "60": 3}
    custom = phone.call("showAllPromotions", days | {"days": "custom"}, by=owner)["msg"]
    assert [item["Promotion"]["id"] for item in custom["Promotions"]] == [old.id]
    assert custom["Stats"]["ending_date"] == (today() - timedelta(days=30)).strftime("%b %d")


def test_a_period_says_what_was_spent(
    phone: Phone, owner: Person, promotions: list[Promotion]
) -> None:
    stats = phone.call("showAllPromotions", {"days": "7"}, by=owner)["msg"]["Stats"]
    assert stats == {
        "coins_spent": 1,
        "total_video_views": 50,
        "total_destination_tap": 1,
        "total_video_likes": 7,
        "starting_date": (today() - timedelta(days=7)).strftime("%b %d"),
        "ending_date": today().strftime("%b %d"),
    }


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("showAllPromotions", {"days": "9"}),
        ("showAllPromotions", {"days": "custom", "start_datetime": "never"}),
        ("showPromotions", {"start_datetime": "13-13-13"}),
        ("showPromotions", {"starting_point": -1}),
    ],
)
def test_what_makes_no_sense_is_refused(
    phone: Phone, owner: Person, endpoint: str, values: dict[str, Any]
) -> None:
    assert phone.call(endpoint, values, by=owner)["code"] == 201


@pytest.mark.parametrize("far", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_trouble(phone: Phone, owner: Person, far: str) -> None:
    days = {"start_datetime": far, "end_datetime": far, "days": "custom"}
    assert phone.call("showPromotions", days, by=owner)["msg"] == "There are no promotions here."
    assert phone.call("showAllPromotions", days, by=owner)["msg"]["Promotions"] == []


def test_nobody_sees_a_strangers_promotions(
    phone: Phone, owner: Person, stranger: Person, promotions: list[Promotion]
) -> None:
    assert phone.call("showPromotions", by=stranger)["code"] == 201
    assert phone.call("showPromotions", {"user_id": owner.id}, by=stranger)["code"] == 201
    assert phone.call("showAllPromotions", by=stranger)["msg"]["Promotions"] == []
    assert phone.call("showPromotions")["code"] == 401


def test_the_rates_are_the_operators(phone: Phone, owner: Person) -> None:
    answer = phone.call("showAddSettings", {"user_id": "0"})
    assert answer["msg"] == {"video_views": 100, "website_visits": 50, "followers": 50}
    AdSettings.objects.create(views_per_coin=9, website_per_coin=8, followers_per_coin=7)
    answer = phone.call("showAddSettings", {"user_id": owner.id}, by=owner)
    assert_both_clients_parse("showAddSettings", answer)
    assert answer["msg"] == {"video_views": 9, "website_visits": 8, "followers": 7}


@pytest.mark.parametrize(
    ("endpoint", "queries"),
    [("showPromotions", 3), ("showAllPromotions", 3), ("showAddSettings", 2)],
)
def test_each_call_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    promotions: list[Promotion],
    endpoint: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(queries):
        assert phone.call(endpoint, by=owner)["code"] == 200
