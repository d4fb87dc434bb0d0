"""likeVideo, addVideoFavourite, repostVideo, shareVideo, NotInterestedVideo, pinVideo"""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.contract.answers import Refused
from apps.notifications.models import Notification
from apps.users.callers import Caller
from apps.users.models import Block, PrivacySetting
from apps.videos.models import (
    NotInterested,
    Video,
    VideoFavourite,
    VideoLike,
    VideoRepost,
)
from apps.videos.services import counters, reactions
from tests.cast import Person, Phone, make_person
from tests.contract.clients import android_problems, assert_both_clients_parse, ios_problems
from tests.videos.scenes import WAYS_TO_HIDE, at_once, follow, hide, post

CALLS = {
    "likeVideo": VideoLike,
    "addVideoFavourite": VideoFavourite,
    "repostVideo": VideoRepost,
    "NotInterestedVideo": NotInterested,
}


def call(phone: Phone, name: str, video: Video | int, by: Person | None, **values: Any) -> dict:
    pk = video if isinstance(video, int) else video.pk
    return phone.call(name, {"video_id": str(pk)} | values, by=by)


def counted(video: Video) -> tuple[int, int, int]:
    video.refresh_from_db()
    video.user.refresh_from_db()
    return video.like_count, video.favourite_count, video.user.likes_count


