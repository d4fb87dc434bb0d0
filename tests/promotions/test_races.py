"""Many at once: the race is first shown to happen with the guard off, then to be gone.

These tests commit, from real threads with a connection each.
"""

from collections.abc import Callable
from typing import Any

import pytest

from apps.promotions import services, showing
from apps.promotions.models import Promotion
from apps.users.models import User
from apps.wallet import ledger
from apps.wallet.models import Account
from tests.books import broken_rules, give_bought
from tests.promotions.booking import booked, clip
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)

PAID_FOR = 5
LOCKED = "FOR NO KEY UPDATE OF p\n"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def viewers() -> list[User]:
    return [User.objects.create_user(f"viewer{number}") for number in range(12)]


@pytest.fixture
def promotion(ann: User) -> Promotion:
    promotion = booked(ann, coins=PAID_FOR)
    Promotion.objects.update(reach_per_coin=1, total_reach=PAID_FOR)
    return promotion


def showings(promotion: Promotion, viewers: list[User]) -> list[Callable[[], Any]]:
    return [
        lambda viewer=viewer: showing.count_showing(promotion_id=promotion.pk, viewer_id=viewer.pk)
        for viewer in viewers
    ]


def test_without_the_lock_more_people_are_noted_than_were_paid_for(
    promotion: Promotion, viewers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = showing.SHOWN_SQL.replace(LOCKED, "\n").replace(
        "SELECT id FROM promotions_promotion p,",
        "SELECT id, pg_sleep(0.3) FROM promotions_promotion p,",
    )
    assert slow.count("FOR NO KEY") == 0
    monkeypatch.setattr(showing, "SHOWN_SQL", slow)
    results = together(showings(promotion, viewers))
    assert results != [True] * PAID_FOR + [False] * (len(viewers) - PAID_FOR)
    noted = promotion.events.count()
    promotion.refresh_from_db()
    assert (
        noted > PAID_FOR
        or promotion.reach != noted
        or any(isinstance(result, Exception) for result in results)
    )


def test_with_the_lock_exactly_those_count_who_were_paid_for(
    promotion: Promotion, viewers: list[User]
) -> None:
    results = together(showings(promotion, viewers))
    assert sorted(results) == [False] * (len(viewers) - PAID_FOR) + [True] * PAID_FOR
    promotion.refresh_from_db()
    assert promotion.reach == promotion.events.count() == PAID_FOR
    assert broken_rules() == []


def test_showings_taps_and_ends_at_the_same_moment_add_up(
    ann: User, promotion: Promotion, viewers: list[User]
) -> None:
    ends = [
        lambda reason=reason: services.end(promotion_id=promotion.pk, reason=reason)
        for reason in (Promotion.EndReason.STOPPED, Promotion.EndReason.TIME)
    ]
    taps = [
        lambda viewer=viewer: showing.tap(
            promotion_id=promotion.pk, viewer_id=viewer.pk, address=""
        )
        for viewer in viewers[:4]
    ]
    results = together([*showings(promotion, viewers[:6]), *ends, *taps])
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(results[6:8]) == [False, True]
    promotion.refresh_from_db()
    assert promotion.returned == PAID_FOR - promotion.reach == ledger.total(ann.pk)
    assert broken_rules() == []


def test_retries_of_a_booking_at_the_same_moment_are_one(ann: User) -> None:
    first = booked(ann, coins=10)
    give_bought(ann, 100)
    again = services.Booking(
        user_id=ann.pk,
        video_id=clip(ann).pk,
        audience_id=None,
        destination=Promotion.Destination.VIEWS,
        start_at=first.start_at,
        end_at=first.end_at,
        coins=40,
    )
    results = together([lambda: services.book(again).pk] * 6)
    assert len(set(results)) == 1
    assert Promotion.objects.count() == 2
    assert ledger.total(ann.pk) == 60
    ledger.settle_all()
    assert Account.objects.get(kind=Account.Kind.PROMOTIONS).balance == 50
    assert broken_rules() == []
