"""POST /api/showAllNotifications, showUnReadNotifications, readNotification, sendNotification,
sendMessageNotification"""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import Notification, Push
from apps.notifications.services import notify
from apps.users.models import Block, Device, PrivacySetting
from apps.users.services import follows
from apps.videos.models import Video
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


@pytest.fixture
def video(owner: Person) -> Video:
    return Video.objects.create(user=owner.user, file="v.mp4", state="ready")


def tell(receiver: Person, sender: Person, kind: str, **about: int) -> int:
    made = notify(
        receiver_id=receiver.id,
        sender_id=sender.id,
        type=kind,
        text=f"{sender.user.username} did it",
        **about,
    )
    assert made
    return made


def inbox(phone: Phone, person: Person, page: int = 0) -> dict[str, Any]:
    values = {"user_id": str(person.id), "starting_point": str(page)}
    return phone.call("showAllNotifications", values, by=person)


def test_every_kind_of_notification_parses_on_both_clients(
    phone: Phone, owner: Person, friend: Person, video: Video
) -> None:
    for kind in Notification.Type:
        tell(owner, friend, kind, video_id=video.id, live_streaming_id=9, room_id=3, group_id=4)
    items = []
    for page in range(2):
        answer = inbox(phone, owner, page)
        assert_both_clients_parse("showAllNotifications", answer)
        items += answer["msg"]
    assert len(items) == len(Notification.Type)
    first = items[0]
    assert first["Sender"]["username"] == first["User"]["username"] == "friend"
    assert (first["Receiver"]["id"], first["Video"]["id"]) == (owner.id, video.id)
    assert first["Notification"]["string"] == first["Notification"]["message"] == "friend did it"
    assert first["Notification"]["live_streaming_id"] == 9
    assert first["Notification"]["status"] == "0"
    answer = inbox(phone, owner, 2)
    assert_both_clients_parse("showAllNotifications", answer)
    assert answer["code"] == 201


def test_a_follow_request_shows_as_the_row_that_has_a_follow_button(
    phone: Phone, owner: Person, friend: Person
) -> None:
    owner.user.is_private = True
    owner.user.save(update_fields=["is_private"])
    follows.toggle_follow(follower_id=friend.id, followed_id=owner.id)
    item = inbox(phone, owner)["msg"][0]
    assert item["Notification"]["type"] == "following"
    assert "Follow back to accept" in item["Notification"]["string"]
    assert item["Sender"]["button"] == "Follow"


def test_rows_of_blocked_and_deleted_people_are_hidden(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    tell(owner, friend, "following")
    tell(owner, stranger, "following")
    Block.objects.create(blocker=friend.user, blocked=owner.user)
    stranger.user.status = "deleted"
    stranger.user.save(update_fields=["status"])
    assert inbox(phone, owner)["code"] == 201
    assert phone.call("showUnReadNotifications", by=owner)["msg"] == {"unread_count": 0}


def test_pages_hold_everything_once_while_new_ones_come_in(phone: Phone, owner: Person) -> None:
    made = [tell(owner, make_person(f"p{number}"), "following") for number in range(22)]
    seen = []
    for page in range(3):
        answer = inbox(phone, owner, page)
        seen += [item["Notification"]["id"] for item in answer["msg"]]
        tell(owner, make_person(f"new{page}"), "following")
    assert seen == list(reversed(made))


def test_reading_the_list_marks_nothing_and_readNotification_one_or_all(
    phone: Phone, owner: Person, friend: Person, video: Video
) -> None:
    first = tell(owner, friend, "following")
    tell(owner, friend, "video_like", video_id=video.id)
    inbox(phone, owner)
    assert phone.call("showUnReadNotifications", by=owner)["msg"] == {"unread_count": 2}
    assert phone.call("showUserDetail", by=owner)["msg"]["User"]["unread_notification"] == 2
    answer = phone.call("readNotification", {"notification_id": first}, by=owner)
    assert_both_clients_parse("readNotification", answer)
    assert answer == {"code": 200, "msg": "success"}
    assert phone.call("showUnReadNotifications", by=owner)["msg"] == {"unread_count": 1}
    phone.call("readNotification", by=owner)
    assert phone.call("showUnReadNotifications", by=owner)["msg"] == {"unread_count": 0}


def test_nobody_reads_or_marks_anothers_notifications(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    made = tell(owner, friend, "following")
    for endpoint in ("showAllNotifications", "showUnReadNotifications", "readNotification"):
        answer = phone.call(endpoint, {"user_id": str(owner.id)}, by=stranger)
        assert answer["code"] == 201
    assert inbox(phone, stranger)["code"] == 201
    assert phone.call("readNotification", {"notification_id": made}, by=stranger)["code"] == 200
    assert Notification.objects.get().read is False


@pytest.fixture
def ringing(settings: object, owner: Person) -> Device:
    settings.PUSH_SENDER = "console"
    return Device.objects.create(key="k", user=owner.user, push_token="token")


@pytest.mark.parametrize("endpoint", ["sendMessageNotification", "sendNotification"])
def test_a_chat_message_rings_under_the_senders_own_name(
    phone: Phone, owner: Person, friend: Person, ringing: Device, endpoint: str
) -> None:
    message = {"title": "Clipcast support", "message": "hello"}
    sender = {"sender_id": str(friend.id)}
    for receivers in (
        {"receiver_id": str(owner.id)},
        {"receivers": [{"receiver_id": str(owner.id)}]},
        {"receivers": f'[{{"receiver_id": {owner.id}}}]'},
    ):
        answer = phone.call(endpoint, message | sender | receivers, by=friend)
        assert_both_clients_parse(endpoint, answer)
        assert answer == {"code": 200, "msg": "success"}
    assert set(Push.objects.values_list("title", "body")) == {("friend", "hello")}
    assert Push.objects.count() == 3


def test_nobody_sends_in_anothers_name_or_to_who_does_not_want_it(
    phone: Phone, owner: Person, friend: Person, stranger: Person, ringing: Device
) -> None:
    values = {"sender_id": friend.id, "receiver_id": owner.id, "message": "x"}
    assert phone.call("sendNotification", values, by=stranger)["code"] == 201
    PrivacySetting.objects.filter(user=owner.user).update(direct_message="no_one")
    answer = phone.call("sendNotification", values, by=friend)
    assert answer == {"code": 201, "msg": "You can't send messages to this person."}
    assert Push.objects.count() == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"message": "x"},
        {"receiver_id": 1},
        {"message": "x", "receivers": []},
        {"message": "x", "receivers": [{"receiver_id": "y"}]},
        {"message": "x", "receivers": [{"receiver_id": None}]},
        {"message": "x", "receivers": list(range(1, 60))},
        {"message": "x", "receivers": "junk"},
    ],
)
def test_odd_receivers_are_refused(phone: Phone, friend: Person, values: dict[str, Any]) -> None:
    answer = phone.call("sendMessageNotification", values, by=friend)
    assert (answer["code"], type(answer["msg"])) == (201, str)


def test_query_counts(
    phone: Phone,
    owner: Person,
    friend: Person,
    stranger: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for person in (friend, stranger):
        tell(owner, person, "following")
        with django_assert_num_queries(2):
            inbox(phone, owner)
    with django_assert_num_queries(2):
        phone.call("showUnReadNotifications", by=owner)
    with django_assert_num_queries(2):
        phone.call("readNotification", by=owner)
    values = {"receiver_id": owner.id, "message": "x"}
    with django_assert_num_queries(4):  # token, two for the savepoint, insert
        phone.call("sendMessageNotification", values, by=friend)
