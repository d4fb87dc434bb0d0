"""Lists of videos on a profile; showVideoDetail"""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.users.models import PrivacySetting
from apps.videos.models import (
    Sound,
    Video,
    VideoComment,
    VideoFavourite,
    VideoLike,
    VideoRepost,
)
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

REACTIONS = {
    "showUserLikedVideos": VideoLike,
    "showFavouriteVideos": VideoFavourite,
    "showUserRepostedVideos": VideoRepost,
}


def profile(phone: Phone, of: Person, by: Person | None, page: int = 0) -> dict[str, Any]:
    values = {"user_id": str(by.id) if by else "0", "starting_point": str(page)}
    if by is not of:
        values["other_user_id"] = str(of.id)
    answer = phone.call("showVideosAgainstUserID", values, by=by)
    assert_both_clients_parse("showVideosAgainstUserID", answer)
    return answer


def ids(items: list[dict[str, Any]]) -> list[int]:
    return [item["Video"]["id"] for item in items]


def react(kind: Any, by: Person, video: Video) -> None:
    kind.objects.create(user=by.user, video=video)


def test_the_owner_sees_private_videos_and_others_do_not(
    phone: Phone, owner: Person, friend: Person
) -> None:
    public, private = post(owner), post(owner, privacy="private")
    post(owner, is_story=True)
    post(friend)
    answer = profile(phone, owner, owner)
    assert ids(answer["msg"]["public"]) == [public.pk]
    assert ids(answer["msg"]["private"]) == [private.pk]
    for by in (friend, None):
        answer = profile(phone, owner, by)
        assert (answer["code"], ids(answer["msg"]["public"])) == (200, [public.pk])
        assert answer["msg"]["private"] == []


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"state": "received"}, "Being prepared"),
        ({"state": "processing"}, "Being prepared"),
        ({"state": "failed", "failure": "Too long."}, "Failed: Too long."),
        ({"state": "ready", "file": "a.mp4", "block": True}, "Under review"),
    ],
)
def test_the_owner_sees_what_becomes_of_an_upload_and_others_do_not(
    phone: Phone, owner: Person, friend: Person, fields: dict[str, Any], label: str
) -> None:
    video = post(owner, **{"file": ""} | fields)
    (item,) = profile(phone, owner, owner)["msg"]["public"]
    assert item["Video"]["id"] == video.pk
    assert (item["Video"]["block"], item["Video"]["aws_label"]) == (1, label)
    for by in (friend, None):
        assert profile(phone, owner, by)["msg"]["public"] == []


