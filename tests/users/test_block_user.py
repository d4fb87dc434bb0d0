"""POST /api/blockUser and showBlockedUsers"""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Block, Follow, FollowRequest, ProfileVisit
from apps.users.services import follows
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def block(phone: Phone, person: Person, other: Person) -> dict[str, Any]:
    values = {"user_id": str(person.id), "block_user_id": str(other.id)}
    return phone.call("blockUser", values, by=person)


def test_the_first_call_blocks_with_200_and_the_second_unblocks_with_201(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    answer = block(phone, owner, stranger)
    assert_both_clients_parse("blockUser", answer)
    assert (answer["code"], answer["msg"]["BlockUser"]["block_user_id"]) == (200, stranger.id)
    answer = block(phone, owner, stranger)
    assert_both_clients_parse("blockUser", answer)
    assert answer == {"code": 201, "msg": "deleted"}
    assert Block.objects.count() == 0


def test_an_explicit_action_is_no_toggle(phone: Phone, owner: Person, stranger: Person) -> None:
    values = {"block_user_id": stranger.id, "action": "block"}
    assert [phone.call("blockUser", values, by=owner)["code"] for _ in range(2)] == [200, 200]
    values["action"] = "unblock"
    assert [phone.call("blockUser", values, by=owner)["code"] for _ in range(2)] == [201, 201]
    assert Block.objects.count() == 0


def test_a_block_ends_following_and_asking_both_ways(
    phone: Phone, owner: Person, friend: Person
) -> None:
    follows.toggle_follow(follower_id=owner.id, followed_id=friend.id)
    follows.toggle_follow(follower_id=friend.id, followed_id=owner.id)
    FollowRequest.objects.create(sender=friend.user, receiver=owner.user)
    block(phone, owner, friend)
    assert Follow.objects.count() == FollowRequest.objects.count() == 0
    for person in (owner, friend):
        person.user.refresh_from_db()
        assert (person.user.followers_count, person.user.following_count) == (0, 0)


@pytest.mark.parametrize("by_owner", [True, False])
def test_a_block_hides_each_from_the_other_in_every_list(
    phone: Phone, owner: Person, friend: Person, stranger: Person, by_owner: bool
) -> None:
    follows.toggle_follow(follower_id=owner.id, followed_id=friend.id)
    follows.toggle_follow(follower_id=stranger.id, followed_id=friend.id)
    ProfileVisit.objects.create(visitor=stranger.user, visited=owner.user)
    blocker, blocked = (owner, stranger) if by_owner else (stranger, owner)
    block(phone, blocker, blocked)
    answer = phone.call("showFollowers", {"other_user_id": friend.id}, by=owner)
    assert [item["User"]["id"] for item in answer["msg"]] == [owner.id]
    assert phone.call("showFollowers", {"other_user_id": stranger.id}, by=owner)["code"] == 201
    assert phone.call("showProfileVisitors", by=owner)["code"] == 201
    answer = phone.call("showSuggestedUsers", by=owner)
    assert answer["code"] == 201
    values = {"phone_numbers": [{"phone": owner.user.phone}]}
    assert phone.call("showRegisteredContacts", values, by=stranger)["code"] == 201


def test_the_list_of_the_blocked_parses_on_both_clients(
    phone: Phone, owner: Person, stranger: Person, friend: Person
) -> None:
    block(phone, owner, stranger)
    block(phone, owner, friend)
    answer = phone.call("showBlockedUsers", {"starting_point": "0"}, by=owner)
    assert_both_clients_parse("showBlockedUsers", answer)
    assert [item["BlockedUser"]["id"] for item in answer["msg"]] == [friend.id, stranger.id]
    assert answer["msg"][0]["BlockedUser"]["email"] == ""
    answer = phone.call("showBlockedUsers", {"starting_point": "1"}, by=owner)
    assert_both_clients_parse("showBlockedUsers", answer)
    assert answer["code"] == 201
    assert phone.call("showBlockedUsers", by=stranger)["code"] == 201


def test_nobody_blocks_for_another(phone: Phone, owner: Person, friend: Person) -> None:
    values = {"user_id": owner.id, "block_user_id": friend.id}
    assert phone.call("blockUser", values, by=friend)["code"] == 201
    assert Block.objects.count() == 0


@pytest.mark.parametrize("other", ["", None, "x", 10**12, "self"])
def test_an_odd_id_is_refused(phone: Phone, owner: Person, other: object) -> None:
    value = owner.id if other == "self" else other
    answer = phone.call("blockUser", {"block_user_id": value}, by=owner)
    assert answer["code"] == 201
    assert answer["msg"] != "deleted"


def test_query_counts(
    phone: Phone,
    owner: Person,
    stranger: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(12):
        block(phone, owner, stranger)
    with django_assert_num_queries(2):
        phone.call("showBlockedUsers", by=owner)
    block(phone, owner, friend)
    with django_assert_num_queries(2):
        phone.call("showBlockedUsers", by=owner)
