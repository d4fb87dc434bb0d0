"""The sequences of calls that the shipped clients make around sign-up and sign-in, over HTTP.

contract/android/NOTES.md "Login flows", contract/ios/NOTES.md "Transport, auth, codes". Android
sends no token at all, so its later calls run under MOBILE_IDENTITY with `user-id` (an unmodified
build) and with our token (a build that sends it).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from apps.users.models import ExternalIdentity, User
from tests.cast import Inbox, Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.users.issuer import Issuer, serving

EMAIL, PHONE = "ann@example.com", "+15551230000"
PROFILE = {"dob": "2000-1-31", "username": "ann", "referral_code": ""}
STRICT = ["token", "firebase-id-token"]
WEAK = ["token", "firebase-id-token", "firebase-uid", "user-id"]


class Android:
    """The Android client: keeps what it stores, and sends a token only if it is a newer build."""

    def __init__(self, phone: Phone, *, sends_token: bool) -> None:
        self.phone = phone
        self.sends_token = sends_token
        self.user: dict[str, Any] = {}

    def call(self, endpoint: str, values: dict[str, Any], *, code: int = 200) -> dict[str, Any]:
        headers = {"Api-Key": "x"}
        if self.sends_token and self.user:
            headers["Auth-Token"] = self.user["auth_token"]
        answer = self.phone.call(endpoint, values, headers=headers)
        assert_both_clients_parse(endpoint, answer)
        assert answer["code"] == code, answer
        return answer

    def store(self, answer: dict[str, Any]) -> None:
        self.user = answer["msg"]["User"]

    @property
    def own_id(self) -> str:
        return str(self.user["id"])


@pytest.fixture(params=["newer build", "unmodified build"])
def android(request: pytest.FixtureRequest, phone: Phone) -> Iterator[Android]:
    newer = request.param == "newer build"
    with override_settings(MOBILE_IDENTITY=STRICT if newer else WEAK):
        yield Android(phone, sends_token=newer)


def test_android_signs_up_by_email(android: Android, inbox: Inbox) -> None:
    android.call("checkEmail", {"email": EMAIL})
    android.call("verifyRegisterEmailCode", {"email": EMAIL})
    _, again = inbox.codes[EMAIL]
    android.call("verifyRegisterEmailCode", {"email": EMAIL, "code": again})
    values = {"email": EMAIL, "password": "secret-1", **PROFILE}
    android.call("registerUser", values | {"username": "a"}, code=201)
    android.store(android.call("registerUser", values))
    assert User.objects.get().email_verified_at
    android.call("addDeviceData", {"user_id": android.own_id, "device_token": "t" * 40})
    android.call("checkEmail", {"email": EMAIL}, code=201)
    android.call("login", {"email": EMAIL, "password": "secret-1"})


def test_an_email_address_without_its_code_signs_nobody_up(android: Android, inbox: Inbox) -> None:
    values = {"email": EMAIL, "password": "secret-1", **PROFILE}
    assert "code" in android.call("registerUser", values, code=201)["msg"]
    android.call("checkEmail", {"email": EMAIL})
    android.call("registerUser", values, code=201)
    assert not User.objects.exists()


def test_android_signs_up_and_in_by_phone(android: Android, inbox: Inbox) -> None:
    def prove() -> None:
        android.call("verifyPhoneNo", {"phone": PHONE, "verify": "0"})
        values = {"phone": PHONE, "verify": "1", "code": inbox.latest(PHONE)}
        android.call("verifyPhoneNo", values)

    android.call("registerUser", {"phone": PHONE}, code=201)
    prove()
    android.call("registerUser", {"phone": PHONE}, code=201)
    android.store(android.call("registerUser", {"phone": PHONE, **PROFILE}))
    first = android.own_id
    android.call("logout", {"user_id": first})
    android.user = {}
    assert "code" in android.call("registerUser", {"phone": PHONE}, code=201)["msg"]
    prove()
    android.store(android.call("registerUser", {"phone": PHONE}))
    assert android.own_id == first


def test_a_verified_number_serves_nobody_elsewhere(phone: Phone, inbox: Inbox) -> None:
    make_person("ann", phone=PHONE)
    phone.call("verifyPhoneNo", {"phone": PHONE, "verify": "0"})
    phone.call("verifyPhoneNo", {"phone": PHONE, "verify": "1", "code": inbox.latest(PHONE)})
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    assert phone.call("registerUser", {"phone": PHONE}, headers=elsewhere)["code"] == 201
    assert phone.call("registerUser", {"phone": PHONE})["code"] == 200


def test_android_signs_up_and_in_by_google(android: Android) -> None:
    with (
        serving(Issuer("https://accounts.google.com", "our-client-id")) as google,
        override_settings(GOOGLE_CLIENT_IDS=["our-client-id"], GOOGLE_JWKS_URL=google.url),
    ):
        token = google.token("g-1", email=EMAIL, email_verified=True)
        probe = {"social_id": "g-1", "social": "google", "auth_token": token, "email": EMAIL}
        android.call("registerUser", probe, code=201)
        values = probe | PROFILE | {"first_name": "Ann", "last_name": "Lee"}
        android.store(android.call("registerUser", values | {"device_token": "android"}))
        again = android.call("registerUser", probe)
        assert str(again["msg"]["User"]["id"]) == android.own_id


def test_android_resets_a_forgotten_password(android: Android, inbox: Inbox) -> None:
    ann = make_person("ann", email=EMAIL, password="secret-1")
    android.call("forgotPassword", {"email": EMAIL})
    android.call("changePasswordForgot", {"email": EMAIL, "password": "stolen-1"}, code=201)
    code = inbox.latest(EMAIL)
    answer = android.call("verifyforgotPasswordCode", {"email": EMAIL, "code": code})
    assert answer["msg"]["User"]["id"] == ann.id
    values = {"email": EMAIL, "password": "secret-2"}
    android.call("changePasswordForgot", values | {"password": "x"}, code=201)
    android.call("changePasswordForgot", values)
    android.call("changePasswordForgot", values, code=201)
    android.call("login", {"email": EMAIL, "password": "secret-1"}, code=201)
    android.call("login", {"email": EMAIL, "password": "secret-2"})
    assert android.phone.call("showUserDetail", by=ann)["code"] == 501


def test_forgot_password_answers_alike_for_everybody(phone: Phone, inbox: Inbox) -> None:
    make_person("ann", email=EMAIL, password="secret-1")
    answers = [phone.call("forgotPassword", {"email": e}) for e in (EMAIL, "no@example.com")]
    assert answers[0] == answers[1]
    wrong = [
        phone.call("verifyforgotPasswordCode", {"email": e, "code": "no"})
        for e in (EMAIL, "no@example.com")
    ]
    assert wrong[0] == wrong[1]


def signed_in(android: Android) -> Person:
    ann = make_person("ann", email=EMAIL, phone=PHONE, password="secret-1")
    android.store(android.call("login", {"email": EMAIL, "password": "secret-1"}))
    return ann


def test_android_changes_its_email_and_goes_on(android: Android, inbox: Inbox) -> None:
    signed_in(android)
    new = "new@example.com"
    values = {"user_id": android.own_id, "email": new, "verify": "0"}
    android.call("changeEmailAddress", values)
    values = {"user_id": android.own_id, "new_email": new, "code": inbox.latest(new)}
    android.store(android.call("verifyChangeEmailCode", values))
    assert android.user["email"] == new
    own = android.phone.call("showUserDetail", {"auth_token": android.user["auth_token"]})
    assert own["msg"]["User"]["email"] == new


def test_android_changes_its_phone_number(android: Android, inbox: Inbox) -> None:
    signed_in(android)
    new = "+15551239999"
    android.call("editProfile", {"user_id": android.own_id, "phone": new}, code=201)
    android.call("changePhoneNo", {"user_id": android.own_id, "phone": new, "verify": "0"})
    android.call("verifyPhoneNo", {"phone": new, "verify": "1", "code": inbox.latest(new)})
    android.call("editProfile", {"user_id": android.own_id, "phone": new})
    assert User.objects.get().phone == new


def test_android_starts(android: Android) -> None:
    android.call("showSettings", {})
    device = android.call("registerDevice", {"key": "android-id"})
    again = android.call("registerDevice", {"key": "android-id"})
    assert again["msg"]["Device"]["id"] == device["msg"]["Device"]["id"]
    assert android.phone.send("/api/showLicense", b"")["code"] == 200
    signed_in(android)
    facts = {"device": "android", "lat": "0.0", "long": "0.0", "version": "3.1", "ip": "192.0.2.7"}
    android.call("addDeviceData", facts | {"user_id": android.own_id, "device_token": "f" * 60})


@pytest.mark.parametrize("identity", [STRICT, ["token", "firebase-uid"]])
def test_ios_signs_up_by_email_through_firebase(phone: Phone, identity: list[str]) -> None:
    """An unmodified build sends the bare uid; a safe one sends Firebase's ID token instead."""
    issuer = Issuer("https://securetoken.google.com/clips", "clips")
    with (
        serving(issuer),
        override_settings(
            MOBILE_IDENTITY=identity, FIREBASE_PROJECT_ID="clips", FIREBASE_JWKS_URL=issuer.url
        ),
    ):
        proof = issuer.token("uid-1") if "firebase-id-token" in identity else "uid-1"
        headers = {"Auth-Token": proof, "User-Agent": "App/1 CFNetwork/1490 Darwin/23"}
        ios = IOS(phone, headers)
        ios.call("checkEmail", {"email": EMAIL})
        assert ios.call("showUserDetail", {"auth_token": proof}, ok=False)["code"] != 200
        values = {"email": EMAIL, "auth_token": proof, "device_token": "f" * 60, "social": "email"}
        registered = ios.call("registerUser", values)
        ios.call("checkUsername", {"username": "ann.lee"})
        ios.call("editProfile", {"first_name": "Ann", "last_name": "Lee", "username": "ann.lee"})
        own = ios.call("showUserDetail", {"auth_token": proof})
        assert own["msg"]["User"]["username"] == "ann.lee"
        assert own["msg"]["User"]["id"] == registered["msg"]["User"]["id"]
        ios.call("privacypolicy/", {"auth_token": proof, "direct_message": "No One", "duet": None})
        ios.call("deleteUserAccount", {"auth_token": proof})
        assert ios.call("showUserDetail", {"auth_token": proof}, ok=False)["code"] == 501