def test_the_first_like_adds_and_the_second_takes_it_back(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    answer = call(phone, "likeVideo", video, friend)
    # iOS reads the two numbers and passes over an object in `msg`.
    assert all("value is dropped" in problem for problem in ios_problems("likeVideo", answer))
    assert not android_problems("likeVideo", answer)
    assert (answer["code"], answer["like"], answer["like_count"]) == (200, 1, 1)
    assert answer["msg"]["VideoLike"]["user_id"] == friend.id
    assert answer["msg"]["Video"]["like"] == 1
    assert answer["msg"]["User"]["username"] == "friend"
    assert counted(video) == (1, 0, 1)
    answer = call(phone, "likeVideo", video, friend)
    assert_both_clients_parse("likeVideo", answer)
    assert answer == {"code": 200, "msg": "unlike", "like": 0, "like_count": 0}
    assert counted(video) == (0, 0, 0)


def test_a_favourite_is_added_with_200_and_removed_with_201(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    answer = call(phone, "addVideoFavourite", video, friend)
    assert_both_clients_parse("addVideoFavourite", answer)
    assert (answer["code"], answer["fav_count"]) == (200, 1)
    assert answer["msg"]["VideoFavourite"]["video_id"] == video.pk
    assert answer["msg"]["Video"]["favourite"] == 1
    assert counted(video) == (0, 1, 0)
    answer = call(phone, "addVideoFavourite", video, friend)
    assert_both_clients_parse("addVideoFavourite", answer)
    assert answer == {"code": 201, "msg": "unfavourite", "fav_count": 0}
    assert counted(video) == (0, 0, 0)


def test_a_repost_is_made_with_200_and_undone_with_201(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    answer = call(phone, "repostVideo", video, friend, repost_user_id=str(friend.id))
    assert_both_clients_parse("repostVideo", answer)
    assert answer == {"code": 200, "msg": "success"}
    assert VideoRepost.objects.get().user_id == friend.id
    answer = call(phone, "repostVideo", video, friend)
    assert_both_clients_parse("repostVideo", answer)
    assert answer == {"code": 201, "msg": "success"}
    assert VideoRepost.objects.count() == 0


def test_reposts_can_be_forbidden_by_the_author(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    PrivacySetting.objects.filter(user=owner.user).update(videos_repost=False)
    answer = call(phone, "repostVideo", video, friend)
    assert answer == {"code": 201, "msg": "This person's videos can't be reposted."}
    assert VideoRepost.objects.count() == 0
    assert Notification.objects.count() == 0
    assert call(phone, "repostVideo", video, owner)["code"] == 200


def test_the_author_is_told_once_of_likes_and_reposts_however_often_they_are_toggled(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    for name in ("likeVideo", "repostVideo", "addVideoFavourite"):
        for _ in range(5):
            call(phone, name, video, friend)
    rows = {row.type: row for row in Notification.objects.all()}
    assert sorted(rows) == ["video_like", "video_reposted"]
    assert Notification.objects.count() == 2
    assert rows["video_like"].text == "friend liked your video"
    assert rows["video_like"].receiver_id == owner.id
    assert rows["video_like"].video_id == video.pk
    assert rows["video_reposted"].text == "friend has reposted your video"


def test_nobody_is_told_of_their_own_like(phone: Phone, owner: Person) -> None:
    assert call(phone, "likeVideo", post(owner), owner)["code"] == 200
    assert Notification.objects.count() == 0


def test_not_interested_is_said_once(phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner)
    answer = call(phone, "NotInterestedVideo", video, friend)
    assert_both_clients_parse("NotInterestedVideo", answer)
    assert answer["msg"]["NotInterestedVideo"]["video_id"] == video.pk
    assert call(phone, "NotInterestedVideo", video, friend)["code"] == 201
    assert NotInterested.objects.count() == 1
    assert phone.call("showRelatedVideos", by=friend)["code"] == 201


def test_shares_are_counted_of_guests_too(phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner)
    for by in (friend, friend, None):
        answer = call(phone, "shareVideo", video, by, user_id=str(by.id) if by else "0")
        assert_both_clients_parse("shareVideo", answer)
    assert answer["msg"]["Video"]["share"] == 3
    assert answer["msg"]["User"]["id"] == owner.id


def test_at_most_three_videos_are_pinned(phone: Phone, owner: Person) -> None:
    videos = [post(owner) for _ in range(4)]
    for video in videos[:3]:
        answer = call(phone, "pinVideo", video, owner, pin="1")
        assert_both_clients_parse("pinVideo", answer)
        assert answer["msg"]["Video"]["pin"] == 1
    answer = call(phone, "pinVideo", videos[3], owner, pin="1")
    assert answer == {"code": 201, "msg": "You can pin at most 3 videos."}
    assert call(phone, "pinVideo", videos[0], owner, pin="1")["code"] == 200
    answer = call(phone, "pinVideo", videos[0], owner, pin="0")
    assert answer["msg"]["Video"]["pin"] == 0
    assert call(phone, "pinVideo", videos[3], owner, pin="1")["code"] == 200


def test_nobody_pins_anothers_video(phone: Phone, owner: Person, stranger: Person) -> None:
    video = post(owner)
    answer = call(phone, "pinVideo", video, stranger, pin="1")
    assert answer == {"code": 201, "msg": "You can only do this with your own videos."}
    assert Video.objects.get().pinned_at is None


@pytest.mark.parametrize("name", CALLS)
def test_nobody_acts_for_another(
    name: str, phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(owner)
    answer = call(phone, name, video, stranger, user_id=str(friend.id))
    assert answer["code"] == 201
    assert "own account" in answer["msg"]
    assert_both_clients_parse(name, answer)
    assert CALLS[name].objects.count() == 0
    assert counted(video) == (0, 0, 0)


def test_nobody_reposts_for_another(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    answer = call(phone, "repostVideo", post(owner), stranger, repost_user_id=friend.id)
    assert (answer["code"], VideoRepost.objects.count()) == (201, 0)


@pytest.mark.parametrize("name", [*CALLS, "pinVideo"])
def test_guests_are_asked_to_sign_in(name: str, phone: Phone, owner: Person) -> None:
    answer = call(phone, name, post(owner), None, pin=1, user_id="0")
    assert answer["code"] == 401
    assert_both_clients_parse(name, answer)


@pytest.mark.parametrize("video_id", ["", "0", None, "abc", -1, 10**30, [], {}, 999_999])
@pytest.mark.parametrize("name", [*CALLS, "shareVideo", "pinVideo", "watchVideo"])
def test_an_odd_video_is_refused(name: str, video_id: Any, phone: Phone, friend: Person) -> None:
    answer = phone.call(name, {"video_id": video_id, "pin": 1}, by=friend)
    assert answer["code"] == 201
    assert_both_clients_parse(name, answer)


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
@pytest.mark.parametrize("name", [*CALLS, "shareVideo", "watchVideo"])
def test_a_video_that_one_may_not_see_takes_no_reaction(
    name: str, how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    hide(video, how, friend)
    answer = call(phone, name, video, friend)
    assert (answer["code"], answer["msg"]) == (201, "This video is not available.")
    video.refresh_from_db()
    assert (video.like_count, video.share_count, video.view_count) == (0, 0, 0)


def test_followers_of_a_private_account_may_react(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    hide(video, "its author's account is private", friend)
    follow(friend, owner)
    assert call(phone, "likeVideo", video, friend)["code"] == 200


def test_a_like_can_be_taken_back_after_a_block(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    call(phone, "likeVideo", video, friend)
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    assert call(phone, "likeVideo", video, friend)["msg"] == "unlike"
    assert counted(video) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_counters_are_exact_after_a_storm_of_toggles() -> None:
    author = make_person("author")
    videos = [post(author), post(author)]
    people = [make_person(f"person{number}") for number in range(5)]

    def toggle_all(person: Person) -> None:
        caller = Caller(person.id, person.user.username)
        for _ in range(5):
            for video in videos:
                reactions.toggle_like(caller=caller, video_id=video.pk)
                reactions.toggle_favourite(caller=caller, video_id=video.pk)

    # Each person on two phones: ten toggles of each, some at the very same time.
    at_once(*(partial(toggle_all, person) for person in people * 2))

    assert VideoLike.objects.count() == 0
    for person in people:
        for video in videos:
            reactions.toggle_like(caller=Caller(person.id, ""), video_id=video.pk)
    assert [counted(video) for video in videos] == [(5, 0, 10)] * 2
    counters.recount(video.pk for video in videos)
    assert [counted(video) for video in videos] == [(5, 0, 10)] * 2
    assert Notification.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_a_fourth_video_is_not_pinned_at_the_same_moment() -> None:
    author = make_person("author")
    videos = [post(author) for _ in range(8)]

    def pin(video: Video) -> None:
        with suppress(Refused):
            reactions.set_pin(owner_id=author.id, video_id=video.pk, pin=True)

    at_once(*(partial(pin, video) for video in videos))
    assert Video.objects.filter(pinned_at__isnull=False).count() == 3


def test_query_counts(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    video = post(owner)
    # token, savepoint pair, lock, look for one, visible?, insert, two counters, savepoint pair,
    # forget the old notification, notify, answer
    with django_assert_num_queries(14):
        call(phone, "likeVideo", video, friend)
    # token, savepoint pair, lock, delete, two counters
    with django_assert_num_queries(7):
        call(phone, "likeVideo", video, friend)
    with django_assert_num_queries(9):
        call(phone, "addVideoFavourite", video, friend)
    with django_assert_num_queries(6):
        call(phone, "addVideoFavourite", video, friend)
    with django_assert_num_queries(6):
        call(phone, "shareVideo", video, friend)
    with django_assert_num_queries(6):
        call(phone, "pinVideo", video, owner, pin=0)
