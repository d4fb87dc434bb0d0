"""Who is asking: the four proofs, and the setting that accepts them."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from apps.users import tokens
from apps.users.models import AuthToken, ExternalIdentity
from tests.cast import Person, Phone

ALL = ["token", "firebase-id-token", "firebase-uid", "user-id"]


def own_id(answer: dict) -> int:
    assert answer["code"] == 200, answer
    return answer["msg"]["User"]["id"]


def test_our_token_is_taken_from_header_bearer_and_body(phone: Phone, owner: Person) -> None:
    token = owner.token
    for headers in (
        {"Auth-Token": token},
        {"AUTH-TOKEN": token},
        {"Authorization": f"Bearer {token}"},
    ):
        assert own_id(phone.call("showUserDetail", headers=headers)) == owner.id
    assert own_id(phone.call("showUserDetail", {"auth_token": token})) == owner.id


def test_no_proof_and_guest_texts_are_nobody(phone: Phone) -> None:
    for text in ("", "0", "null"):
        answer = phone.call("showUserDetail", {"auth_token": text}, headers={"Auth-Token": text})
        assert answer == {"code": 401, "msg": "Please sign in first."}


def test_a_bare_user_id_is_no_proof_under_production_settings(phone: Phone, owner: Person) -> None:
    for endpoint in ("showUserDetail", "liveStream"):
        assert phone.call(endpoint, {"user_id": str(owner.id)})["code"] == 401


def test_a_bare_firebase_uid_is_no_proof_under_production_settings(
    phone: Phone, owner: Person
) -> None:
    ExternalIdentity.objects.create(
        user=owner.user, provider="firebase", subject="uid-1", proven=True
    )
    assert phone.call("showUserDetail", headers={"Auth-Token": "uid-1"})["code"] == 401


@override_settings(MOBILE_IDENTITY=ALL)
def test_the_weak_proofs_work_where_they_are_on(phone: Phone, owner: Person) -> None:
    ExternalIdentity.objects.create(
        user=owner.user, provider="firebase", subject="uid-1", proven=False
    )
    assert own_id(phone.call("showUserDetail", headers={"Auth-Token": "uid-1"})) == owner.id
    assert own_id(phone.call("showUserDetail", {"auth_token": "uid-1"})) == owner.id
    assert own_id(phone.call("showUserDetail", {"user_id": str(owner.id)})) == owner.id
    assert own_id(phone.call("showUserDetail", {"user_id": owner.id})) == owner.id
    assert own_id(phone.call("showUserDetail", headers={"User-Id": str(owner.id)})) == owner.id


@override_settings(MOBILE_IDENTITY=ALL)
def test_a_token_outweighs_a_user_id(phone: Phone, owner: Person, stranger: Person) -> None:
    answer = phone.call("showUserDetail", {"user_id": str(owner.id)}, by=stranger)
    assert answer == {"code": 201, "msg": "You can only do this for your own account."}


@pytest.mark.parametrize("text", ["abc", "-1", "0", "9" * 40, "1 OR 1=1", "\u0663"])
@override_settings(MOBILE_IDENTITY=ALL)
def test_an_odd_user_id_is_nobody(phone: Phone, text: str) -> None:
    assert phone.call("showUserDetail", {"user_id": text})["code"] == 401


def test_a_banned_account_ends_the_session(phone: Phone, banned: Person) -> None:
    answer = phone.call("showUserDetail", by=banned)
    assert answer["code"] == 501
    assert "blocked" in answer["msg"]


def test_a_ban_that_is_over_no_longer_ends_it(phone: Phone, banned: Person) -> None:
    banned.user.banned_until = timezone.now() - timedelta(minutes=1)
    banned.user.save(update_fields=["banned_until"])
    assert own_id(phone.call("showUserDetail", by=banned)) == banned.id


def test_a_revoked_token_ends_the_session(phone: Phone, owner: Person) -> None:
    tokens.revoke_all(user_id=owner.id)
    assert phone.call("showUserDetail", by=owner)["code"] == 501


def test_a_token_expires_when_unused(phone: Phone, owner: Person) -> None:
    AuthToken.objects.update(last_used_at=timezone.now() - timedelta(days=89))
    assert own_id(phone.call("showUserDetail", by=owner)) == owner.id
    assert AuthToken.objects.get().last_used_at > timezone.now() - timedelta(minutes=1)
    AuthToken.objects.update(last_used_at=timezone.now() - timedelta(days=91))
    assert phone.call("showUserDetail", by=owner)["code"] == 501


def test_only_a_digest_of_the_token_is_stored(owner: Person) -> None:
    assert owner.token.encode() not in bytes(AuthToken.objects.get().digest)
