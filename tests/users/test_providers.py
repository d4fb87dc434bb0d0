"""ID tokens are verified through the real code against a local issuer with its own keys."""

import time
from collections.abc import Iterator

import pytest
from django.test import override_settings
from pytest_django import Settings

from apps.users import providers
from apps.users.models import AuthToken, ExternalIdentity, User
from tests.cast import Phone
from tests.users.issuer import Issuer, serving


@pytest.fixture
def firebase(settings: Settings) -> Iterator[Issuer]:
    with serving(Issuer("https://securetoken.google.com/my-app", "my-app")) as issuer:
        settings.FIREBASE_PROJECT_ID = "my-app"
        settings.FIREBASE_JWKS_URL = issuer.url
        yield issuer


@pytest.fixture
def google(settings: Settings) -> Iterator[Issuer]:
    with serving(Issuer("https://accounts.google.com", "client-1")) as issuer:
        settings.GOOGLE_CLIENT_IDS = ["client-0", "client-1"]
        settings.GOOGLE_JWKS_URL = issuer.url
        yield issuer


def test_a_valid_token_proves_its_subject(firebase: Issuer) -> None:
    proof = providers.verify("firebase", firebase.token("uid-1", email="a@b.c"))
    assert proof == providers.Proof("uid-1", "")


def test_an_email_counts_only_if_the_provider_verified_it(google: Issuer) -> None:
    token = google.token("g-1", email="a@b.c", email_verified=True)
    assert providers.verify("google", token) == providers.Proof("g-1", "a@b.c")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "other-app"},
        {"exp": int(time.time()) - 10},
        {"exp": None},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_right_in_every_claim_proves_nothing(
    firebase: Issuer, changes: dict
) -> None:
    assert providers.verify("firebase", firebase.token("uid-1", **changes)) is None


def test_a_token_signed_by_another_key_proves_nothing(firebase: Issuer) -> None:
    forger = Issuer(firebase.name, firebase.audience)
    assert providers.verify("firebase", forger.token("uid-1")) is None


def test_an_unsigned_or_garbled_token_proves_nothing(firebase: Issuer) -> None:
    head, body, _ = firebase.token("uid-1").split(".")
    for token in (f"{head}.{body}.", f"{body}.{body}.x", "..", "a.b.c", "", "x" * 5000):
        assert providers.verify("firebase", token) is None


def test_unreachable_keys_prove_nothing(settings: Settings) -> None:
    settings.FIREBASE_PROJECT_ID = "my-app"
    settings.FIREBASE_JWKS_URL = "http://127.0.0.1:1/keys"
    token = Issuer("https://securetoken.google.com/my-app", "my-app").token("uid-1")
    assert providers.verify("firebase", token) is None


def test_a_firebase_id_token_is_an_identity(phone: Phone, firebase: Issuer) -> None:
    token = firebase.token("uid-1")
    assert phone.call("showUserDetail", headers={"Auth-Token": token})["code"] == 401
    values = {"auth_token": token, "social": "phone", "phone": "+15551230000", "username": "ann"}
    assert phone.call("registerUser", values)["code"] == 200
    answer = phone.call("showUserDetail", headers={"Authorization": f"Bearer {token}"})
    assert answer["msg"]["User"]["username"] == "ann"
    assert ExternalIdentity.objects.get().proven


def test_android_signs_up_and_in_with_google(phone: Phone, google: Issuer) -> None:
    token = google.token("g-1")
    probe = {"social": "google", "social_id": "g-1", "auth_token": token, "email": "a@b.example"}
    assert phone.call("registerUser", probe)["code"] == 201
    first = phone.call("registerUser", probe | {"username": "ann", "dob": "2000-1-31"})
    again = phone.call("registerUser", probe)
    assert first["code"] == again["code"] == 200
    assert first["msg"]["User"]["id"] == again["msg"]["User"]["id"]


def test_the_subject_counts_and_not_the_id_beside_it(phone: Phone, google: Issuer) -> None:
    values = {"social": "google", "auth_token": google.token("g-1"), "username": "ann"}
    phone.call("registerUser", values | {"social_id": "victim"})
    assert ExternalIdentity.objects.get().subject == "g-1"


def test_a_social_id_without_proof_opens_nothing(phone: Phone) -> None:
    values = {"social": "google", "social_id": "g-1", "username": "ann", "dob": "2000-01-31"}
    answer = phone.call("registerUser", values)
    assert answer["code"] == 201
    assert "could not be verified" in answer["msg"]
    assert not User.objects.exists()


def test_the_real_owner_signs_out_whoever_claimed_the_identity(
    phone: Phone, google: Issuer
) -> None:
    claim = {"social": "google", "social_id": "g-1", "username": "ann"}
    with override_settings(ALLOW_UNVERIFIED_SOCIAL=True):
        squatter = phone.call("registerUser", claim)["msg"]["User"]["auth_token"]
    proof = {"social": "google", "social_id": "g-1", "auth_token": google.token("g-1")}
    assert phone.call("registerUser", proof)["code"] == 200
    assert phone.call("showUserDetail", {"auth_token": squatter})["code"] == 501
    assert AuthToken.objects.filter(revoked_at=None).count() == 1


def test_an_email_that_somebody_has_links_no_accounts(phone: Phone, google: Issuer) -> None:
    User.objects.create_user("victim", email="a@b.example")
    token = google.token("g-1", email="a@b.example", email_verified=True)
    values = {"social": "google", "social_id": "g-1", "auth_token": token, "username": "ann"}
    answer = phone.call("registerUser", values)
    assert answer["msg"]["User"]["username"] == "ann"
    assert answer["msg"]["User"]["email"] == ""