def test_a_profile_has_pages_of_ten_the_pinned_before_the_newest(
    phone: Phone, owner: Person, friend: Person
) -> None:
    videos = [post(owner) for _ in range(13)]
    Video.objects.filter(pk=videos[2].pk).update(pinned_at=timezone.now())
    newest = [video.pk for video in reversed(videos) if video != videos[2]]
    first = profile(phone, owner, friend)["msg"]["public"]
    assert ids(first) == [videos[2].pk, *newest[:10]]
    assert first[0]["Video"]["pin"] == 1
    assert ids(profile(phone, owner, friend, 1)["msg"]["public"]) == newest[10:]
    assert profile(phone, owner, friend, 2)["msg"] == {"public": [], "private": []}


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_a_profile_shows_only_what_one_may_see(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    hide(video, how, friend)
    assert profile(phone, owner, friend)["msg"] == {"public": [], "private": []}
    if how == "its author's account is private":
        follow(friend, owner)
        assert ids(profile(phone, owner, friend)["msg"]["public"]) == [video.pk]


@pytest.mark.parametrize(
    "values",
    [
        {"other_user_id": "abc"},
        {"other_user_id": -1},
        {"starting_point": "x"},
        {"starting_point": -1},
        {"other_user_id": []},
    ],
)
def test_a_refused_profile_still_has_both_lists(values: Any, phone: Phone, owner: Person) -> None:
    answer = phone.call("showVideosAgainstUserID", values, by=owner)
    assert_both_clients_parse("showVideosAgainstUserID", answer)
    assert (answer["code"], answer["msg"]) == (201, {"public": [], "private": []})
    assert answer["message"]
    for name in REACTIONS:
        answer = phone.call(name, values, by=owner)
        assert answer["code"] == 201
        assert_both_clients_parse(name, answer)


def test_a_guest_without_a_profile_and_a_wrong_token_are_refused(phone: Phone) -> None:
    for name in ("showVideosAgainstUserID", *REACTIONS):
        for headers in ({}, {"Auth-Token": "wrong"}):
            answer = phone.call(name, {"user_id": "0"}, headers=headers)
            assert answer["code"] == 401
            assert_both_clients_parse(name, answer)


@pytest.mark.parametrize("name", REACTIONS)
def test_ones_own_reactions_come_newest_first_in_pages(
    name: str, phone: Phone, owner: Person, friend: Person
) -> None:
    sound = Sound.objects.create(name="Tune", audio="demo/tune.m4a", user=owner.user)
    videos = [post(owner, sound=sound) for _ in range(12)]
    for video in videos:
        react(REACTIONS[name], friend, video)
    seen: list[int] = []
    for page in range(2):
        values = {"user_id": str(friend.id), "starting_point": str(page)}
        answer = phone.call(name, values, by=friend)
        assert_both_clients_parse(name, answer)
        seen += ids(answer["msg"])
    assert seen == [video.pk for video in reversed(videos)]
    item = answer["msg"][0]
    assert (item["User"]["id"], item["Sound"]["id"]) == (owner.id, sound.pk)
    if name != "showUserRepostedVideos":
        assert item["Video"]["User"]["PrivacySetting"]["id"] == owner.id
        assert item["Video"]["Sound"]["id"] == sound.pk
    answer = phone.call(name, {"starting_point": "2"}, by=friend)
    assert_both_clients_parse(name, answer)
    assert answer == {"code": 201, "msg": "There are no videos here."}


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
@pytest.mark.parametrize("name", REACTIONS)
def test_what_one_may_not_see_any_more_leaves_the_lists(
    name: str, how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    react(REACTIONS[name], friend, video)
    hide(video, how, friend)
    assert phone.call(name, by=friend)["code"] == 201


@pytest.mark.parametrize(
    ("audience", "friends", "code"),
    [
        ("only_me", True, 201),
        ("no_one", True, 201),
        ("friend", False, 201),
        ("friend", True, 200),
        ("everyone", False, 200),
    ],
)
def test_the_setting_decides_who_sees_ones_likes(
    audience: str, friends: bool, code: int, phone: Phone, owner: Person, friend: Person
) -> None:
    PrivacySetting.objects.filter(user=owner.user).update(liked_videos=audience)
    follow(friend, owner)
    if friends:
        follow(owner, friend)
    react(VideoLike, owner, post(owner))
    answer = phone.call("showUserLikedVideos", {"other_user_id": str(owner.id)}, by=friend)
    assert_both_clients_parse("showUserLikedVideos", answer)
    assert answer["code"] == code
    assert phone.call("showUserLikedVideos", by=owner)["code"] == 200


def test_favourites_are_nobody_elses_and_reposts_of_a_private_account_its_followers(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(stranger)
    react(VideoFavourite, owner, video)
    react(VideoRepost, owner, video)
    other = {"other_user_id": owner.id}
    assert phone.call("showFavouriteVideos", other, by=friend)["code"] == 201
    assert phone.call("showFavouriteVideos", {"user_id": owner.id}, by=friend)["code"] == 201
    assert phone.call("showUserRepostedVideos", other, by=friend)["code"] == 200
    hide(post(owner), "its author's account is private", friend)
    assert phone.call("showUserRepostedVideos", other, by=friend)["code"] == 201
    follow(friend, owner)
    assert phone.call("showUserRepostedVideos", other, by=friend)["code"] == 200


def test_a_detail_holds_the_latest_comments(phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner)
    rows = [VideoComment.objects.create(user=friend.user, video=video, text="Hi")]
    rows += [VideoComment.objects.create(user=owner.user, video=video, text="Ho")]
    VideoComment.objects.create(user=owner.user, video=video, text="Re", parent=rows[0])
    for by in (friend, None):
        answer = phone.call("showVideoDetail", {"video_id": str(video.pk)}, by=by)
        assert_both_clients_parse("showVideoDetail", answer)
        assert answer["msg"]["Video"]["id"] == video.pk
        assert answer["msg"]["User"]["PrivacySetting"]["id"] == owner.id
        shown = answer["msg"]["VideoComment"]
        assert [row["id"] for row in shown] == [rows[1].pk, rows[0].pk]
        assert shown[1]["User"]["username"] == "friend"


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_a_hidden_video_has_no_detail(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    hide(video, how, friend)
    answer = phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)
    assert_both_clients_parse("showVideoDetail", answer)
    assert answer == {"code": 201, "msg": "This video is not available."}
    if how != "its author is banned":
        assert phone.call("showVideoDetail", {"video_id": video.pk}, by=owner)["code"] == 200


@pytest.mark.parametrize("video_id", ["", "0", None, "abc", -1, 10**30, [], 999_999])
def test_an_odd_video_has_no_detail(video_id: Any, phone: Phone, owner: Person) -> None:
    answer = phone.call("showVideoDetail", {"video_id": video_id}, by=owner)
    assert_both_clients_parse("showVideoDetail", answer)
    assert answer["code"] == 201


def test_query_counts_do_not_grow_with_the_lists(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for length in (1, 9):
        for _ in range(length):
            video = post(owner)
            for kind in REACTIONS.values():
                react(kind, friend, video)
        # token, pinned, public (and private)
        with django_assert_num_queries(4):
            profile(phone, owner, owner)
        with django_assert_num_queries(3):
            profile(phone, owner, friend)
        for name in REACTIONS:
            with django_assert_num_queries(2):
                phone.call(name, by=friend)
        with django_assert_num_queries(3):
            phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)
