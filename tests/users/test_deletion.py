"""POST /api/deleteUserAccount, what is left after the grace period, and the way back"""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from apps.moderation.models import VerificationRequest
from apps.users.models import Device, ExternalIdentity, Follow, User
from apps.users.services import deletion
from apps.wallet import ledger
from apps.wallet.models import Account, Entry, Transfer
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


@pytest.fixture
def ann() -> Person:
    ann = make_person("ann", email="ann@example.com", phone="+15551230000", first_name="Ann")
    ExternalIdentity.objects.create(user=ann.user, provider="google", subject="g-1", proven=True)
    Device.objects.create(key="k", user=ann.user, push_token="p" * 40)
    return ann


def after_the_grace_period() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=31))


def test_the_account_is_gone_for_everyone_at_once(
    phone: Phone, ann: Person, friend: Person
) -> None:
    answer = phone.call("deleteUserAccount%20", {"user_id": str(ann.id)}, by=ann)
    assert_both_clients_parse("deleteUserAccount", answer)
    assert answer["code"] == 200
    assert phone.call("showUserDetail", by=ann)["code"] == 501
    assert phone.call("showUserDetail", {"other_user_id": ann.id}, by=friend)["code"] == 201
    device = Device.objects.get()
    assert (device.user, device.push_token) == (None, "")
    assert Client().get("/u/ann/").status_code == 404


def test_a_stranger_deletes_nobody(phone: Phone, ann: Person, stranger: Person) -> None:
    answer = phone.call("deleteUserAccount", {"user_id": str(ann.id)}, by=stranger)
    assert_both_clients_parse("deleteUserAccount", answer)
    assert answer["code"] == 201
    assert not User.objects.filter(status="deleted").exists()


def test_an_operator_restores_within_the_grace_period(phone: Phone, ann: Person) -> None:
    phone.call("deleteUserAccount", by=ann)
    assert deletion.restore_account(user_id=ann.id)
    deletion.purge_due()
    ann.user.refresh_from_db()
    assert (ann.user.status, ann.user.email) == ("active", "ann@example.com")
    assert phone.call("showUserDetail", by=ann)["code"] == 501  # signs in anew


def test_nothing_is_purged_before_the_grace_period_ends(phone: Phone, ann: Person) -> None:
    phone.call("deleteUserAccount", by=ann)
    assert deletion.purge_due() == 0
    with override_settings(ACCOUNT_GRACE_DAYS=0):
        assert deletion.purge_due() == 1


def test_the_purge_leaves_no_personal_data(
    phone: Phone,
    ann: Person,
    friend: Person,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    picture = default_storage.save("users/a.jpg", ContentFile(b"x"))
    User.objects.filter(pk=ann.id).update(profile_pic=picture)
    Follow.objects.create(follower=ann.user, followed=friend.user)
    User.objects.filter(pk=friend.id).update(followers_count=1)
    request = VerificationRequest.objects.create(
        user=ann.user, document=ContentFile(b"passport", name="passport.jpg")
    )
    phone.call("deleteUserAccount", by=ann)
    with after_the_grace_period(), django_capture_on_commit_callbacks(execute=True):
        assert deletion.purge_due() == 1
        assert deletion.purge_due() == 0
    left = User.objects.get(pk=ann.id)
    assert left.username == f"deleted_{ann.id}"
    assert (left.email, left.phone, left.first_name, left.referral_code) == ("", "", "", "")
    assert not left.has_usable_password()
    for rows in (left.identities, left.auth_tokens, left.following):
        assert not rows.exists()
    assert not default_storage.exists(picture)
    assert not request.document.storage.exists(request.document.name)
    friend.user.refresh_from_db()
    assert friend.user.followers_count == 0
    assert not deletion.restore_account(user_id=ann.id)


def test_the_address_is_free_again_after_the_purge(phone: Phone, ann: Person) -> None:
    phone.call("deleteUserAccount", by=ann)
    with after_the_grace_period():
        deletion.purge_due()
    make_person("ann", email="ann@example.com", phone="+15551230000")


def test_the_books_keep_their_entries_under_no_name(phone: Phone, ann: Person) -> None:
    purse = ledger.account_id(owner_id=ann.id, kind=Account.Kind.BOUGHT)
    house = ledger.account_id(owner_id=None, kind=Account.Kind.PROMO)
    ledger.post(
        key="k1",
        reason=Transfer.Reason.PROMO,
        subject_id=None,
        entries={purse: 100, house: -100},
        pending={},
    )
    phone.call("deleteUserAccount", by=ann)
    with after_the_grace_period():
        assert deletion.purge_due() == 1
    assert Entry.objects.get(account=purse).account.owner.username == f"deleted_{ann.id}"


def test_deletion_takes_a_fixed_number_of_queries(
    phone: Phone, ann: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):  # caller; savepoint, person, tokens, phones, release
        phone.call("deleteUserAccount", by=ann)


def test_ones_own_data_is_exported_without_secrets_or_other_peoples(
    phone: Phone, ann: Person, friend: Person
) -> None:
    Follow.objects.create(follower=ann.user, followed=friend.user)
    answer = phone.call("exportMyData", by=ann)
    assert answer["code"] == 200
    assert answer["msg"]["user"][0]["email"] == "ann@example.com"
    assert answer["msg"]["users.follow.follower"][0]["followed"] == friend.id
    everything = json.dumps(answer)
    assert "friend@example.com" not in everything
    for secret in ("password", "digest", "push_token", "p" * 40):
        assert secret not in everything


def test_the_operator_exports_by_name(ann: Person) -> None:
    out = StringIO()
    call_command("export_account", "ANN", stdout=out)
    assert json.loads(out.getvalue())["user"][0]["phone"] == "+15551230000"
    with pytest.raises(CommandError, match="Nobody"):
        call_command("export_account", "nobody")
