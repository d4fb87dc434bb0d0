"""showRelatedVideos, the For-you feed."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.users.models import Block, Device, Follow, User
from apps.videos.models import (
    NotInterested,
    Sound,
    Video,
    VideoFavourite,
    VideoLike,
    VideoRepost,
    VideoWatch,
)
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def post(by: Person, **fields: Any) -> Video:
    fields = {"file": "videos/a.mp4", "state": Video.State.READY} | fields
    return Video.objects.create(user=by.user, **fields)


def post_many(by: Person, count: int) -> set[int]:
    return {post(by).pk for _ in range(count)}


def feed(phone: Phone, by: Person | None = None, **values: Any) -> list[dict[str, Any]]:
    answer = phone.call("showRelatedVideos", values, by=by)
    assert answer["code"] == 200, answer
    return answer["msg"]


def ids(page: list[dict[str, Any]]) -> list[int]:
    return [item["Video"]["id"] for item in page]


def assert_empty(phone: Phone, by: Person | None = None, **values: Any) -> None:
    answer = phone.call("showRelatedVideos", values, by=by)
    assert answer["code"] == 201
    assert answer["msg"] == "There are no more videos right now. Please come back later."


def test_an_item_holds_what_both_clients_read(phone, owner, friend):
    sound = Sound.objects.create(name="Tune", audio="demo/tune.m4a", duration=65, user=owner.user)
    video = post(
        owner,
        description="Hello #cats",
        thumbnail="videos/a.jpg",
        gif="https://cdn.example.com/a.gif",
        sound=sound,
        duration=6.04,
        width=540,
        height=960,
        like_count=3,
        lat=52.5,
        long=13.4,
    )
    VideoLike.objects.create(user=friend.user, video=video)
    VideoFavourite.objects.create(user=friend.user, video=video)
    VideoRepost.objects.create(user=friend.user, video=video)

    answer = phone.call("showRelatedVideos", {"starting_point": "0"}, by=friend)

    assert_both_clients_parse("showRelatedVideos", answer)
    (item,) = answer["msg"]
    assert item["Video"]["id"] == video.pk
    assert item["Video"]["user_id"] == owner.id
    assert item["Video"]["description"] == "Hello #cats"
    assert item["Video"]["video"] == "http://testserver/media/videos/a.mp4"
    assert item["Video"]["thum"] == "http://testserver/media/videos/a.jpg"
    assert item["Video"]["gif"] == "https://cdn.example.com/a.gif"
    assert item["Video"]["duration"] == 6.0
    assert item["Video"]["allow_comments"] == "true"
    assert item["Video"]["allow_duet"] == 1
    assert (item["Video"]["lat"], item["Video"]["long"]) == ("52.5", "13.4")
    assert item["Video"]["like_count"] == 3
    assert [item["Video"][flag] for flag in ("like", "favourite", "repost")] == [1, 1, 1]
    assert item["Sound"]["duration"] == "01:05"
    assert item["Sound"]["audio"] == "http://testserver/media/demo/tune.m4a"
    assert item["User"]["username"] == "owner"
    assert item["User"]["button"] == "Follow"
    assert item["User"]["block"] == 0
    assert item["User"]["story"] == []
    assert item["User"]["PrivacySetting"]["video_comment"] == "everyone"
    assert item["User"]["PushNotification"]["comments"] == 1
    assert item["PinComment"] == {"id": 0}


def test_nothing_private_about_the_author_goes_out(phone, owner):
    post(owner)
    assert not {"email", "phone", "auth_token", "password", "dob"} & set(feed(phone)[0]["User"])
    assert "owner@example.com" not in str(feed(phone))


def test_a_guest_gets_a_feed_without_flags(phone, owner, friend):
    video = post(owner)
    VideoLike.objects.create(user=friend.user, video=video)

    answer = phone.call("showRelatedVideos", {"user_id": "0", "device_id": ""})

    assert_both_clients_parse("showRelatedVideos", answer)
    assert answer["msg"][0]["Video"]["like"] == 0
    assert answer["msg"][0]["User"]["button"] == "Follow"
    assert answer["msg"][0]["Sound"] is None


def test_an_empty_feed_is_a_sentence(phone, friend):
    assert_empty(phone, by=friend)
    assert_empty(phone, device_id="iphone-1")
    answer = phone.call("showRelatedVideos")
    assert_both_clients_parse("showRelatedVideos", answer)
    assert answer["code"] == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"privacy": "private"},
        {"state": "processing"},
        {"state": "failed"},
        {"block": True},
        {"is_story": True},
    ],
    ids=str,
)
def test_what_is_not_for_everyone_stays_out(phone, owner, friend, fields):
    post(owner, **fields)
    assert_empty(phone, by=friend)
    assert_empty(phone)


@pytest.mark.parametrize("status", ["banned", "deleted"])
def test_an_author_who_is_gone_takes_their_videos_along(phone, owner, friend, status):
    post(owner)
    User.objects.filter(pk=owner.id).update(status=status)
    assert_empty(phone, by=friend)
    assert_empty(phone)


def test_an_author_is_back_when_the_ban_has_ended(phone, owner):
    video = post(owner)
    ended = timezone.now() - timedelta(minutes=1)
    User.objects.filter(pk=owner.id).update(status="banned", banned_until=ended)
    assert ids(feed(phone)) == [video.pk]


def test_a_block_hides_both_from_each_other(phone, owner, friend, stranger):
    theirs, own = post(owner), post(friend)
    Block.objects.create(blocker=owner.user, blocked=friend.user)

    assert ids(feed(phone, by=friend)) == [own.pk]  # nothing else is left
    assert ids(feed(phone, by=owner)) == [theirs.pk]
    assert set(ids(feed(phone, by=stranger))) == {theirs.pk, own.pk}


def test_a_private_account_is_for_its_followers(phone, owner, friend, stranger):
    video = post(owner)
    User.objects.filter(pk=owner.id).update(is_private=True)
    Follow.objects.create(follower=friend.user, followed=owner.user)

    page = feed(phone, by=friend)
    assert ids(page) == [video.pk]
    assert page[0]["User"]["button"] == "Following"
    assert_empty(phone, by=stranger)
    assert_empty(phone)


def test_what_does_not_interest_does_not_come(phone, owner, friend):
    bored_of, video = post(owner), post(owner)
    NotInterested.objects.create(user=friend.user, video=bored_of)
    assert ids(feed(phone, by=friend)) == [video.pk]
    assert ids(feed(phone, by=friend)) == [video.pk]


def test_own_videos_come_only_when_nothing_else_is_left(phone, owner, friend):
    own, other = post(friend), post(owner)
    assert ids(feed(phone, by=friend)) == [other.pk]
    assert ids(feed(phone, by=friend)) == [other.pk, own.pk]


@pytest.mark.parametrize("viewer", ["person", "key", "number"])
def test_nothing_comes_twice_until_nothing_is_left(phone, owner, friend, viewer):
    number = Device.objects.create(key="registered").pk
    who = {
        "person": {"by": friend},
        "key": {"device_id": "iphone-1"},
        "number": {"device_id": str(number)},
    }[viewer]
    videos = post_many(owner, 25)

    pages = [ids(feed(phone, starting_point=str(page), **who)) for page in range(3)]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(chain(*pages)) == sorted(videos)
    again = ids(feed(phone, starting_point="0", **who))
    assert set(again) == set(pages[0])  # the longest unseen
    assert set(ids(feed(phone, starting_point="1", **who))) == set(pages[1])


def test_a_person_does_not_get_what_their_phone_showed_to_a_guest(phone, owner, friend):
    seen = post(owner)
    assert ids(feed(phone, device_id="iphone-1")) == [seen.pk]
    new = post(owner)
    assert ids(feed(phone, by=friend, device_id="iphone-1")) == [new.pk]


def test_one_viewer_changes_nothing_for_another(phone, owner, friend, stranger):
    video = post(owner)
    for who in ({"by": friend}, {"by": stranger}, {"device_id": "a"}, {"device_id": "b"}):
        assert ids(feed(phone, **who)) == [video.pk]


def test_what_was_served_is_noted_once(phone, owner, friend):
    video = post(owner)
    feed(phone, by=friend)
    first = VideoWatch.objects.get(user=friend.user, video=video)
    feed(phone, by=friend)
    assert VideoWatch.objects.get(user=friend.user, video=video).served_at >= first.served_at
    feed(phone)
    assert VideoWatch.objects.count() == 1


def test_an_unknown_viewer_pages_without_repeats_and_comes_to_an_end(phone, owner):
    videos = post_many(owner, 15)
    pages = [ids(feed(phone, starting_point=page)) for page in (0, 1)]
    assert sorted(chain(*pages)) == sorted(videos)
    assert_empty(phone, starting_point=2)


def test_an_unknown_viewers_list_ends_however_many_videos_there_are(phone, owner):
    post_many(owner, 101)
    pages = []
    while (answer := phone.call("showRelatedVideos", {"starting_point": len(pages)}))[
        "code"
    ] == 200:
        pages.append(ids(answer["msg"]))
    every = list(chain(*pages))
    assert 50 <= len(every) == len(set(every)) <= 100


def test_young_and_well_liked_videos_come_first(phone, owner):
    old = post(owner)
    Video.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    loved = post(owner, like_count=100_000)
    fresh = post(owner)
    assert ids(feed(phone)) == [loved.pk, fresh.pk, old.pk]


def test_a_hit_comes_from_behind_many_newer_videos(phone, owner):
    hit = post(owner, like_count=1_000_000)
    post_many(owner, 105)
    assert ids(feed(phone))[0] == hit.pk


def test_a_number_that_no_device_has_counts_as_no_phone(phone, owner):
    video = post(owner)
    assert ids(feed(phone, device_id="987654321")) == [video.pk]
    assert ids(feed(phone, device_id="9" * 40)) == [video.pk]
    assert not VideoWatch.objects.exists()


def test_a_key_is_registered_once(phone, owner):
    post(owner)
    feed(phone, device_id="iphone-1")
    feed(phone, device_id="iphone-1")
    assert Device.objects.filter(key="iphone-1").count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"starting_point": "-1"},
        {"starting_point": "many"},
        {"starting_point": "10001"},
        {"device_id": "x" * 256},
        {"device_id": "a\x00b"},
        {"device_id": {"id": 1}},
        {"lat": "far"},
    ],
    ids=str,
)
def test_bad_input_is_refused_with_a_sentence(phone, owner, values):
    post(owner)
    answer = phone.call("showRelatedVideos", values)
    assert answer["code"] == 201
    assert isinstance(answer["msg"], str)
    assert not VideoWatch.objects.exists()


def test_a_stranger_gets_no_feed_in_somebody_elses_name(phone, owner, friend, stranger):
    post(owner)
    answer = phone.call("showRelatedVideos", {"user_id": friend.id}, by=stranger)
    assert answer["code"] == 201
    assert not VideoWatch.objects.exists()


def test_a_wrong_token_is_refused_and_a_dead_one_ends_the_session(phone, owner, banned):
    post(owner)
    assert phone.call("showRelatedVideos", headers={"Auth-Token": "wrong"})["code"] == 401
    assert phone.call("showRelatedVideos", by=banned)["code"] == 501


def test_a_page_costs_the_same_whatever_it_holds(
    phone, owner, friend, stranger, django_assert_num_queries
):
    for _ in range(12):
        post(owner, sound=Sound.objects.create(name="Tune", audio="a.m4a"))
    device = Device.objects.create(key="known")
    with django_assert_num_queries(1):  # the page
        assert len(feed(phone)) == 10
    with django_assert_num_queries(2):  # and the device
        assert len(feed(phone, device_id=str(device.pk))) == 10
    with django_assert_num_queries(3):  # and the token, and what is promoted
        assert len(feed(phone, by=friend)) == 10
    with django_assert_num_queries(3):  # the device of a person is not looked up
        assert len(feed(phone, by=stranger, device_id=str(device.pk))) == 2
    with django_assert_num_queries(3):  # a new device is looked for, then made
        assert len(feed(phone, device_id="brand-new")) == 10


def synchronous_commit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('synchronous_commit')")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_noting_does_not_wait_for_the_disk_and_the_next_commit_does(phone, owner, friend):
    post(owner)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    with transaction.atomic():
        feed(phone, by=friend)
        assert synchronous_commit() == "off"
    feed(phone, by=friend)
    assert synchronous_commit() == "on"
