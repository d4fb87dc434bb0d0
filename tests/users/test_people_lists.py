"""POST /api/showFollowers, showFollowing, showFriends, showSuggestedUsers, showProfileVisitors,
searchFollowingOrFollowUsers, showRegisteredContacts"""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.contract import paging
from apps.users.models import ExternalIdentity, Follow, ProfileVisit, User
from apps.users.services import follows
from apps.videos.models import Video
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


def crowd(count: int) -> list[User]:
    return [User.objects.create_user(f"fan{number:03}") for number in range(count)]


def follow(person: Person, other: Person) -> None:
    follows.toggle_follow(follower_id=person.id, followed_id=other.id)


def ids(answer: dict[str, Any], key: str = "User") -> list[int]:
    return [item[key]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


def test_followers_and_following_parse_on_both_clients(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(friend, owner)
    follow(stranger, owner)
    answer = phone.call(
        "showFollowers", {"user_id": str(owner.id), "starting_point": "0"}, by=owner
    )
    assert_both_clients_parse("showFollowers", answer)
    assert ids(answer, "FollowerList") == ids(answer) == [stranger.id, friend.id]
    assert answer["msg"][0]["User"]["button"] == "Follow Back"
    answer = phone.call("showFollowing", {"other_user_id": friend.id}, by=owner)
    assert_both_clients_parse("showFollowing", answer)
    # Android's tag screen prefers User, which must not be somebody else.
    assert ids(answer, "FollowingList") == ids(answer) == [owner.id]
    assert answer["msg"][0]["User"]["button"] == "0"
    answer = phone.call("showFollowing", by=owner)
    assert_both_clients_parse("showFollowing", answer)
    assert answer["code"] == 201


def test_friends_are_those_who_follow_each_other(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(friend, owner)
    follow(owner, friend)
    follow(owner, stranger)
    answer = phone.call("showFriends", by=owner)
    assert_both_clients_parse("showFriends", answer)
    assert ids(answer, "Friends") == [friend.id]


def test_guests_see_public_lists_and_need_to_say_whose(
    phone: Phone, owner: Person, friend: Person
) -> None:
    follow(friend, owner)
    answer = phone.call("showFollowers", {"user_id": "0", "other_user_id": owner.id})
    assert ids(answer) == [friend.id]
    assert phone.call("showFollowers", {"user_id": "0"})["code"] == 401


def test_the_lists_of_a_private_account_are_for_its_followers(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(friend, owner)
    User.objects.filter(pk=owner.id).update(is_private=True)
    values = {"other_user_id": owner.id}
    assert ids(phone.call("showFollowers", values, by=friend)) == [friend.id]
    assert ids(phone.call("showFollowers", values, by=owner)) == [friend.id]
    assert phone.call("showFollowers", values, by=stranger)["msg"] == "This list is private."
    assert phone.call("showFollowers", values)["code"] == 201


def test_pages_hold_everybody_once_even_while_the_list_grows(phone: Phone, owner: Person) -> None:
    fans = crowd(25)
    Follow.objects.bulk_create(Follow(follower=fan, followed=owner.user) for fan in fans)
    seen = []
    for page in range(4):
        newcomer = make_person(f"new{page}").user
        seen += ids(phone.call("showFollowers", {"starting_point": str(page)}, by=owner))
        Follow.objects.create(follower=newcomer, followed=owner.user)
    assert seen == [fan.id for fan in reversed(fans)]


def test_a_page_whose_predecessor_is_forgotten_is_found_by_counting(
    phone: Phone, owner: Person
) -> None:
    fans = crowd(25)
    Follow.objects.bulk_create(Follow(follower=fan, followed=owner.user) for fan in fans)
    expected = [fan.id for fan in reversed(fans)][10:20]
    assert ids(phone.call("showFollowers", {"starting_point": 1}, by=owner)) == expected
    cache.clear()
    assert ids(phone.call("showFollowers", {"starting_point": 1}, by=owner)) == expected
    guest = {"starting_point": 1, "other_user_id": owner.id}
    assert ids(phone.call("showFollowers", guest)) == expected
    too_deep = paging.MAX_OFFSET // paging.PAGE_SIZE + 1
    assert phone.call("showFollowers", {"starting_point": too_deep}, by=owner)["code"] == 201


def test_pages_go_on_while_valkey_is_away(phone: Phone, owner: Person) -> None:
    fans = crowd(15)
    Follow.objects.bulk_create(Follow(follower=fan, followed=owner.user) for fan in fans)
    away = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:1/0",
    }
    with override_settings(CACHES={"default": away}):
        assert len(ids(phone.call("showFollowers", {"starting_point": 1}, by=owner))) == 5
        assert len(ids(phone.call("showSuggestedUsers", by=owner))) == 10


@pytest.mark.parametrize("page", ["x", "-1", "99999999999", [], "1.5"])
def test_an_odd_page_is_refused(phone: Phone, owner: Person, page: object) -> None:
    for endpoint in ("showFollowers", "showSuggestedUsers", "showProfileVisitors"):
        assert phone.call(endpoint, {"starting_point": page}, by=owner)["code"] == 201


def test_deleted_and_banned_accounts_are_in_no_list(
    phone: Phone, owner: Person, friend: Person, banned: Person
) -> None:
    Follow.objects.create(follower=banned.user, followed=owner.user)
    follow(friend, owner)
    friend.user.status = "deleted"
    friend.user.save(update_fields=["status"])
    assert phone.call("showFollowers", by=owner)["code"] == 201


def test_suggestions_are_those_followed_by_friends_then_the_popular(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    star = make_person("star", followers_count=1000)
    follow(owner, friend)
    follow(friend, stranger)
    answer = phone.call(
        "showSuggestedUsers",
        {"user_id": str(friend.id), "other_user_id": None, "starting_point": "0"},
        by=owner,
    )
    assert_both_clients_parse("showSuggestedUsers", answer)
    assert ids(answer) == [stranger.id, star.id]
    assert answer["msg"][0]["Video"] == []
    assert ids(phone.call("showSuggestedUsers"))[0] == star.id  # a guest


def test_suggestions_show_public_videos_and_end(phone: Phone, owner: Person) -> None:
    star = make_person("star", followers_count=5)
    for privacy in ("public", "private"):
        Video.objects.create(user=star.user, file="v.mp4", state="ready", privacy=privacy)
    answer = phone.call("showSuggestedUsers", by=owner)
    assert_both_clients_parse("showSuggestedUsers", answer)
    assert len(answer["msg"][0]["Video"]) == 1
    assert phone.call("showSuggestedUsers", {"starting_point": 1}, by=owner)["code"] == 201


def test_pages_of_suggestions_are_parts_of_one_list(phone: Phone, owner: Person) -> None:
    fans = crowd(23)
    pages = [
        ids(phone.call("showSuggestedUsers", {"starting_point": page}, by=owner))
        for page in range(4)
    ]
    assert [len(page) for page in pages] == [10, 10, 3, 0]
    assert {person for page in pages for person in page} == {fan.id for fan in fans}


def test_visitors_are_shown_and_then_seen(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    for person in (friend, stranger):
        phone.call("showUserDetail", {"other_user_id": owner.id}, by=person)
    answer = phone.call("showProfileVisitors", {"starting_point": "0"}, by=owner)
    assert_both_clients_parse("showProfileVisitors", answer)
    assert ids(answer, "Visitor") == [stranger.id, friend.id]
    assert answer["msg"][0]["ProfileVisit"]["read"] == 0
    assert phone.call("showUserDetail", by=owner)["msg"]["User"]["profile_visit_count"] == 0
    answer = phone.call("showProfileVisitors", by=owner)
    assert answer["msg"][0]["ProfileVisit"]["read"] == 1


def test_old_visits_and_visitors_who_hide_their_views_are_not_shown(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    for person in (friend, stranger):
        ProfileVisit.objects.create(visitor=person.user, visited=owner.user)
    User.objects.filter(pk=friend.id).update(shows_profile_views=False)
    assert ids(phone.call("showProfileVisitors", by=owner), "Visitor") == [stranger.id]
    ProfileVisit.objects.update(visited_at=timezone.now() - timedelta(days=31))
    assert phone.call("showProfileVisitors", by=owner)["code"] == 201


def test_search_finds_names_among_follows_in_both_directions_once(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    make_person("friendly")  # no relation
    follow(friend, owner)
    follow(owner, friend)
    follow(owner, stranger)
    User.objects.filter(pk=stranger.id).update(first_name="Ann", last_name="Friendless")
    values = {"keyword": "FRIEND", "starting_point": "0"}
    answer = phone.call("searchFollowingOrFollowUsers", values, by=owner)
    assert_both_clients_parse("searchFollowingOrFollowUsers", answer)
    assert ids(answer) == [stranger.id, friend.id]
    for keyword in ("%", "_", "\\", "nobody"):
        answer = phone.call("searchFollowingOrFollowUsers", {"keyword": keyword}, by=owner)
        assert answer["code"] == 201
    assert phone.call("searchFollowingOrFollowUsers", by=owner)["code"] == 201


def test_contacts_are_found_by_number_digest_and_facebook_id(
    phone: Phone, owner: Person, friend: Person
) -> None:
    User.objects.filter(pk=owner.id).update(phone="+14155550101")
    User.objects.filter(pk=friend.id).update(phone="+14155550102")
    digest = hashlib.sha256(b"+14155550101").hexdigest()
    ExternalIdentity.objects.create(
        user=owner.user, provider="facebook", subject="777", proven=True
    )
    for values, expected in (
        ({"phone_numbers": [{"phone": "+1 (415) 555-0101"}, {"phone": "x"}]}, "+1 (415) 555-0101"),
        ({"phone_numbers": [{"phone": "415 555 0101"}]}, "415 555 0101"),  # as in friend's country
        ({"phone_numbers": [{"phone": digest}]}, digest),
        ({"phone_numbers": f'["{digest}"]'}, digest),
        ({"facebook_ids": [{"fb_id": "777"}]}, "777"),
    ):
        answer = phone.call("showRegisteredContacts", values, by=friend)
        assert_both_clients_parse("showRegisteredContacts", answer)
        assert ids(answer) == [owner.id], values
        assert answer["msg"][0]["phone"] == expected
    own = {"phone_numbers": ["+14155550102"]}
    assert phone.call("showRegisteredContacts", own, by=friend)["code"] == 201


def test_an_unproven_facebook_id_is_nobodys(phone: Phone, owner: Person, friend: Person) -> None:
    ExternalIdentity.objects.create(
        user=owner.user, provider="facebook", subject="777", proven=False
    )
    values = {"facebook_ids": [{"fb_id": "777"}]}
    assert phone.call("showRegisteredContacts", values, by=friend)["code"] == 201


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"phone_numbers": []},
        {"phone_numbers": "x"},
        {"phone_numbers": [{"phone": None}, {}, 5.5, [], {"phone": "\x00"}]},
        {"phone_numbers": ["+14155550101"] * 1001},
    ],
)
def test_odd_contacts_are_refused(phone: Phone, friend: Person, values: dict[str, Any]) -> None:
    answer = phone.call("showRegisteredContacts", values, by=friend)
    assert (answer["code"], type(answer["msg"])) == (201, str)


def test_contacts_are_looked_up_thirty_times_an_hour(phone: Phone, friend: Person) -> None:
    values = {"phone_numbers": ["+14155550101"]}
    codes = [phone.call("showRegisteredContacts", values, by=friend)["code"] for _ in range(31)]
    assert codes == [201] * 30 + [429]


@pytest.mark.parametrize(
    "endpoint",
    [
        "showFollowers",
        "showFollowing",
        "showFriends",
        "showBlockedUsers",
        "showProfileVisitors",
        "showFollowRequests",
        "searchFollowingOrFollowUsers",
        "showRegisteredContacts",
        "followerNotification",
        "deleteFollower",
    ],
)
def test_nobody_reads_or_acts_for_another(
    phone: Phone, owner: Person, stranger: Person, endpoint: str
) -> None:
    answer = phone.call(endpoint, {"user_id": str(owner.id)}, by=stranger)
    assert answer == {"code": 201, "msg": "You can only do this for your own account."}


def test_query_counts_do_not_follow_the_length(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    expected = {
        "showFollowers": 2,  # token, page
        "showFollowing": 2,
        "showFriends": 2,
        "showProfileVisitors": 3,  # and mark seen
        "searchFollowingOrFollowUsers": 2,
        "showSuggestedUsers": 3,  # token, choose, page
    }
    phone.call("showSuggestedUsers", by=owner)  # the popular are remembered
    for size in (1, 12):
        for fan in [make_person(f"p{size}x{number}") for number in range(size)]:
            Follow.objects.create(follower=fan.user, followed=owner.user)
            Follow.objects.create(follower=owner.user, followed=fan.user)
            ProfileVisit.objects.create(visitor=fan.user, visited=owner.user)
            make_person(f"unknown{size}x{fan.id}")
        for endpoint, queries in expected.items():
            with django_assert_num_queries(queries):
                assert phone.call(endpoint, {"keyword": "p"}, by=owner)["code"] == 200, endpoint
    with django_assert_num_queries(4):  # whether the list may be seen: account, block
        phone.call("showFollowing", {"other_user_id": fan.id}, by=owner)
