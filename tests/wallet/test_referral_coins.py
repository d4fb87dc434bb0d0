"""Coins for whoever brings somebody, when the operator wants that."""

import pytest
from pytest_django.fixtures import Settings

from apps.users.models import User
from apps.users.services.accounts import sign_up
from apps.wallet import ledger
from tests.cast import Person, Phone, make_person


@pytest.fixture(autouse=True)
def _code(owner: Person) -> None:
    User.objects.filter(pk=owner.id).update(referral_code="ABCD1234")


def test_by_default_nothing_is_given(phone: Phone, owner: Person) -> None:
    newcomer = make_person("newcomer")
    phone.call("applyReferralCode", {"referral_code": "ABCD1234"}, by=newcomer)
    assert ledger.total(owner.id) == 0


def test_each_newcomer_is_rewarded_once(phone: Phone, owner: Person, settings: Settings) -> None:
    settings.REFERRAL_COINS = 50
    newcomer = make_person("newcomer")
    for _ in range(2):
        phone.call("applyReferralCode", {"referral_code": "ABCD1234"}, by=newcomer)
    sign_up(username="second", email="second@example.com", referral_code="abcd1234")
    sign_up(username="third", email="third@example.com")
    assert ledger.total(owner.id) == 100
    assert ledger.total(newcomer.id) == 0
    answer = phone.call("getReferralCode", by=owner)
    assert answer["msg"] == {
        "referral_code": "ABCD1234",
        "total_referrals": 2,
        "total_rewards": 100,
    }
