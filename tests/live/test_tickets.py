"""watchLiveStream in rooms with a price: paid once, by the viewer, to the host."""

from typing import Any

import pytest

from apps.live.models import LiveRoom, Viewer
from apps.wallet import ledger
from apps.wallet.models import Transfer
from tests.books import books_balance, give_bought
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.live.test_live_stream import start

__all__ = ["books_balance"]
PRICE = 30


@pytest.fixture
def room(phone: Phone, owner: Person) -> LiveRoom:
    start(phone, owner, price=str(PRICE))
    LiveRoom.objects.update(status="live", started_at="2026-01-01T10:00:00Z")
    return LiveRoom.objects.get()


def watch(phone: Phone, room: LiveRoom, by: Person, **values: Any) -> dict:
    return phone.call("watchLiveStream", {"live_streaming_id": room.pk} | values, by=by)


def tickets() -> int:
    return Transfer.objects.filter(reason="ticket").count()


def test_the_price_is_paid_once_however_often_one_comes(
    phone: Phone, owner: Person, friend: Person, room: LiveRoom
) -> None:
    give_bought(friend.user, 100)
    for _ in range(3):
        answer = watch(phone, room, friend, coin=str(PRICE))
        assert_both_clients_parse("watchLiveStream", answer)
        assert answer["code"] == 200
        assert answer["msg"]["User"]["wallet"] == 70
        assert answer["msg"]["LiveStreamingWatch"]["coin"] == PRICE
        phone.call("leaveLiveStream", {"live_streaming_id": room.pk}, by=friend)
    assert tickets() == 1
    assert ledger.total(owner.id) == PRICE


def test_the_rooms_price_counts_and_not_more_than_was_agreed(
    phone: Phone, friend: Person, room: LiveRoom
) -> None:
    give_bought(friend.user, 100)
    assert watch(phone, room, friend, coin=PRICE - 1)["code"] == 201
    assert watch(phone, room, friend, coin=-5)["code"] == 201
    assert ledger.total(friend.id) == 100
    assert watch(phone, room, friend, coin=90)["code"] == 200
    assert ledger.total(friend.id) == 100 - PRICE


def test_the_poor_pay_nothing_and_stay_outside(
    phone: Phone, friend: Person, room: LiveRoom
) -> None:
    give_bought(friend.user, PRICE - 1)
    assert watch(phone, room, friend)["code"] == 201
    assert not Viewer.objects.exists()
    assert (tickets(), ledger.total(friend.id)) == (0, PRICE - 1)
    detail = phone.call("showLiveStreamDetail", {"live_streaming_id": room.pk}, by=friend)
    assert detail["msg"]["LiveStreaming"]["hls_url"] == ""
    comment = {"live_streaming_id": room.pk, "comment": "x"}
    assert phone.call("commentOnLiveStream", comment, by=friend)["code"] == 201


def test_the_host_pays_nothing(phone: Phone, owner: Person, room: LiveRoom) -> None:
    assert watch(phone, room, owner)["code"] == 200
    assert tickets() == 0


def test_nobody_pays_before_the_video_has_begun(
    phone: Phone, friend: Person, room: LiveRoom
) -> None:
    give_bought(friend.user, 100)
    LiveRoom.objects.update(status="created")
    assert watch(phone, room, friend)["code"] == 201
    assert ledger.total(friend.id) == 100


def test_the_price_stands_once_there_is_an_audience(
    phone: Phone, owner: Person, room: LiveRoom
) -> None:
    assert phone.call("liveStream", {"price": 1}, by=owner)["code"] == 201
    assert phone.call("liveStream", by=owner)["msg"]["LiveStreaming"]["price"] == PRICE


def test_a_stranger_spends_nobody_elses_coins(
    phone: Phone, friend: Person, stranger: Person, room: LiveRoom
) -> None:
    give_bought(friend.user, 100)
    assert watch(phone, room, stranger, user_id=friend.id)["code"] == 201
    assert ledger.total(friend.id) == 100
    assert tickets() == 0
