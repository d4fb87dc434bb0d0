"""POST /api/shareProfile"""

import pytest

from apps.users.models import ProfileShare
from tests.cast import Person, Phone


def test_a_share_is_noted_for_the_caller(phone: Phone, owner: Person, friend: Person) -> None:
    values = {"user_id": str(owner.id), "platform": "WhatsApp"}
    answer = phone.call("shareProfile", values, by=friend)
    assert answer == {"code": 200, "msg": "success"}
    share = ProfileShare.objects.get()
    assert (share.sharer_id, share.profile_id, share.platform) == (friend.id, owner.id, "whatsapp")


@pytest.mark.parametrize(
    "values",
    [{}, {"user_id": 1}, {"user_id": 10**12, "platform": "link"}, {"user_id": "x"}],
)
def test_an_odd_share_is_refused(phone: Phone, owner: Person, values: dict) -> None:
    assert phone.call("shareProfile", values, by=owner)["code"] == 201
    wrong = {"user_id": owner.id, "platform": "pigeon"}
    assert phone.call("shareProfile", wrong, by=owner)["code"] == 201
    assert ProfileShare.objects.count() == 0
