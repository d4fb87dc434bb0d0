"""watchVideo: plays that the apps tell of, one or several at a time"""

from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Device
from apps.videos.models import Video, VideoWatch
from apps.videos.services import watches
from apps.videos.services.watches import Play
from apps.videos.viewers import Viewer
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import at_once, post


def test_every_play_counts_and_is_noted_once_for_the_person(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner, duration=8)
    for _ in range(3):
        answer = phone.call("watchVideo", {"video_id": str(video.pk), "device_id": ""}, by=friend)
    assert_both_clients_parse("watchVideo", answer)
    assert answer["msg"]["Video"]["view"] == 3
    assert answer["msg"]["VideoWatch"]["user_id"] == friend.id
    watch = VideoWatch.objects.get()
    assert (watch.user_id, watch.video_id, watch.plays) == (friend.id, video.pk, 3)


def test_a_guest_is_known_by_the_phone(phone: Phone, owner: Person) -> None:
    video = post(owner)
    device = Device.objects.create(key="pixel")
    answer = phone.call("watchVideo", {"video_id": video.pk, "device_id": str(device.pk)})
    assert_both_clients_parse("watchVideo", answer)
    assert answer["msg"]["Device"]["id"] == device.pk
    assert VideoWatch.objects.get().device_id == device.pk


def test_an_unknown_guests_play_is_only_counted(phone: Phone, owner: Person) -> None:
    video = post(owner)
    answer = phone.call("watchVideo", {"video_id": video.pk, "user_id": "0"})
    assert_both_clients_parse("watchVideo", answer)
    assert answer["msg"]["VideoWatch"] is None
    assert answer["msg"]["Video"]["view"] == 1
    assert VideoWatch.objects.count() == 0


def test_a_batch_counts_each_play_and_keeps_the_longest(
    phone: Phone, owner: Person, friend: Person
) -> None:
    first, second = post(owner, duration=10), post(owner, duration=4)
    plays = [
        {"video_id": str(first.pk), "duration": 7},
        {"video_id": first.pk, "duration": "3.5"},
        {"video_id": second.pk, "duration": 9},
        {"video_id": 999_999, "duration": 1},
    ]
    answer = phone.call("watchVideo", {"watch_videos": plays}, by=friend)
    assert_both_clients_parse("watchVideo", answer)
    assert answer["msg"]["Video"]["id"] == second.pk
    assert answer["msg"]["VideoWatch"]["duration"] == 4
    rows = {row.video_id: (row.plays, row.longest_s) for row in VideoWatch.objects.all()}
    assert rows == {first.pk: (2, 7), second.pk: (1, 4)}
    assert dict(Video.objects.values_list("pk", "view_count")) == {first.pk: 2, second.pk: 1}


def test_a_played_video_leaves_the_feed(phone: Phone, owner: Person, friend: Person) -> None:
    played, new = post(owner), post(owner)
    phone.call("watchVideo", {"video_id": played.pk}, by=friend)
    feed = phone.call("showRelatedVideos", by=friend)["msg"]
    assert [item["Video"]["id"] for item in feed] == [new.pk]


@pytest.mark.parametrize(
    "plays",
    [[], {}, "no", 7, [7], [{}], [{"video_id": "x"}], [[]], [{"video_id": 1}] * 101, [None]],
)
def test_an_odd_batch_is_refused(plays: Any, phone: Phone, friend: Person) -> None:
    answer = phone.call("watchVideo", {"watch_videos": plays}, by=friend)
    assert answer["code"] == 201


@pytest.mark.parametrize("seconds", ["", "abc", -5, "nan", "inf", 1e300, None])
def test_an_odd_length_counts_as_none(
    seconds: Any, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    answer = phone.call("watchVideo", {"video_id": video.pk, "duration": seconds}, by=friend)
    assert answer["code"] == 200
    assert VideoWatch.objects.get().longest_s == 0
    play = {"video_id": video.pk, "duration": seconds}
    assert phone.call("watchVideo", {"watch_videos": [play]}, by=friend)["code"] == 200
    assert VideoWatch.objects.get().longest_s == 0


def test_nobody_watches_for_another(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(owner)
    answer = phone.call("watchVideo", {"video_id": video.pk, "user_id": friend.id}, by=stranger)
    assert answer["code"] == 201
    assert (VideoWatch.objects.count(), Video.objects.get().view_count) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_views_are_exact_when_many_watch_the_same_videos_in_any_order() -> None:
    author = make_person("author")
    ids = [post(author).pk for _ in range(4)]
    people = [make_person(f"person{number}") for number in range(5)]

    def watch_all(person: Person, order: list[int]) -> None:
        for _ in range(5):
            plays = [Play(pk) for pk in order]
            watches.watch(viewer=Viewer(person.id), plays=plays)

    at_once(
        *(partial(watch_all, person, ids) for person in people),
        *(partial(watch_all, person, ids[::-1]) for person in people),
    )
    assert set(Video.objects.values_list("view_count", flat=True)) == {50}
    assert set(VideoWatch.objects.values_list("plays", flat=True)) == {10}


def test_a_batch_costs_as_much_as_one(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    videos = [post(owner) for _ in range(10)]
    # token, savepoint pair, visible?, lock, count, note, answer
    with django_assert_num_queries(8):
        phone.call("watchVideo", {"video_id": videos[0].pk}, by=friend)
    plays = [{"video_id": video.pk, "duration": 2} for video in videos]
    with django_assert_num_queries(8):
        phone.call("watchVideo", {"watch_videos": plays}, by=friend)
