"""showVideosAgainstLocation, and the places that people name at their videos"""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.videos.models import Place, Video
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.discovering import ids
from tests.videos.scenes import WAYS_TO_HIDE, hide, post
from tests.videos.uploading import upload


def place_page(phone: Phone, by: Person | None = None, page: int = 0, **values: Any) -> Any:
    answer = phone.call("showVideosAgainstLocation", values | {"starting_point": str(page)}, by=by)
    assert_both_clients_parse("showVideosAgainstLocation", answer)
    return answer


def test_a_places_videos_come_newest_first_in_pages(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    place = Place.objects.create(name="Old Harbour", lat=53.5, long=10)
    again = Place.objects.create(name="old harbour", google_place_id="abc")
    videos = [post(owner, place=place, location="Old Harbour").pk for _ in range(12)]
    other = post(owner, place=again)
    post(owner)
    with django_assert_num_queries(2):
        first = place_page(phone, friend, location_id=str(place.pk))
    assert ids(first) == videos[:1:-1]
    item = first["msg"][0]
    assert item["Video"]["location_id"] == item["Location"]["id"] == place.pk
    assert item["Location"]["lat"] == "53.5"
    assert ids(place_page(phone, friend, 1, location_id=place.pk)) == videos[1::-1]
    assert place_page(phone, friend, 2, location_id=place.pk)["code"] == 201
    assert ids(place_page(phone, location_string="OLD harbour"))[0] == other.pk


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_videos_are_at_no_place(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    place = Place.objects.create(name="Here")
    hide(post(owner, place=place), how, friend)
    assert place_page(phone, friend, location_id=place.pk)["code"] == 201


@pytest.mark.parametrize(
    "values",
    [{}, {"location_id": "abc"}, {"location_id": 999_999}, {"location_string": "nowhere"}],
)
def test_an_odd_place_is_refused(values: Any, phone: Phone, owner: Person) -> None:
    assert place_page(phone, owner, **values)["code"] == 201
    wrong = {"Auth-Token": "wrong"}
    assert phone.call("showVideosAgainstLocation", values, headers=wrong)["code"] == 401
    values = values | {"user_id": owner.id + 1}
    assert phone.call("showVideosAgainstLocation", values, by=owner)["code"] == 201


def test_an_upload_names_its_place_once(
    phone: Phone, owner: Person, media_folder: Path, private_folder: Path
) -> None:
    google = {"location_name": "Pier 7", "google_place_id": "ChIJ7", "location_string": "Pier 7, X"}
    for number, said in enumerate([google, google, {"location_name": "A hill"}, {}]):
        answer = upload(phone, owner, b"film", lat="1.5", long="2.5", upload_id=str(number), **said)
        assert answer["code"] == 200
    places = [video.place for video in Video.objects.order_by("pk")]
    assert places[0] == places[1] == Place.objects.get(google_place_id="ChIJ7")
    assert places[0] is not None
    assert (places[0].name, places[0].address, places[0].lat) == ("Pier 7", "Pier 7, X", 1.5)
    assert places[2] == Place.objects.get(name="A hill")
    assert places[3] is None


def test_an_edit_moves_a_video(phone: Phone, owner: Person) -> None:
    video = post(owner, place=Place.objects.create(name="Here"), location="Here")
    values = {"video_id": video.pk, "location_name": "THERE", "google_place_id": "17"}
    there = Place.objects.create(name="There")
    assert phone.call("editVideo", values, by=owner)["msg"]["Location"]["id"] == there.pk
    assert Place.objects.count() == 2
