"""POST /api/registerUser"""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from apps.users.models import User
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse

EMAIL = {
    "email": "Ann@Example.com",
    "password": "secret-1",
    "username": "Ann.Lee",
    "dob": "2000-1-31",
    "first_name": "Ann",
    "last_name": "Lee",
    "referral_code": "",
}
WEAK = {"ALLOW_UNVERIFIED_SOCIAL": True}


@pytest.fixture(autouse=True)
def _without_codes() -> Iterator[None]:
    """Sign-up by e-mail without a code; test_sign_up_flows.py has it with one."""
    with override_settings(REQUIRE_EMAIL_CODE=False):
        yield


def test_sign_up_by_email_answers_the_person_and_a_token(phone: Phone) -> None:
    answer = phone.call("registerUser", EMAIL)
    assert_both_clients_parse("registerUser", answer)
    user = answer["msg"]["User"]
    assert (user["username"], user["email"], user["dob"]) == (
        "Ann.Lee",
        "ann@example.com",
        "2000-01-31",
    )
    assert user["wallet"] == 0
    assert answer["msg"]["PushNotification"]["likes"] == 1
    assert answer["msg"]["PrivacySetting"]["liked_videos"] == "only_me"
    again = phone.call("showUserDetail", {"auth_token": user["auth_token"]})
    assert again["msg"]["User"]["id"] == user["id"]


def test_the_password_is_stored_as_an_argon2_hash(phone: Phone) -> None:
    phone.call("registerUser", EMAIL)
    assert User.objects.get().password.startswith("argon2")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"username": "ANN.LEE2", "email": "owner@EXAMPLE.com"}, "e-mail address is already"),
        ({"username": "OWNER"}, "username is already taken"),
        ({"username": "a b"}, "A username has"),
        ({"username": "a"}, "A username has"),
        ({"username": "x" * 31}, "30 characters"),
        ({"email": "no-address"}, "valid e-mail"),
        ({"password": "12345"}, "too short"),
        ({"password": ""}, "choose a password"),
        ({"dob": "31.1.2000"}, "date like"),
        ({"dob": "2000-13-45"}, "date like"),
        ({"first_name": "x" * 51}, "50 characters"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_creates_nobody(
    phone: Phone, owner: Person, change: dict, sentence: str
) -> None:
    answer = phone.call("registerUser", EMAIL | change)
    assert_both_clients_parse("registerUser", answer)
    assert answer["code"] == 201
    assert sentence in answer["msg"]
    assert User.objects.count() == 1


def test_an_empty_request_is_told_what_to_give(phone: Phone) -> None:
    assert phone.call("registerUser")["code"] == 201


def test_a_phone_number_alone_opens_nothing_without_a_code(phone: Phone, owner: Person) -> None:
    answer = phone.call("registerUser", {"phone": "+15550000001"})
    assert answer["code"] == 201
    assert "code" in answer["msg"]


@override_settings(**WEAK)
def test_android_signs_up_and_in_by_phone_where_codes_are_off(phone: Phone) -> None:
    probe = {"phone": "+1 555 123 0000"}
    assert phone.call("registerUser", probe)["code"] == 201
    first = phone.call("registerUser", probe | {"username": "ann", "dob": "2000-1-31"})
    again = phone.call("registerUser", probe)
    assert again["msg"]["User"]["id"] == first["msg"]["User"]["id"]
    assert again["msg"]["User"]["phone"] == "+15551230000"


@override_settings(**WEAK)
def test_a_number_that_cannot_exist_is_refused(phone: Phone) -> None:
    for number in ("12", "hello", "+1"):
        assert phone.call("registerUser", {"phone": number, "username": "ann"})["code"] == 201


@override_settings(MOBILE_IDENTITY=["token", "firebase-uid"])
def test_ios_asks_registers_and_asks_again_with_its_firebase_uid(phone: Phone) -> None:
    """contract/ios/NOTES.md: showUserDetail first, any code but 200 opens registration."""
    headers = {"Auth-Token": "uid-1"}
    first = phone.call("showUserDetail", {"auth_token": "uid-1"}, headers=headers)
    assert first["code"] != 200
    values = {
        "email": "a@example.com",
        "auth_token": "uid-1",
        "device_token": "fcm",
        "social": "email",
    }
    registered = phone.call("registerUser", values, headers=headers)
    assert_both_clients_parse("registerUser", registered)
    answer = phone.call("showUserDetail", {"auth_token": "uid-1"}, headers=headers)
    assert_both_clients_parse("showUserDetail", answer)
    assert answer["msg"]["User"]["id"] == registered["msg"]["User"]["id"]
    assert answer["msg"]["User"]["username"].startswith("a_")


@override_settings(**WEAK)
def test_one_social_call_signs_up_where_proofs_are_off(phone: Phone) -> None:
    """What an older test script sends: no token, no birthday."""
    values = {
        "username": "testuser",
        "first_name": "Test",
        "last_name": "User",
        "email": "test@example.com",
        "phone": "+251912345678",
        "social_id": "google_test123",
        "social": "google",
        "device_token": "fcm_test_token",
    }
    first, again = phone.call("registerUser", values), phone.call("registerUser", values)
    assert first["code"] == again["code"] == 200
    assert first["msg"]["User"]["id"] == again["msg"]["User"]["id"]


def test_a_banned_person_is_told_so(phone: Phone, banned: Person) -> None:
    with override_settings(**WEAK):
        banned.user.phone = "+15551230000"
        banned.user.save(update_fields=["phone"])
        answer = phone.call("registerUser", {"phone": "+15551230000"})
    assert answer["code"] == 201
    assert "has been blocked" in answer["msg"]


def test_sign_up_takes_a_fixed_number_of_queries(
    phone: Phone, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # proof of the address, person, two settings, token, record; three savepoints around them
    with django_assert_num_queries(12):
        phone.call("registerUser", EMAIL)
