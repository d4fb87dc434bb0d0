"""Stories: who sees them, and that they are gone after a day"""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from apps.videos import processing, tasks
from apps.videos.models import Video
from apps.videos.services import removal, stories
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

DAY_OVER = timedelta(hours=24, seconds=1)
CALLS = ["showFriendsStories", "addStory", "deleteStory"]


def story(by: Person, *, age: timedelta = timedelta(), **fields: Any) -> Video:
    video = post(by, is_story=True, **fields)
    Video.objects.filter(pk=video.pk).update(created_at=timezone.now() - age)
    return video


def befriend(one: Person, other: Person) -> None:
    follow(one, other)
    follow(other, one)


def told(phone: Phone, by: Person, page: int = 0) -> dict[str, list[int]]:
    """Whose stories the person is shown, in this order, and which."""
    answer = phone.call("showFriendsStories", {"starting_point": str(page)}, by=by)
    assert_both_clients_parse("showFriendsStories", answer)
    if answer["code"] != 200:
        return {}
    return {
        person["username"]: [item["Video"]["id"] for item in person["Video"]]
        for person in answer["msg"]["User"]
    }


def test_friends_stories_stand_behind_ones_own_the_latest_first(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    other = make_person("other")
    befriend(owner, friend)
    befriend(owner, other)
    follow(owner, stranger)  # who does not follow back
    old, mine = story(friend), story(owner)
    theirs, new, _ = story(other), story(friend), story(stranger)
    post(friend)
    assert told(phone, owner) == {
        "owner": [mine.pk],
        "friend": [old.pk, new.pk],
        "other": [theirs.pk],
    }
    assert told(phone, owner, 1) == {}
    assert list(told(phone, friend)) == ["friend", "owner"]
    assert told(phone, make_person("nobody")) == {}


def test_people_come_in_pages_of_ten(phone: Phone, owner: Person) -> None:
    story(owner)
    for number in range(11):
        person = make_person(f"friend{number:02}")
        befriend(owner, person)
        story(person)
    first, second = told(phone, owner), told(phone, owner, 1)
    assert (len(first), next(iter(first))) == (10, "owner")
    assert list(second) == ["friend01", "friend00"]


def test_a_story_is_gone_for_everyone_when_its_day_is_over(
    phone: Phone, owner: Person, friend: Person
) -> None:
    befriend(owner, friend)
    live, gone = story(owner, age=timedelta(hours=23)), story(owner, age=DAY_OVER)
    for by in (owner, friend):
        assert told(phone, by)["owner"] == [live.pk]
        for name in ("showVideoDetail", "watchVideo"):
            assert phone.call(name, {"video_id": live.pk}, by=by)["code"] == 200
            assert phone.call(name, {"video_id": gone.pk}, by=by)["code"] == 201
        shown = phone.call("showStory", {}, by=by)["msg"]
        assert len(shown["mystory"]) + len(shown["other"]) == 1


def test_the_rows_and_files_of_expired_stories_are_removed(
    owner: Person, media_folder: Path
) -> None:
    names = [f"videos/{name}/video.mp4" for name in ("live", "gone", "draft", "video")]
    for name in names:
        path = media_folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    live = story(owner, file=names[0])
    story(owner, file=names[1], age=DAY_OVER)
    draft = story(owner, file=names[2], age=DAY_OVER, privacy="draft")
    video = post(owner, file=names[3])
    Video.objects.filter(pk=video.pk).update(created_at=timezone.now() - DAY_OVER)
    tasks.remove_expired_stories()
    removal.remove_deleted()
    assert set(Video.objects.values_list("pk", flat=True)) == {live.pk, draft.pk, video.pk}
    assert [(media_folder / name).exists() for name in names] == [True, False, True, True]
    tasks.remove_expired_stories()


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_stories_are_told_to_nobody_else(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    befriend(owner, friend)
    hide(story(owner), how, friend)
    seen = how == "its author's account is private"  # friends follow each other
    assert bool(told(phone, friend)) is seen
    shown = phone.call("showStory", {}, by=friend)["msg"]["other"]
    assert bool(shown) is seen


def test_a_profile_is_ringed_by_its_live_stories(
    phone: Phone, owner: Person, friend: Person
) -> None:
    live = story(owner)
    story(owner, age=DAY_OVER)
    story(owner, privacy="private")

    def ring(by: Person) -> list[int]:
        values = {} if by is owner else {"other_user_id": owner.id}
        answer = phone.call("showUserDetail", values, by=by)
        assert_both_clients_parse("showUserDetail", answer)
        return [item["Video"]["id"] for item in answer["msg"]["User"]["story"]]

    assert ring(owner) == ring(friend) == [live.pk]
    video = post(owner)
    feed = phone.call("showRelatedVideos", by=friend)["msg"]
    assert [item["Video"]["id"] for item in feed] == [video.pk]
    assert feed[0]["User"]["story"][0]["Video"]["id"] == live.pk
    hide(live, "its author's account is private", friend)
    assert (ring(owner), ring(friend)) == ([live.pk], [])


def form(phone: Phone, by: Person | None, name: str, content: bytes, **values: Any) -> Any:
    fields = {"attachment": SimpleUploadedFile(name, content), **values}
    body = encode_multipart("form", fields)
    content_type = "multipart/form-data; boundary=form"
    return phone.send("/api/addStory", body, by=by, content_type=content_type)


def test_an_added_story_is_a_video_like_one_that_postvideo_makes(
    phone: Phone, owner: Person, filmed: Path, media_folder: Path, private_folder: Path
) -> None:
    answer = form(phone, owner, "clip.mp4", filmed.read_bytes(), type="video")
    assert answer["code"] == 200
    assert answer["msg"]["Story"]["user_id"] == owner.id
    video = Video.objects.get()
    assert (video.is_story, video.user_id) == (True, owner.id)
    processing.process(video.pk)
    assert told(phone, owner) == {"owner": [video.pk]}


def test_a_photo_becomes_a_clip(
    phone: Phone, owner: Person, media_folder: Path, private_folder: Path
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (301, 401), "teal").save(file, "PNG")
    assert form(phone, owner, "photo.png", file.getvalue(), type="photo")["code"] == 200
    video = Video.objects.get()
    processing.process(video.pk)
    video.refresh_from_db()
    assert (video.state, video.duration) == ("ready", stories.PHOTO_S)
    assert told(phone, owner) == {"owner": [video.pk]}


@pytest.mark.parametrize(
    "attachment", ["http://127.0.0.1:9/x.mp4", "https://example.com/a.jpg", "", "x", 7, [], {}]
)
@pytest.mark.parametrize("kind", ["photo", "video"])
def test_what_is_no_file_is_refused_and_no_address_is_asked(
    kind: str, attachment: Any, phone: Phone, owner: Person
) -> None:
    answer = phone.call("addStory", {"type": kind, "attachment": attachment}, by=owner)
    assert (answer["code"], Video.objects.count()) == (201, 0)


def test_stories_of_a_day(phone: Phone, owner: Person, friend: Person) -> None:
    befriend(owner, friend)
    mine, theirs = story(owner), story(friend)
    today = Video.objects.get(pk=mine.pk).created_at.date()
    Video.objects.filter(pk=theirs.pk).update(created_at=Video.objects.get(pk=mine.pk).created_at)
    for values in ({}, {"date": today.isoformat()}):
        shown = phone.call("showStory", values, by=owner)["msg"]
        assert [row["Story"]["id"] for row in shown["mystory"]] == [mine.pk]
        assert [row["Story"]["id"] for row in shown["other"]] == [theirs.pk]
        assert shown["other"][0]["User"]["id"] == friend.id
    values = {"date": "2001-2-3"}
    assert phone.call("showStory", values, by=owner)["msg"] == {"mystory": [], "other": []}
    assert phone.call("showStory", values)["msg"] == {"mystory": [], "other": []}
    assert phone.call("showStory", {"date": "someday"}, by=owner)["code"] == 201


def test_only_ones_own_stories_are_deleted(phone: Phone, owner: Person, stranger: Person) -> None:
    mine, video = story(owner), post(owner)
    refused = {"code": 201, "msg": stories.NO_STORY}
    assert phone.call("deleteStory", {"id": mine.pk}, by=stranger) == refused
    assert phone.call("deleteStory", {"id": video.pk}, by=owner) == refused
    assert told(phone, owner) == {"owner": [mine.pk]}
    for _ in range(2):
        answer = phone.call("deleteStory", {"id": str(mine.pk)}, by=owner)
        assert answer == {"code": 200, "msg": "success"}
    assert told(phone, owner) == {}
    assert phone.call("deleteStory", {"id": "abc"}, by=owner)["code"] == 201


@pytest.mark.parametrize("name", CALLS)
def test_guests_strangers_and_wrong_tokens(
    name: str, phone: Phone, owner: Person, stranger: Person
) -> None:
    kept = story(owner)
    values = {"id": kept.pk, "attachment": "x"}
    assert phone.call(name, values)["code"] == 401
    assert phone.call(name, values, headers={"Auth-Token": "wrong"})["code"] == 401
    answer = phone.call(name, values | {"user_id": owner.id}, by=stranger)
    assert (answer["code"], "own account" in answer["msg"]) == (201, True)
    kept.refresh_from_db()
    assert kept.state == "ready"


def test_query_counts_do_not_grow(
    phone: Phone,
    owner: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(4):
        person = make_person(f"friend{number}")
        befriend(owner, person)
        story(person)
        story(person)
        with django_assert_num_queries(2):  # token, page
            told(phone, owner)
        with django_assert_num_queries(3):
            phone.call("showStory", {}, by=owner)
