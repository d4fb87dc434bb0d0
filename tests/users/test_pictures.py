"""Profile pictures: what is taken, what is kept of it, and what is refused"""

import base64
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from PIL import Image
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from apps.users.models import User
from apps.users.services import pictures
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def picture(kind: str = "JPEG", size: tuple[int, int] = (600, 400), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def text(content: bytes) -> str:
    return base64.encodebytes(content).decode()


def stored(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        return Image.open(io.BytesIO(file.read()))


def own(person: Person) -> User:
    return User.objects.get(pk=person.id)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF"])
def test_every_usual_kind_is_written_anew_as_jpeg_in_two_sizes(
    phone: Phone, owner: Person, kind: str
) -> None:
    values = {"profile_pic": text(picture(kind, (2000, 1000))), "extension": "png"}
    answer = phone.call("addUserImageNew", values, by=owner)
    assert_both_clients_parse("addUserImageNew", answer)
    user = own(owner)
    large, small = stored(user.profile_pic), stored(user.profile_pic_small)
    assert (large.format, large.size, small.size) == ("JPEG", (1080, 540), (240, 120))
    assert answer["msg"]["User"]["profile_pic"].endswith(user.profile_pic)
    assert answer["msg"]["User"]["profile_pic_small"].endswith("_small.jpg")


def test_place_and_camera_go_and_the_picture_stands_upright(phone: Phone, owner: Person) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of Ann"
    exif.get_ifd(0x8825)[2] = (9.0, 1.0, 0.0)
    content = picture(size=(600, 400), exif=exif)
    assert b"Camera of Ann" in content
    phone.call("addUserImage", {"profile_pic": {"file_data": text(content)}}, by=owner)
    kept = stored(own(owner).profile_pic)
    assert kept.size == (400, 600)
    assert dict(kept.getexif()) == {}


def test_multipart_and_data_urls_and_edit_profile_work_too(phone: Phone, owner: Person) -> None:
    url = "data:image/jpeg;base64," + base64.b64encode(picture()).decode()
    assert phone.call("editProfile", {"profile_pic": url}, by=owner)["code"] == 200
    first = own(owner).profile_pic
    upload = SimpleUploadedFile("me.jpg", picture(), "image/jpeg")
    answer = Client().post(
        "/api/addUserImage", {"profile_pic": upload}, headers={"Auth-Token": owner.token}
    )
    assert answer.json()["code"] == 200
    assert own(owner).profile_pic != first


def test_the_old_picture_goes(
    phone: Phone,
    owner: Person,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    values = {"profile_pic": text(picture())}
    phone.call("addUserImageNew", values, by=owner)
    old = own(owner)
    with django_capture_on_commit_callbacks(execute=True):
        phone.call("addUserImageNew", values, by=owner)
    assert not default_storage.exists(old.profile_pic)
    assert not default_storage.exists(old.profile_pic_small)
    assert default_storage.exists(own(owner).profile_pic)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "value",
    [
        text(SVG),
        text(b"GIF89a"),
        text(b"<?php echo 1;"),
        text(picture()[:200]),
        text(picture("BMP")),
        "no base64!",
        "",
        {"file_data": ""},
        {"file_data": [1]},
        {},
        [],
        7,
    ],
)
def test_anything_else_is_refused_with_a_sentence(
    phone: Phone, owner: Person, value: object
) -> None:
    for endpoint in ("addUserImage", "addUserImageNew"):
        answer = phone.call(endpoint, {"profile_pic": value}, by=owner)
        assert_both_clients_parse(endpoint, answer)
        assert answer["code"] == 201
    assert own(owner).profile_pic == ""


def test_a_bomb_is_refused_before_it_is_unpacked(
    phone: Phone, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 10_000)
    answer = phone.call("addUserImage", {"profile_pic": text(picture("PNG"))}, by=owner)
    assert (answer["code"], "too large" in answer["msg"]) == (201, True)
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    answer = phone.call("addUserImage", {"profile_pic": text(picture())}, by=owner)
    assert (answer["code"], "too large" in answer["msg"]) == (201, True)


def test_a_picture_may_stay_on_firebase_storage_but_not_anywhere(
    phone: Phone, owner: Person
) -> None:
    good = "https://firebasestorage.googleapis.com/v0/b/clips/o/ann.jpg?alt=media"
    answer = phone.call("editProfile", {"profile_pic": good}, by=owner)
    assert_both_clients_parse("editProfile", answer)
    assert answer["msg"]["User"]["profile_pic"] == good
    for url in (
        "https://evil.example/ann.jpg",
        "http://firebasestorage.googleapis.com/ann.jpg",
        "https://firebasestorage.googleapis.com.evil.example/ann.jpg",
        "https://[broken",
    ):
        assert phone.call("editProfile", {"profile_pic": url}, by=owner)["code"] == 201
    assert own(owner).profile_pic == good
    with override_settings(PICTURE_HOSTS=["evil.example"]):
        url = "https://cdn.evil.example/ann.jpg"
        assert phone.call("editProfile", {"profile_pic": url}, by=owner)["code"] == 200


def test_a_stranger_changes_nobodys_picture(phone: Phone, owner: Person, stranger: Person) -> None:
    values = {"profile_pic": text(picture()), "user_id": str(owner.id)}
    assert phone.call("addUserImageNew", values, by=stranger)["code"] == 201
    assert own(owner).profile_pic == own(stranger).profile_pic == ""


def test_a_picture_takes_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):  # caller; savepoint, person, update, release; record
        phone.call("addUserImageNew", {"profile_pic": text(picture())}, by=owner)
