"""POST /api/showUserDetail"""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Block, Follow, ProfileVisit
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

PRIVATE = ("email", "phone", "auth_token", "dob", "paypal", "device_token", "referral_code")


def test_ones_own_record_has_wallet_and_settings(phone: Phone, owner: Person) -> None:
    answer = phone.call("showUserDetail", by=owner)
    assert_both_clients_parse("showUserDetail", answer)
    user = answer["msg"]["User"]
    assert (user["email"], user["wallet"], user["block"]) == ("owner@example.com", 0, 0)
    assert "password" not in user


def test_anothers_record_holds_nothing_private(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    answer = phone.call("showUserDetail", {"other_user_id": str(owner.id)}, by=stranger)
    assert_both_clients_parse("showUserDetail", answer)
    user = answer["msg"]["User"]
    assert user["username"] == "owner"
    assert [user.get(key) for key in PRIVATE if user.get(key)] == []
    assert user["wallet"] == 0


def test_a_name_works_as_well_whatever_its_case(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    for values in (
        {"username": "OWNER"},
        {"user_id": str(stranger.id), "other_user_id": "0", "username": "owner"},
    ):
        answer = phone.call("showUserDetail", values, by=stranger)
        assert answer["msg"]["User"]["id"] == owner.id


@pytest.mark.parametrize(
    ("mine", "theirs", "button"),
    [
        (False, False, "Follow"),
        (True, False, "Following"),
        (False, True, "Follow Back"),
        (True, True, "Friends"),
    ],
)
def test_the_button_tells_the_relation(
    phone: Phone, owner: Person, friend: Person, mine: bool, theirs: bool, button: str
) -> None:
    if mine:
        Follow.objects.create(follower=friend.user, followed=owner.user)
    if theirs:
        Follow.objects.create(follower=owner.user, followed=friend.user)
    answer = phone.call("showUserDetail", {"other_user_id": owner.id}, by=friend)
    assert answer["msg"]["User"]["button"] == button


def test_a_block_shows_from_either_side(phone: Phone, owner: Person, stranger: Person) -> None:
    Block.objects.create(blocker=owner.user, blocked=stranger.user)
    for viewer, other in ((owner, stranger), (stranger, owner)):
        answer = phone.call("showUserDetail", {"other_user_id": other.id}, by=viewer)
        assert answer["msg"]["User"]["block"] == 1


def test_a_look_is_remembered_once_and_ones_own_never(
    phone: Phone, owner: Person, friend: Person
) -> None:
    for _ in range(2):
        phone.call("showUserDetail", {"other_user_id": owner.id}, by=friend)
    phone.call("showUserDetail", {"other_user_id": owner.id}, by=owner)
    visit = ProfileVisit.objects.get()
    assert (visit.visitor_id, visit.visited_id) == (friend.id, owner.id)
    answer = phone.call("showUserDetail", by=owner)
    assert answer["msg"]["User"]["profile_visit_count"] == 1


def test_an_unknown_or_deleted_account_does_not_exist(
    phone: Phone, owner: Person, friend: Person
) -> None:
    owner.user.status = "deleted"
    owner.user.save(update_fields=["status"])
    for other in (owner.id, 10**12):
        answer = phone.call("showUserDetail", {"other_user_id": other}, by=friend)
        assert answer == {"code": 201, "msg": "This account does not exist."}


def test_a_tapped_mention_of_nobody_does_not_crash_ios(phone: Phone, friend: Person) -> None:
    answer = phone.call("showUserDetail", {"username": "nobody"}, by=friend)
    assert_both_clients_parse("showUserDetail", answer, variant="by_username")
    assert (answer["code"], answer["msg"]["User"]["id"]) == (200, 0)


@pytest.mark.parametrize("other", ["abc", "-3", 1.5, True, [], "9" * 30])
def test_an_odd_id_is_refused_with_a_sentence(phone: Phone, friend: Person, other: object) -> None:
    answer = phone.call("showUserDetail", {"other_user_id": other}, by=friend)
    assert answer["code"] == 201
    assert answer["msg"].startswith("Other user id: ")


def test_query_counts(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):  # token, record
        phone.call("showUserDetail", by=owner)
    with django_assert_num_queries(3):  # token, record, visit
        phone.call("showUserDetail", {"other_user_id": owner.id}, by=friend)
