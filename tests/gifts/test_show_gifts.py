"""showGifts: the catalogue, or one gift of it."""

from pytest_django import DjangoAssertNumQueries

from apps.gifts.models import Gift
from tests.cast import Phone
from tests.contract.clients import assert_both_clients_parse


def make_gift(title: str = "Rose", coin: int = 10, **fields: object) -> Gift:
    return Gift.objects.create(title=title, coin=coin, image=f"gifts/{title.lower()}.png", **fields)


def test_a_guest_sees_the_gifts_in_the_operators_order(
    phone: Phone, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    crown = make_gift("Crown", 1000, order=2, type=Gift.Type.PREMIUM)
    rose = make_gift("Rose", 1, order=1)
    make_gift("Gone", active=False)
    with django_assert_num_queries(1):
        answer = phone.call("showGifts")
    assert answer["code"] == 200
    assert answer["msg"][0]["Gift"] == {
        "id": rose.id,
        "title": "Rose",
        "image": "http://testserver/media/gifts/rose.png",
        "animation": "",
        "sound": "",
        "coin": 1,
        "type": "normal",
    }
    assert [item["Gift"]["id"] for item in answer["msg"]] == [rose.id, crown.id]
    assert_both_clients_parse("showGifts", answer)


def test_with_an_id_one_gift_is_answered(phone: Phone) -> None:
    make_gift("Crown", 1000)
    rose = make_gift("Rose", 1)
    answer = phone.call("showGifts", {"id": str(rose.id)})
    assert answer["msg"]["Gift"]["title"] == "Rose"


def test_an_unknown_or_inactive_gift_is_refused(phone: Phone) -> None:
    gone = make_gift("Gone", active=False)
    for gift_id in (gone.id, 10**9):
        answer = phone.call("showGifts", {"id": gift_id})
        assert answer == {"code": 201, "msg": "This gift is not available."}


def test_an_empty_catalogue_is_an_empty_list(phone: Phone) -> None:
    assert phone.call("showGifts") == {"code": 200, "msg": []}
