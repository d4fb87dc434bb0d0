"""POST /api/followUser, followerNotification, deleteFollower and the answers to follow requests"""

import threading

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import Notification
from apps.users.models import Block, Follow, FollowRequest, User
from apps.users.services import follows
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


def follow(phone: Phone, person: Person, other: Person) -> dict:
    values = {"sender_id": str(person.id), "receiver_id": str(other.id)}
    return phone.call("followUser", values, by=person)


def counters(person: Person) -> tuple[int, int]:
    person.user.refresh_from_db()
    return person.user.followers_count, person.user.following_count


def make_private(person: Person) -> None:
    person.user.is_private = True
    person.user.save(update_fields=["is_private"])


def test_the_first_call_follows_and_the_second_unfollows(
    phone: Phone, owner: Person, friend: Person
) -> None:
    answer = follow(phone, friend, owner)
    assert_both_clients_parse("followUser", answer)
    assert answer["msg"]["User"]["button"] == "Following"
    assert answer["msg"]["User"]["followers_count"] == 1
    assert answer["msg"]["Follower"]["receiver_id"] == owner.id
    assert (counters(owner), counters(friend)) == ((1, 0), (0, 1))
    answer = follow(phone, friend, owner)
    assert_both_clients_parse("followUser", answer)
    assert answer["code"] == 200
    assert (answer["msg"]["User"]["button"], answer["msg"]["Follower"]) == ("Follow", None)
    assert (counters(owner), counters(friend)) == ((0, 0), (0, 0))


def test_the_button_says_friends_and_follow_back(
    phone: Phone, owner: Person, friend: Person
) -> None:
    follow(phone, owner, friend)
    assert follow(phone, friend, owner)["msg"]["User"]["button"] == "Friends"
    assert follow(phone, friend, owner)["msg"]["User"]["button"] == "Follow Back"


def test_an_explicit_action_is_no_toggle(phone: Phone, owner: Person, friend: Person) -> None:
    for _ in range(2):
        phone.call("followUser", {"receiver_id": owner.id, "action": "follow"}, by=friend)
        assert counters(owner) == (1, 0)
    for _ in range(2):
        phone.call("followUser", {"receiver_id": owner.id, "action": "unfollow"}, by=friend)
        assert counters(owner) == (0, 0)
    answer = phone.call("followUser", {"receiver_id": owner.id, "action": "dance"}, by=friend)
    assert answer["code"] == 201


def test_the_swapped_ids_of_the_ios_notification_screen_follow_the_other_person(
    phone: Phone, owner: Person, friend: Person
) -> None:
    phone.call("followUser", {"sender_id": friend.id, "receiver_id": owner.id}, by=owner)
    assert Follow.objects.get().follower_id == owner.id


