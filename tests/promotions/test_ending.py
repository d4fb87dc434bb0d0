"""The end of a promotion: unspent coins go back where they came from, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.promotions import lifecycle, services, tasks
from apps.promotions.models import Promotion, PromotionEvent
from apps.promotions.showing import count_showing
from apps.users.models import Follow, User
from apps.videos.models import Video
from apps.wallet import ledger
from apps.wallet.models import Account, Transfer
from tests.books import balance, earn, give_bought
from tests.cast import Person, Phone, make_person
from tests.promotions.booking import booked, clip, wishes

Kind, EndReason = Account.Kind, Promotion.EndReason


@pytest.fixture
def promotion(owner: Person) -> Promotion:
    return booked(owner.user)


def show(promotion: Promotion, people: int) -> None:
    """As to so many people: only the first is made, the others are counted by hand."""
    viewers = [make_person(f"viewer{number}").user for number in range(2)][:people]
    for viewer in viewers:
        assert count_showing(promotion_id=promotion.pk, viewer_id=viewer.pk)
    Promotion.objects.filter(pk=promotion.pk).update(reach=people)
    promotion.refresh_from_db()


def end(promotion: Promotion, reason: Promotion.EndReason = EndReason.STOPPED) -> bool:
    ended = services.end(promotion_id=promotion.pk, reason=reason)
    promotion.refresh_from_db()
    return ended


def house(kind: Account.Kind) -> int:
    ledger.settle_all()
    account = Account.objects.filter(kind=kind).first()
    return account.balance if account else 0


@pytest.mark.parametrize(
    ("people", "returned"), [(0, 10), (1, 9), (100, 9), (101, 8), (999, 0), (1000, 0)]
)
def test_a_coin_that_was_begun_is_spent_and_the_rest_goes_back(
    owner: Person, promotion: Promotion, people: int, returned: int
) -> None:
    show(promotion, people)
    assert end(promotion)
    assert (promotion.returned, promotion.spent) == (returned, 10 - returned)
    assert ledger.total(owner.id) == balance(owner.user, Kind.BOUGHT) == returned
    assert (house(Kind.PROMOTIONS), house(Kind.ADS)) == (0, 10 - returned)


def test_it_ends_once(owner: Person, promotion: Promotion) -> None:
    assert end(promotion)
    assert not end(promotion, EndReason.TIME)
    assert promotion.end_reason == "stopped"
    assert Transfer.objects.filter(reason="promo_end").count() == 1
    assert ledger.total(owner.id) == 10


def test_a_rejected_one_gives_every_coin_back(owner: Person, promotion: Promotion) -> None:
    show(promotion, 500)
    end(promotion, EndReason.REJECTED)
    assert (promotion.returned, ledger.total(owner.id)) == (10, 10)


def test_coins_of_both_kinds_find_their_way_back(phone: Phone, owner: Person) -> None:
    give_bought(owner.user, 4)
    earn(owner.user, 6)
    phone.call("addPromotion", wishes(clip(owner.user), coin=10), by=owner)
    promotion = Promotion.objects.get()
    show(promotion, 75)  # website: 50 people a coin
    end(promotion)
    assert (balance(owner.user, Kind.BOUGHT), balance(owner.user, Kind.EARNED)) == (2, 6)


def test_coins_that_come_back_are_no_income(phone: Phone, owner: Person) -> None:
    give_bought(owner.user, 10)
    before = all_time(phone, owner)
    phone.call("addPromotion", wishes(clip(owner.user), coin=10), by=owner)
    end(Promotion.objects.get())
    assert ledger.total(owner.id) == 10
    assert all_time(phone, owner) == before == 10


def all_time(phone: Phone, person: Person) -> int:
    return phone.call("showUserDetail", by=person)["msg"]["User"]["total_all_time_coins"]


def over() -> dict[str, Any]:
    return {
        "start_at": timezone.now() - timedelta(days=2),
        "end_at": timezone.now() - timedelta(days=1),
    }


def test_the_clock_ends_what_is_over_and_leaves_the_rest(owner: Person, friend: Person) -> None:
    running, waiting, past, reached, hidden, deleted = (booked(owner.user) for _ in range(6))
    banned = booked(friend.user)
    every = Promotion.objects
    every.filter(pk=waiting.pk).update(state="pending")
    every.filter(pk=past.pk).update(**over())
    show(reached, 1000)
    Video.objects.filter(pk=hidden.video_id).update(block=True)
    Video.objects.get(pk=deleted.video_id).delete()
    User.objects.filter(pk=friend.id).update(status="banned")
    assert lifecycle.end_due() == 5
    assert lifecycle.end_due() == 0
    reasons = dict(every.values_list("pk", "end_reason"))
    assert reasons == {
        running.pk: "",
        waiting.pk: "",
        past.pk: "time",
        reached.pk: "budget",
        hidden.pk: "video",
        deleted.pk: "video",
        banned.pk: "video",
    }
    assert ledger.total(owner.id) == 30
    assert ledger.total(friend.id) == 10


def test_one_that_nobody_approved_in_time_gives_everything_back(
    owner: Person, promotion: Promotion
) -> None:
    Promotion.objects.update(state="pending", **over())
    assert lifecycle.end_due() == 1
    assert ledger.total(owner.id) == 10


def test_followers_are_those_who_followed_after_they_were_shown_it(
    owner: Person, friend: Person, stranger: Person
) -> None:
    promotion = booked(owner.user, destination="follower")
    Follow.objects.create(follower=stranger.user, followed=owner.user)
    for person in (friend, stranger):
        count_showing(promotion_id=promotion.pk, viewer_id=person.id)
    later = timezone.now() + timedelta(seconds=5)
    follow = Follow.objects.create(follower=friend.user, followed=owner.user)
    Follow.objects.filter(pk=follow.pk).update(created_at=later)
    Follow.objects.filter(follower=stranger.user).update(
        created_at=timezone.now() - timedelta(days=1)
    )
    tasks.tend_promotions()
    promotion.refresh_from_db()
    assert (promotion.followers, promotion.state) == (1, "running")


def test_who_saw_it_is_forgotten_some_time_after_the_end(
    owner: Person, friend: Person, promotion: Promotion, settings: Settings
) -> None:
    settings.PROMOTION_EVENT_KEEP_DAYS = 30
    kept = booked(owner.user)
    for each in (promotion, kept):
        count_showing(promotion_id=each.pk, viewer_id=friend.id)
        end(each)
    Promotion.objects.filter(pk=promotion.pk).update(ended_at=timezone.now() - timedelta(days=31))
    tasks.forget_events()
    assert [event.promotion_id for event in PromotionEvent.objects.all()] == [kept.pk]
    promotion.refresh_from_db()
    assert promotion.reach == 1


def test_nothing_is_counted_after_the_end(
    friend: Person, phone: Phone, promotion: Promotion
) -> None:
    end(promotion)
    assert not count_showing(promotion_id=promotion.pk, viewer_id=friend.id)
    assert phone.call("destinationTap", {"promotion_id": promotion.pk}, by=friend)["code"] == 200
    promotion.refresh_from_db()
    assert (promotion.reach, promotion.taps) == (0, 0)