class IOS:
    def __init__(self, phone: Phone, headers: dict[str, str]) -> None:
        self.phone = phone
        self.headers = headers

    def call(self, endpoint: str, values: dict[str, Any], *, ok: bool = True) -> dict[str, Any]:
        answer = self.phone.call(endpoint, values, headers=self.headers)
        assert_both_clients_parse(endpoint.strip("/"), answer)
        assert not ok or answer["code"] == 200, answer
        return answer


def test_a_number_that_firebase_has_not_verified_is_not_taken_over(phone: Phone) -> None:
    issuer = Issuer("https://securetoken.google.com/clips", "clips")
    with (
        serving(issuer),
        override_settings(FIREBASE_PROJECT_ID="clips", FIREBASE_JWKS_URL=issuer.url),
    ):
        values = {"social": "phone", "username": "thief", "phone": PHONE}
        answer = phone.call("registerUser", values | {"auth_token": issuer.token("uid-1")})
        assert answer["msg"]["User"]["phone"] == ""
        token = issuer.token("uid-2", phone_number=PHONE)
        answer = phone.call("registerUser", values | {"username": "ann", "auth_token": token})
        assert answer["msg"]["User"]["phone"] == PHONE
    assert ExternalIdentity.objects.filter(proven=True).count() == 2
