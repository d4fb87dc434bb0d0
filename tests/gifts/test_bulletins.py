"""Who gets gifts is told: once a burst, also of what was committed late, and never twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.gifts import bulletins, tasks
from apps.gifts.models import Bulletin, Gift, SentGift
from apps.gifts.services import send_gift
from apps.notifications.models import Notification, Push
from apps.users.models import Device
from apps.wallet.models import Transfer
from tests.books import give_bought
from tests.cast import Person, Phone, make_person

# In the middle of a burst's window, so that no test depends on the time of day.
NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


@pytest.fixture
def rose(owner: Person) -> Gift:
    give_bought(owner.user, 1_000)
    return Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")


@pytest.fixture(autouse=True)
def _told_until_now() -> None:
    Bulletin.objects.create(told_until=NOW)


def give(sender: Person, receiver: Person, gift: Gift, count: int = 1, seconds: float = 1) -> None:
    """A gift that was sent so many seconds after NOW."""
    before = set(SentGift.objects.values_list("pk", flat=True))
    send_gift(sender_id=sender.id, receiver_id=receiver.id, gift_id=gift.id, count=count)
    sent = SentGift.objects.exclude(pk__in=before)
    sent.update(created_at=NOW + timedelta(seconds=seconds))


def tell(seconds: float = 5) -> int:
    return bulletins.tell_receivers(now=NOW + timedelta(seconds=seconds))


def told(person: Person) -> list[str]:
    rows = Notification.objects.filter(receiver=person.user, type="gift").order_by("id")
    return list(rows.values_list("text", flat=True))


def test_a_burst_is_one_row_and_one_push_whose_text_follows(
    owner: Person, friend: Person, rose: Gift, settings: object
) -> None:
    Device.objects.create(key="phone", user=friend.user, push_token="token")
    settings.PUSH_SENDER = "console"  # type: ignore[attr-defined]
    give(owner, friend, rose)
    tell()
    assert told(friend) == ["owner sent you a gift: Rose, worth 10 coins"]
    give(owner, friend, rose, count=4, seconds=6)
    tell(10)
    tell(11)
    assert told(friend) == ["owner sent you 5 gifts: Rose, worth 50 coins"]
    star = Gift.objects.create(title="Star", coin=1, image="gifts/star.png")
    give(owner, friend, star, seconds=12)
    tell(15)
    assert told(friend) == ["owner sent you 6 gifts worth 51 coins"]
    push = Push.objects.get()
    assert (push.title, push.body) == ("owner", "owner sent you a gift: Rose, worth 10 coins")
    assert push.data["type"] == "gift"


def test_the_next_burst_is_told_anew(owner: Person, friend: Person, rose: Gift) -> None:
    give(owner, friend, rose)
    tell()
    give(owner, friend, rose, seconds=bulletins.BURST_S)
    tell(bulletins.BURST_S + 5)
    assert told(friend) == ["owner sent you a gift: Rose, worth 10 coins"] * 2


def test_a_gift_that_was_committed_late_is_told(
    owner: Person, friend: Person, stranger: Person, rose: Gift
) -> None:
    give(owner, friend, rose, seconds=4)
    tell(5)
    give(owner, stranger, rose, seconds=3)  # began before, and is there only now
    tell(10)
    assert told(stranger) == ["owner sent you a gift: Rose, worth 10 coins"]
    assert told(friend) == ["owner sent you a gift: Rose, worth 10 coins"]


def test_gifts_sent_while_the_workers_paused_are_told_later(
    owner: Person, friend: Person, rose: Gift
) -> None:
    give(owner, friend, rose, seconds=60)
    tell(1800)
    assert len(told(friend)) == 1


def test_of_a_crowd_the_most_generous_are_named(
    owner: Person, rose: Gift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bulletins, "BURSTS_SQL", bulletins.BURSTS_SQL.replace("place <= 20", "place <= 2")
    )
    for number in range(1, 5):
        giver = make_person(f"giver{number}")
        give_bought(giver.user, 100)
        give(giver, owner, rose, count=number)
    tell()
    names = [text.split()[0] for text in told(owner)]
    assert sorted(names) == ["giver3", "giver4"]


def test_the_inbox_shows_it(phone: Phone, owner: Person, friend: Person, rose: Gift) -> None:
    give(owner, friend, rose)
    tell()
    row = phone.call("showAllNotifications", by=friend)["msg"][0]
    assert row["Notification"]["type"] == "gift"
    assert row["Sender"]["username"] == "owner"


def test_nothing_is_told_twice_after_a_crash(owner: Person, friend: Person, rose: Gift) -> None:
    give(owner, friend, rose)
    tell()
    Bulletin.objects.update(told_until=NOW)
    tell()
    assert len(told(friend)) == 1


def test_the_task_begins_by_itself(owner: Person, friend: Person, rose: Gift) -> None:
    Bulletin.objects.all().delete()
    send_gift(sender_id=owner.id, receiver_id=friend.id, gift_id=rose.id, count=1)
    tasks.tell_receivers()
    assert len(told(friend)) == 1
    assert Bulletin.objects.get().told_until <= timezone.now()
    assert Transfer.objects.filter(reason="gift").count() == 1
