"""showStickers, useSticker, showCountries, showLocations"""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.site import demo, regions
from apps.site.models import Sticker
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def sticker(title: str = "Sun", **fields: Any) -> Sticker:
    return Sticker.objects.create(title=title, image="stickers/sun.png", **fields)


def test_stickers_come_as_operators_order_them_forty_a_page(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [sticker(position=100 - number).pk for number in range(41)]
    sticker(is_shown=False)
    seen = []
    for page in range(2):
        with django_assert_num_queries(2):
            values = {"user_id": str(owner.id), "type": "0", "starting_point": str(page)}
            answer = phone.call("showStickers", values, by=owner)
        assert_both_clients_parse("showStickers", answer)
        seen += [item["Sticker"]["id"] for item in answer["msg"]]
    assert seen == rows[::-1]
    assert answer["msg"][0]["Sticker"]["image"].endswith("/media/stickers/sun.png")
    for page in (2, 9_999):
        answer = phone.call("showStickers", {"starting_point": page}, by=owner)
        assert_both_clients_parse("showStickers", answer)
        assert answer["code"] == 201
    assert phone.call("showStickers")["code"] == 200


def test_the_demo_draws_stickers_once(phone: Phone, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    demo.create()
    demo.create()
    shown = phone.call("showStickers")["msg"]
    assert [item["Sticker"]["title"] for item in shown] == list(demo.STICKERS)
    assert len(list(tmp_path.glob("stickers/*.png"))) == len(demo.STICKERS)


def test_uses_of_a_sticker_are_counted(
    phone: Phone, owner: Person, stranger: Person, desk: Any
) -> None:
    used, hidden = sticker(), sticker(is_shown=False)
    for by in (owner, owner, stranger):
        answer = phone.call("useSticker", {"sticker_id": str(used.pk)}, by=by)
        assert answer == {"code": 200, "msg": "success"}
    used.refresh_from_db()
    assert used.used_count == 3
    for odd in (hidden.pk, 999_999, "abc", "", None, -1, []):
        assert phone.call("useSticker", {"sticker_id": odd}, by=owner)["code"] == 201
    values = {"sticker_id": used.pk, "user_id": owner.id}
    assert phone.call("useSticker", values, by=stranger)["code"] == 201
    assert phone.call("useSticker", values)["code"] == 401
    assert phone.call("useSticker", values, headers={"Auth-Token": "wrong"})["code"] == 401
    used.refresh_from_db()
    assert used.used_count == 3
    assert desk.get(reverse("admin:site_sticker_changelist"), {"q": "sun"}).status_code == 200


def test_countries_come_by_name_with_their_states(
    phone: Phone, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = phone.call("showCountries")
    names = [item["Country"]["name"] for item in answer["msg"]]
    assert len(names) > 200
    assert names[0] == "Afghanistan"
    assert names.index("Åland Islands") < names.index("Albania")
    states = next(i for i in answer["msg"] if i["Country"]["short_name"] == "US")["State"]
    assert {"name": "California", "short_name": "CA"}.items() <= states[5].items() or any(
        state["name"] == "California" and state["country_id"] == 840 for state in states
    )
    ids = [state["id"] for item in answer["msg"] for state in item["State"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("keyword", "first", "kind"),
    [
        ("germ", "Germany", "country_id"),
        ("BAVA", "", ""),
        ("bayer", "Bayern, Germany", "state_id"),
        ("são pau", "São Paulo, Brazil", "state_id"),
        ("sao pau", "São Paulo, Brazil", "state_id"),
        ("karachi", "Karachi, Pakistan", "city_id"),
    ],
)
def test_places_are_found_by_the_beginning_of_their_names(
    keyword: str, first: str, kind: str, phone: Phone
) -> None:
    answer = phone.call("showLocations", {"keyword": keyword})
    if not first:
        assert answer == {"code": 201, "msg": "No place was found."}
        return
    assert answer["msg"][0]["name"] == first
    assert answer["msg"][0][kind] > 0
    assert len(answer["msg"]) <= regions.MOST_FOUND


@pytest.mark.parametrize("values", [{}, {"keyword": ""}, {"keyword": "!"}, {"keyword": []}])
def test_an_odd_keyword_finds_no_place(values: Any, phone: Phone) -> None:
    assert phone.call("showLocations", values)["code"] == 201


def test_a_common_beginning_finds_countries_first(phone: Phone) -> None:
    found = phone.call("showLocations", {"keyword": "a"})["msg"]
    assert len(found) == 5
    assert all(place["state_id"] == place["city_id"] == 0 for place in found)
