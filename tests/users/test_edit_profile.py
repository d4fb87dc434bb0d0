"""POST /api/editProfile, addUserProfileVideo, and the small settings of an account"""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.users.models import ExternalIdentity, User
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse

FULL = {
    "username": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "gender": "Female",
    "website": "example.com",
    "bio": "hi",
}


def own(person: Person) -> User:
    return User.objects.get(pk=person.id)


def test_only_what_is_sent_changes_and_blanks_empty(phone: Phone, owner: Person) -> None:
    answer = phone.call("editProfile", FULL | {"user_id": str(owner.id)}, by=owner)
    assert_both_clients_parse("editProfile", answer)
    phone.call("editProfile", {"bio": "", "profile_view": "0", "private": 1}, by=owner)
    user = own(owner)
    assert (user.username, user.bio, user.website) == ("ann", "", "example.com")
    assert (user.shows_profile_views, user.is_private) == (False, True)
    assert phone.call("editProfile", {"first_name": None}, by=owner)["code"] == 200
    assert own(owner).first_name == "Ann"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"username": "FRIEND"}, "already taken"),
        ({"username": "a b"}, "A username has"),
        ({"bio": "x" * 301}, "300 characters"),
        ({"private": "maybe"}, "Private"),
        ({"phone": "12"}, "country code"),
        ({"phone": "+15550009999"}, "ask for a code"),
        ({"email": "other@example.com"}, "account settings"),
    ],
)
def test_bad_input_changes_nothing(
    phone: Phone, owner: Person, friend: Person, values: dict, sentence: str
) -> None:
    answer = phone.call("editProfile", {"first_name": "Ann"} | values, by=owner)
    assert_both_clients_parse("editProfile", answer)
    assert answer["code"] == 201
    assert sentence in answer["msg"]
    assert own(owner).first_name == ""


def test_ones_own_address_and_number_may_be_sent_along(phone: Phone, owner: Person) -> None:
    values = {"email": "OWNER@example.com", "phone": "+1 555 000 0001", "bio": "hi"}
    assert phone.call("editProfile", values, by=owner)["code"] == 200


def test_what_decides_over_an_account_cant_be_edited(phone: Phone, owner: Person) -> None:
    values = {"verified": 1, "is_staff": 1, "status": "banned", "followers_count": 9, "wallet": 9}
    phone.call("editProfile", values, by=owner)
    user = own(owner)
    assert (user.verified, user.is_staff, user.status, user.followers_count) == (
        False,
        False,
        "active",
        0,
    )


def test_edit_profile_query_count(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):  # caller; savepoint, update, release; record
        phone.call("editProfile", FULL, by=owner)


def test_a_clip_becomes_a_gif_and_goes_again(phone: Phone, owner: Person, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"),
            *("-i", "testsrc=d=1:s=320x240:r=10", "-pix_fmt", "yuv420p", str(clip)),
        ],
        check=True,
    )
    answer = upload(owner, clip.read_bytes())
    assert_both_clients_parse("addUserProfileVideo", answer)
    name = own(owner).profile_gif
    assert answer["msg"]["User"]["profile_gif"].endswith(name)
    with default_storage.open(name) as gif:
        assert gif.read(6) == b"GIF89a"
    phone.call("editProfile", {"profile_gif": ""}, by=owner)
    assert own(owner).profile_gif == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no clip",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile x",
    ],
)
def test_what_is_no_clip_is_refused(owner: Person, content: bytes) -> None:
    answer = upload(owner, content)
    assert_both_clients_parse("addUserProfileVideo", answer)
    assert answer["code"] == 201
    assert own(owner).profile_gif == ""


def upload(person: Person, content: bytes) -> dict:
    file = SimpleUploadedFile("clip.mp4", content, "video/mp4")
    headers = {"Auth-Token": person.token}
    return Client().post("/api/addUserProfileVideo", {"video": file}, headers=headers).json()


def test_language_and_theme_are_kept(phone: Phone, owner: Person) -> None:
    phone.call("changeAppLanguage", {"language": "am"}, by=owner)
    phone.call("changeAppTheme", {"theme": "dark"}, by=owner)
    assert (own(owner).language, own(owner).theme) == ("am", "dark")
    assert phone.call("changeAppLanguage", {"language": "<b>"}, by=owner)["code"] == 201
    assert phone.call("changeAppTheme", {"theme": "pink"}, by=owner)["code"] == 201
    assert phone.call("clearCache", by=owner)["code"] == 200


def test_a_referral_counts_once(phone: Phone, owner: Person) -> None:
    User.objects.filter(pk=owner.id).update(referral_code="ABCD1234")
    newcomer = make_person("newcomer")
    values = {"referral_code": "abcd1234"}
    assert phone.call("applyReferralCode", values, by=newcomer)["code"] == 200
    assert phone.call("applyReferralCode", values, by=newcomer)["code"] == 201
    assert phone.call("getReferralCode", by=owner)["msg"] == {
        "referral_code": "ABCD1234",
        "total_referrals": 1,
        "total_rewards": 0,
    }


def test_ones_own_or_an_unknown_referral_code_is_refused(phone: Phone, owner: Person) -> None:
    User.objects.filter(pk=owner.id).update(referral_code="ABCD1234")
    for code in ("ABCD1234", "NOBODYS1", "x"):
        assert phone.call("applyReferralCode", {"referral_code": code}, by=owner)["code"] == 201


def test_the_qr_code_is_our_own_picture_of_a_page_that_is_there(
    phone: Phone, owner: Person
) -> None:
    links = phone.call("generateQRCode", by=owner)["msg"]
    picture = Client().get(links["qr_code_url"].replace("http://testserver", ""))
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    page = Client().get(links["profile_url"].replace("http://testserver", ""))
    assert b"@owner" in page.content
    assert b"owner@example.com" not in page.content
    assert Client().get("/u/nobody/").status_code == 404


def test_whose_provider_account_it_is_is_told_to_its_owner_only(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    ExternalIdentity.objects.create(user=owner.user, provider="google", subject="g-1", proven=True)
    values = {"type": "google", "social_id": "g-1"}
    for person, code in ((owner, 200), (stranger, 201)):
        answer = phone.call("verifyAccountDetails", values, by=person)
        assert_both_clients_parse("verifyAccountDetails", answer)
        assert answer["code"] == code
