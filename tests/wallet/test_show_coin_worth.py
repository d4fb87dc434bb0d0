"""showCoinWorth: public, asked by iOS with an empty body."""

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.wallet.models import CoinPackage
from tests.cast import Phone
from tests.contract.clients import assert_both_clients_parse


def test_a_guest_sees_what_a_coin_is_worth_and_what_packages_cost(
    phone: Phone, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.COIN_WORTH_USD = 0.005
    big = CoinPackage.objects.create(title="2000 coins", coins=2000, price="19.99", order=2)
    CoinPackage.objects.filter(pk=big.pk).update(image="coins/big.png")
    small = CoinPackage.objects.create(title="100 coins", coins=100, price="0.99", order=1)
    CoinPackage.objects.create(title="gone", coins=7, price="1.00", active=False)
    with django_assert_num_queries(1):
        answer = phone.send("/api/showCoinWorth", b"")
    assert answer["code"] == 200
    assert answer["msg"] == {
        "CoinWorth": {"id": 1, "price": 0.005},
        "CoinPackages": [
            {"id": small.id, "coins": 100, "price": 0.99, "title": "100 coins", "image": ""},
            {
                **{"id": big.id, "coins": 2000, "price": 19.99, "title": "2000 coins"},
                "image": "http://testserver/media/coins/big.png",
            },
        ],
    }
    assert_both_clients_parse("showCoinWorth", answer)


@pytest.mark.parametrize("body", [b"{}", b"starting_point=0", b'{"user_id": 0}'])
def test_any_body_is_taken(phone: Phone, body: bytes) -> None:
    answer = phone.send("/api/showCoinWorth", body)
    assert answer["msg"]["CoinPackages"] == []
