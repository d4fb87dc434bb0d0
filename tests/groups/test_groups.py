"""POST /api/addGroup, inviteUserToGroup and acceptGroupInvite"""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from apps.groups import services
from apps.groups.models import ChatGroup, Membership
from apps.notifications.models import Notification
from apps.users.models import Block
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


def picture() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 30)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture
def group(phone: Phone, owner: Person) -> ChatGroup:
    phone.call("addGroup", {"user_id": owner.id, "title": "Painters"}, by=owner)
    return ChatGroup.objects.get()


def invite(phone: Phone, group: ChatGroup, person: Person, by: Person) -> dict[str, Any]:
    return phone.call("inviteUserToGroup", {"group_id": group.id, "user_id": person.id}, by=by)


def members(group: ChatGroup) -> set[int]:
    return set(group.memberships.values_list("user_id", flat=True))


def test_a_group_is_made_and_changed_by_its_owner_only(
    phone: Phone, owner: Person, stranger: Person, django_capture_on_commit_callbacks: object
) -> None:
    answer = phone.call("addGroup", {"title": "Painters", "image": picture()}, by=owner)
    group = answer["msg"]["Group"]
    assert (group["title"], group["user_id"]) == ("Painters", owner.id)
    assert group["image"].startswith("http")
    values = {"id": str(group["id"]), "title": "Mine now"}
    assert phone.call("addGroup", values, by=stranger)["code"] == 201
    assert phone.call("addGroup", {**values, "user_id": owner.id}, by=stranger)["code"] == 201
    assert ChatGroup.objects.get().title == "Painters"
    answer = phone.call("addGroup", {**values, "title": "Sculptors"}, by=owner)
    assert (answer["msg"]["Group"]["title"], ChatGroup.objects.count()) == ("Sculptors", 1)
    assert answer["msg"]["Group"]["image"] == group["image"]
    assert members(ChatGroup.objects.get()) == {owner.id}


@pytest.mark.parametrize(
    "values", [{}, {"title": ""}, {"title": "x" * 200}, {"title": "x", "image": "%%%"}]
)
def test_an_odd_group_is_refused(phone: Phone, owner: Person, values: dict[str, str]) -> None:
    answer = phone.call("addGroup", values, by=owner)
    assert (answer["code"], type(answer["msg"])) == (201, str)
    assert ChatGroup.objects.count() == 0


def test_an_invited_person_comes_in_or_stays_away(
    phone: Phone, owner: Person, friend: Person, group: ChatGroup
) -> None:
    answer = invite(phone, group, friend, owner)
    notification = answer["msg"]["Notification"]
    assert (notification["type"], notification["group_id"]) == ("group_invite", group.id)
    assert answer["msg"]["Sender"]["id"] == owner.id
    values = {"id": notification["id"], "status": "1"}
    answer = phone.call("acceptGroupInvite", values, by=friend)
    assert answer["msg"]["Notification"]["status"] == "1"
    assert members(group) == {owner.id, friend.id}
    phone.call("acceptGroupInvite", {**values, "status": 2}, by=friend)
    assert members(group) == {owner.id}
    assert Notification.objects.get().status == 2


def test_only_members_invite_and_only_the_invited_answer(
    phone: Phone, owner: Person, friend: Person, stranger: Person, group: ChatGroup
) -> None:
    assert invite(phone, group, friend, stranger)["code"] == 201
    made = invite(phone, group, friend, owner)["msg"]["Notification"]["id"]
    values = {"id": made, "status": 1}
    assert phone.call("acceptGroupInvite", values, by=stranger)["code"] == 201
    values["user_id"] = friend.id
    assert phone.call("acceptGroupInvite", values, by=stranger)["code"] == 201
    assert members(group) == {owner.id}


def test_who_cannot_be_invited(
    phone: Phone, owner: Person, friend: Person, stranger: Person, group: ChatGroup
) -> None:
    Block.objects.create(blocker=stranger.user, blocked=owner.user)
    invite(phone, group, friend, owner)
    for person in (stranger, owner, friend):
        assert invite(phone, group, person, owner)["code"] == 201
    nobody = {"group_id": group.id, "user_id": 10**12}
    assert (
        phone.call("inviteUserToGroup", nobody, by=owner)["msg"] == "This account does not exist."
    )
    assert phone.call("inviteUserToGroup", {"group_id": "x"}, by=owner)["code"] == 201
    assert Notification.objects.count() == 1


def test_another_notification_is_no_invitation(
    phone: Phone, owner: Person, friend: Person, group: ChatGroup
) -> None:
    phone.call("followUser", {"receiver_id": owner.id}, by=friend)
    made = Notification.objects.get()
    for values in ({"id": made.id, "status": 1}, {"id": made.id, "status": 7}, {"status": 1}):
        assert phone.call("acceptGroupInvite", values, by=owner)["code"] == 201
    made.refresh_from_db()
    assert made.status == 0


def test_a_full_group_takes_nobody(
    phone: Phone,
    owner: Person,
    friend: Person,
    group: ChatGroup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = invite(phone, group, friend, owner)["msg"]["Notification"]["id"]
    monkeypatch.setattr(services, "MAX_MEMBERS", 1)
    answer = phone.call("acceptGroupInvite", {"id": made, "status": 1}, by=friend)
    assert answer == {"code": 201, "msg": "This group is full."}
    assert Notification.objects.get().status == 0


def test_query_counts_do_not_follow_the_number_of_members(
    phone: Phone,
    owner: Person,
    friend: Person,
    group: ChatGroup,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for size in (1, 10):
        for number in range(size):
            person = make_person(f"p{size}x{number}")
            Membership.objects.create(group=group, user=person.user)
        guest = make_person(f"guest{size}")
        with django_assert_num_queries(10):
            made = invite(phone, group, guest, owner)["msg"]["Notification"]["id"]
        with django_assert_num_queries(12):
            phone.call("acceptGroupInvite", {"id": made, "status": 1}, by=guest)


def test_members_see_who_is_in_their_group(
    phone: Phone,
    owner: Person,
    friend: Person,
    stranger: Person,
    group: ChatGroup,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Membership.objects.create(group=group, user=friend.user)
    values = {"club_id": str(group.pk), "starting_point": "0"}
    with django_assert_num_queries(2):
        answer = phone.call("showClubMembers", values, by=friend)
    assert_both_clients_parse("showClubMembers", answer)
    assert [item["User"]["id"] for item in answer["msg"]] == [friend.id, owner.id]
    assert phone.call("showClubMembers", values, by=stranger)["code"] == 201
    assert phone.call("showClubMembers", values)["code"] == 401
    assert phone.call("showClubMembers", {}, by=friend)["code"] == 201
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    answer = phone.call("showClubMembers", values, by=friend)
    assert [item["User"]["id"] for item in answer["msg"]] == [friend.id]
