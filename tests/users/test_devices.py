"""POST /api/registerDevice, showDeviceDetail, addDeviceData, logout, showSessions, revokeSession"""

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from apps.users import tokens
from apps.users.models import AuthToken, Device
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

PUSH = "fcm-token-" + "x" * 60


def note(phone: Phone, person: Person, push_token: str = PUSH) -> dict:
    values = {"device": "android", "version": "3.1", "ip": "1.2.3.4", "device_token": push_token}
    answer = phone.call("addDeviceData", values, by=person)
    assert_both_clients_parse("addDeviceData", answer)
    return answer


def test_an_installation_keeps_its_id(phone: Phone) -> None:
    first = phone.call("registerDevice", {"key": "k"})
    assert_both_clients_parse("registerDevice", first)
    again = phone.call("registerDevice", {"key": "k"})
    detail = phone.call("showDeviceDetail", {"key": "k"})
    assert first["msg"] == again["msg"] == detail["msg"]
    assert phone.call("showDeviceDetail", {"key": "other"})["code"] == 201
    assert phone.call("registerDevice")["code"] == 201


def test_a_guest_cannot_take_pushes_by_naming_a_push_token(phone: Phone, owner: Person) -> None:
    note(phone, owner)
    phone.call("registerDevice", {"device_token": PUSH, "device_type": "ios"})
    assert Device.objects.get(push_token=PUSH).user_id == owner.id


def test_a_push_token_moves_with_its_newest_owner(
    phone: Phone, owner: Person, friend: Person
) -> None:
    note(phone, owner)
    note(phone, friend)
    device = Device.objects.get(push_token=PUSH)
    assert (device.user_id, device.platform, device.app_version) == (friend.id, "android", "3.1")
    phone.call("logout", by=owner)
    assert Device.objects.get(push_token=PUSH).user_id == friend.id


def test_a_renewed_push_token_replaces_the_phones_old_one(phone: Phone, owner: Person) -> None:
    note(phone, owner)
    note(phone, owner, PUSH + "2")
    assert Device.objects.get().push_token == PUSH + "2"


@pytest.mark.parametrize("push_token", ["", "android", "null"])
def test_what_is_no_push_token_is_ignored(phone: Phone, owner: Person, push_token: str) -> None:
    assert note(phone, owner, push_token)["code"] == 200
    assert not Device.objects.exists()


def test_logout_ends_the_token_and_the_pushes(phone: Phone, owner: Person) -> None:
    note(phone, owner)
    answer = phone.call("logout", {"user_id": str(owner.id)}, by=owner)
    assert_both_clients_parse("logout", answer)
    assert answer["code"] == 200
    device = Device.objects.get()
    assert (device.user_id, device.push_token) == (None, "")
    assert phone.call("showUserDetail", by=owner)["code"] == 501


@override_settings(MOBILE_IDENTITY=["token", "user-id"])
def test_logout_of_a_client_without_a_token_leaves_the_other_phones_alone(
    phone: Phone, owner: Person
) -> None:
    note(phone, owner)
    values = {"user_id": str(owner.id), "device_token": PUSH + "2"}
    phone.call("addDeviceData", values)
    phone.call("logout", {"user_id": str(owner.id)})
    assert [device.push_token for device in Device.objects.filter(user=owner.user)] == [PUSH]


def test_a_stranger_logs_nobody_out(phone: Phone, owner: Person, stranger: Person) -> None:
    note(phone, owner)
    assert phone.call("logout", {"user_id": str(owner.id)}, by=stranger)["code"] == 201
    assert Device.objects.get().user_id == owner.id
    assert phone.call("showUserDetail", by=owner)["code"] == 200


def test_sign_ins_are_listed_and_ended_one_by_one(phone: Phone, owner: Person) -> None:
    other = Person(owner.user, tokens.issue(user=owner.user, platform="ios"))
    note(phone, other)
    found = [row["Session"] for row in phone.call("showSessions", by=owner)["msg"]]
    assert [(row["current"], row["platform"]) for row in found] == [(0, "ios"), (1, "")]
    assert not any(set(row) & {"digest", "token", "ip", "push_token"} for row in found)
    answer = phone.call("revokeSession", {"session_id": found[0]["id"]}, by=owner)
    assert answer["code"] == 200
    assert phone.call("showUserDetail", by=other)["code"] == 501
    assert Device.objects.get().push_token == ""
    assert len(phone.call("showSessions", by=owner)["msg"]) == 1


def test_nobody_ends_the_sign_in_of_somebody_else(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    note(phone, owner)
    session = AuthToken.objects.get(user=owner.user)
    answer = phone.call("revokeSession", {"session_id": session.pk}, by=stranger)
    assert answer["code"] == 201
    assert phone.call("showUserDetail", by=owner)["code"] == 200
    assert Device.objects.get().push_token == PUSH


def test_query_counts(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    note(phone, owner)
    with django_assert_num_queries(7):  # caller; savepoint, phone, update, link, release; record
        note(phone, owner)
    with django_assert_num_queries(2):
        phone.call("showSessions", by=owner)
    with django_assert_num_queries(4):  # caller, phone, token, record
        phone.call("logout", by=owner)
