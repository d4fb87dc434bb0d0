"""Gifts on a video: only on one of the receiver's, and shown with it."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.gifts.models import Gift, SentGift
from apps.users.models import Block, Follow, User
from apps.videos.models import Video
from apps.wallet import ledger
from tests.books import give_bought
from tests.cast import Person, Phone

REFUSED = {"code": 201, "msg": "This video is not available, or it belongs to somebody else."}


@pytest.fixture
def rose() -> Gift:
    return Gift.objects.create(title="Rose", coin=10, image="gifts/rose.png")


@pytest.fixture
def video(owner: Person, friend: Person) -> Video:
    give_bought(owner.user, 100)
    return Video.objects.create(user=friend.user, state="ready", file="a.mp4")


def send(
    phone: Phone, by: Person, to: Person, gift: Gift, video: Video | None, count: int = 1
) -> dict[str, Any]:
    about = {"video_id": str(video.id)} if video else {}
    values = {"receiver_id": to.id, "gift_id": gift.id, "gift_count": count}
    return phone.call("sendGift", values | about, by=by)


def shown(phone: Phone, video: Video, by: Person | None = None) -> dict[str, Any]:
    return phone.call("showSentGiftsAgainstVideo", {"video_id": str(video.id)}, by=by)


def test_the_newest_come_first_with_who_gave_what_and_the_sums(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift, video: Video
) -> None:
    assert shown(phone, video) == {"code": 200, "msg": [], "total_gifts": 0, "total_coins": 0}
    give_bought(stranger.user, 50)
    send(phone, owner, friend, rose, video, count=3)
    send(phone, owner, friend, rose, None)
    send(phone, stranger, friend, rose, video)
    answer = shown(phone, video, by=friend)
    assert answer["code"] == 200
    assert (answer["total_gifts"], answer["total_coins"]) == (4, 40)
    assert [item["User"]["username"] for item in answer["msg"]] == ["stranger", "owner"]
    gift = answer["msg"][1]
    sent = SentGift.objects.order_by("id").first()
    assert gift["SentGift"]["id"] == sent.id
    assert (gift["SentGift"]["sender_id"], gift["SentGift"]["gift_id"]) == (owner.id, rose.id)
    assert gift["SentGift"]["gift_count"] == 3
    assert (gift["Gift"]["title"], gift["Gift"]["coin"]) == ("Rose", 10)
    assert len(gift["SentGift"]["created"]) == len("2026-01-31 18:30:00")


def test_gifts_across_a_block_and_on_videos_one_may_not_see_are_not_shown(
    phone: Phone, owner: Person, friend: Person, stranger: Person, rose: Gift, video: Video
) -> None:
    send(phone, owner, friend, rose, video)
    Block.objects.create(blocker=owner.user, blocked=stranger.user)
    assert shown(phone, video, by=stranger)["msg"] == []
    Video.objects.update(privacy="private")
    assert shown(phone, video, by=stranger)["code"] == 201
    assert shown(phone, video, by=friend)["code"] == 200


@pytest.mark.parametrize("video_id", ["", 0, -1, "x", 10**9])
def test_a_video_that_is_none_is_refused(phone: Phone, video_id: Any) -> None:
    assert phone.call("showSentGiftsAgainstVideo", {"video_id": video_id})["code"] == 201


@pytest.mark.parametrize(
    "state", [{"privacy": "private"}, {"block": True}, {"state": "failed"}, {"user": "owner"}]
)
def test_a_gift_on_a_video_that_the_sender_can_not_see_is_refused(
    phone: Phone,
    owner: Person,
    friend: Person,
    stranger: Person,
    rose: Gift,
    video: Video,
    state: dict[str, Any],
) -> None:
    Video.objects.update(**({"user": stranger.user} if "user" in state else state))
    assert send(phone, owner, friend, rose, video) == REFUSED
    assert ledger.total(owner.id) == 100


def test_a_video_that_is_gone_takes_no_gift(
    phone: Phone, owner: Person, friend: Person, rose: Gift, video: Video
) -> None:
    Video.objects.all().delete()
    video.id = 10**9
    assert send(phone, owner, friend, rose, video) == REFUSED


def test_followers_give_on_videos_of_a_private_account(
    phone: Phone, owner: Person, friend: Person, rose: Gift, video: Video
) -> None:
    User.objects.filter(pk=friend.id).update(is_private=True)
    assert send(phone, owner, friend, rose, video) == REFUSED
    Follow.objects.create(follower=owner.user, followed=friend.user)
    assert send(phone, owner, friend, rose, video)["code"] == 200
    assert SentGift.objects.get().video_id == video.id


def test_each_call_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    friend: Person,
    rose: Gift,
    video: Video,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):  # as without a video: the caller, the gift, the record
        send(phone, owner, friend, rose, video)
    with django_assert_num_queries(4):  # the caller, the video, the gifts, the sums
        shown(phone, video, by=owner)
