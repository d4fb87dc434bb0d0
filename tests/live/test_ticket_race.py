"""Two phones of one viewer come in at once: the ticket is paid once."""

import pytest

from apps.live import audience
from apps.live.models import LiveRoom, Viewer
from apps.wallet import ledger
from apps.wallet.models import Transfer
from tests.books import books_balance, give_bought
from tests.cast import Person, Phone
from tests.live.test_live_stream import start
from tests.videos.scenes import at_once

__all__ = ["books_balance"]
pytestmark = pytest.mark.django_db(transaction=True)
PRICE, PHONES = 30, 6


@pytest.fixture
def room(phone: Phone, owner: Person, friend: Person) -> LiveRoom:
    start(phone, owner, price=str(PRICE))
    LiveRoom.objects.update(status="live", started_at="2026-01-01T10:00:00Z")
    give_bought(friend.user, PRICE * PHONES)
    return LiveRoom.objects.get()


def test_many_phones_of_one_viewer_pay_one_ticket(
    room: LiveRoom, owner: Person, friend: Person
) -> None:
    def come_in() -> None:
        audience.enter(room_id=room.pk, user_id=friend.id, agreed_coins=PRICE)

    at_once(*[come_in] * PHONES)
    assert Transfer.objects.filter(reason="ticket").count() == 1
    assert ledger.total(friend.id) == PRICE * (PHONES - 1)
    assert Viewer.objects.get().paid_coins == PRICE
