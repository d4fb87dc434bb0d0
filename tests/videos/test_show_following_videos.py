"""showFollowingVideos."""

import pytest

from apps.users.models import Block, Follow, User
from apps.videos.models import NotInterested, Video
from tests.contract.clients import assert_both_clients_parse


def post(by, **fields) -> int:
    fields = {"file": "videos/a.mp4", "state": "ready"} | fields
    return Video.objects.create(user=by.user, **fields).pk


def ids(answer) -> list[int]:
    return [item["Video"]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


@pytest.fixture(autouse=True)
def _followed(owner, friend):
    Follow.objects.create(follower=friend.user, followed=owner.user)


def test_videos_of_followed_people_newest_first(phone, owner, friend, stranger):
    first, _, last = post(owner), post(stranger), post(owner)
    answer = phone.call("showFollowingVideos", {"starting_point": "0"}, by=friend)
    assert_both_clients_parse("showFollowingVideos", answer)
    assert ids(answer) == [last, first]


def test_an_empty_feed_is_a_sentence(phone, friend, stranger):
    post(stranger)
    answer = phone.call("showFollowingVideos", by=friend)
    assert_both_clients_parse("showFollowingVideos", answer)
    assert answer["code"] == 201


@pytest.mark.parametrize(
    "fields",
    [{"privacy": "private"}, {"block": True}, {"is_story": True}, {"state": "failed"}],
)
def test_what_is_not_for_feeds_is_not_shown(phone, owner, friend, fields):
    post(owner, **fields)
    assert ids(phone.call("showFollowingVideos", by=friend)) == []


@pytest.mark.parametrize("blocker", ["owner", "friend"])
def test_a_block_hides_either_way(phone, owner, friend, blocker):
    post(owner)
    pair = (owner.user, friend.user) if blocker == "owner" else (friend.user, owner.user)
    Block.objects.create(blocker=pair[0], blocked=pair[1])
    assert ids(phone.call("showFollowingVideos", by=friend)) == []


def test_a_private_accounts_followers_see_it_and_a_banned_authors_do_not(phone, owner, friend):
    video = post(owner)
    User.objects.filter(pk=owner.id).update(is_private=True)
    assert ids(phone.call("showFollowingVideos", by=friend)) == [video]
    User.objects.filter(pk=owner.id).update(status="banned")
    assert ids(phone.call("showFollowingVideos", by=friend)) == []


def test_what_one_is_not_interested_in_stays_away(phone, owner, friend):
    NotInterested.objects.create(user=friend.user, video_id=post(owner))
    assert ids(phone.call("showFollowingVideos", by=friend)) == []


def test_pages_hold_everything_once_in_one_query_each(
    phone, owner, friend, django_assert_num_queries
):
    posted = [post(owner) for _ in range(25)]
    seen = []
    for number in range(3):
        with django_assert_num_queries(2):  # who asks, and the page
            answer = phone.call("showFollowingVideos", {"starting_point": number}, by=friend)
        seen += ids(answer)
    assert seen == posted[::-1]


def test_nobody_looks_into_anothers_feed(phone, owner, friend, stranger):
    post(owner)
    answer = phone.call("showFollowingVideos", {"user_id": friend.id}, by=stranger)
    assert answer["code"] == 201
    assert phone.call("showFollowingVideos")["code"] == 401
    assert phone.call("showFollowingVideos", {"starting_point": "x"}, by=friend)["code"] == 201