def test_nobody_follows_for_another(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    for values in (
        {"sender_id": owner.id, "receiver_id": friend.id},
        {"user_id": owner.id, "sender_id": stranger.id, "receiver_id": friend.id},
    ):
        answer = phone.call("followUser", values, by=stranger)
        assert answer["code"] == 201
        assert answer["message"] == "You can only do this for your own account."
    assert Follow.objects.count() == 0


def test_a_refusal_has_no_msg_because_ios_could_not_decode_a_text(
    phone: Phone, owner: Person, friend: Person
) -> None:
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    answer = follow(phone, friend, owner)
    assert answer == {"code": 201, "message": "You can't follow this person."}
    assert_both_clients_parse("followUser", answer)


@pytest.mark.parametrize("receiver", ["", "0", None, "abc", -1, 10**12, "self"])
def test_an_odd_receiver_is_refused(phone: Phone, owner: Person, receiver: object) -> None:
    value = owner.id if receiver == "self" else receiver
    answer = phone.call("followUser", {"receiver_id": value}, by=owner)
    assert answer["code"] == 201
    assert answer["message"]
    assert Follow.objects.count() == 0


def test_a_deleted_account_cannot_be_followed(phone: Phone, owner: Person, friend: Person) -> None:
    owner.user.status = "deleted"
    owner.user.save(update_fields=["status"])
    assert follow(phone, friend, owner)["message"] == "This account does not exist."


def test_the_followed_person_is_told_once_however_often_it_is_toggled(
    phone: Phone, owner: Person, friend: Person
) -> None:
    for _ in range(5):
        follow(phone, friend, owner)
    row = Notification.objects.get()
    assert (row.receiver_id, row.type) == (owner.id, "following")
    assert row.text == "friend started following you"


def test_a_private_account_is_asked_and_asking_again_takes_it_back(
    phone: Phone, owner: Person, friend: Person
) -> None:
    make_private(owner)
    answer = follow(phone, friend, owner)
    assert_both_clients_parse("followUser", answer)
    assert answer["msg"]["User"]["button"] == "Requested"
    assert Follow.objects.count() == 0
    assert Notification.objects.get().type == "follow_request"
    assert follow(phone, friend, owner)["msg"]["User"]["button"] == "Follow"
    assert FollowRequest.objects.count() == 0


def test_a_request_is_accepted_or_declined_by_its_receiver_only(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    make_private(owner)
    follow(phone, friend, owner)
    follow(phone, stranger, owner)
    answer = phone.call("showFollowRequests", by=owner)
    assert [item["User"]["id"] for item in answer["msg"]] == [stranger.id, friend.id]
    values = {"sender_id": friend.id}
    assert phone.call("acceptFollowRequest", values, by=stranger)["code"] == 201
    values_for_owner = values | {"receiver_id": owner.id}
    assert phone.call("acceptFollowRequest", values_for_owner, by=friend)["code"] == 201
    assert Follow.objects.count() == 0
    assert phone.call("acceptFollowRequest", values, by=owner)["code"] == 200
    assert phone.call("declineFollowRequest", {"sender_id": stranger.id}, by=owner)["code"] == 200
    assert Follow.objects.get().follower_id == friend.id
    assert counters(owner) == (1, 0)
    assert phone.call("showFollowRequests", by=owner)["code"] == 201


def test_following_back_accepts_since_the_apps_have_no_other_screen(
    phone: Phone, owner: Person, friend: Person
) -> None:
    make_private(owner)
    follow(phone, friend, owner)
    answer = follow(phone, owner, friend)
    assert answer["msg"]["User"]["button"] == "Friends"
    assert (counters(owner), counters(friend)) == ((1, 1), (1, 1))


def test_the_bell_is_set_on_the_callers_own_follow_only(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(phone, friend, owner)
    off = {"sender_id": friend.id, "receiver_id": owner.id, "notification": "0"}
    assert phone.call("followerNotification", off, by=stranger)["code"] == 201
    assert Follow.objects.get().bell is True
    answer = phone.call("followerNotification", off, by=friend)
    assert_both_clients_parse("followerNotification", answer)
    assert answer["msg"]["Follower"]["notification"] == 0
    assert answer["msg"]["FollowingList"]["id"] == owner.id
    assert Follow.objects.get().bell is False
    off = {"receiver_id": stranger.id, "notification": "0"}
    assert phone.call("followerNotification", off, by=friend)["code"] == 201


def test_a_follower_is_removed_by_the_followed_person_only(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(phone, friend, owner)
    values = {"user_id": owner.id, "follower_id": friend.id}
    assert phone.call("deleteFollower", values, by=stranger)["code"] == 201
    assert Follow.objects.count() == 1
    answer = phone.call("deleteFollower", values, by=owner)
    assert_both_clients_parse("deleteFollower", answer)
    assert (answer["code"], counters(owner)) == (200, (0, 0))
    assert phone.call("deleteFollower", values, by=owner)["code"] == 201


@pytest.mark.django_db(transaction=True)
def test_counters_stay_exact_when_everybody_toggles_at_once() -> None:
    people = [make_person(f"person{number}") for number in range(6)]

    def toggle_all(me: Person) -> None:
        for _ in range(5):
            for other in people:
                if other is not me:
                    follows.toggle_follow(follower_id=me.id, followed_id=other.id)
        connection.close()

    threads = [threading.Thread(target=toggle_all, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Follow.objects.count() == 30  # toggled five times each
    for user in User.objects.all():
        assert (user.followers_count, user.following_count) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_a_block_and_a_follow_at_once_never_leave_both() -> None:
    one, other = make_person("one"), make_person("other")
    for _ in range(10):
        threads = [
            threading.Thread(target=quietly, args=(follows.toggle_follow, one.id, other.id)),
            threading.Thread(target=quietly, args=(block, other.id, one.id)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Block.objects.count() == 1
        assert Follow.objects.count() == 0
        assert counters(one) == (0, 0)
        follows.toggle_block(blocker_id=other.id, blocked_id=one.id)


def block(*, follower_id: int, followed_id: int) -> None:
    follows.toggle_block(blocker_id=follower_id, blocked_id=followed_id)


def quietly(function: object, one: int, other: int) -> None:
    from apps.contract.answers import Refused

    try:
        function(follower_id=one, followed_id=other)
    except Refused:
        pass
    finally:
        connection.close()


def test_query_counts(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # token, savepoint pairs (2 x 2), lock, follows?, asked?, blocked?, insert, 2 counters, forget
    # the old notification, notify, their request, answer
    with django_assert_num_queries(16):
        follow(phone, friend, owner)
    with django_assert_num_queries(11):
        follow(phone, friend, owner)
