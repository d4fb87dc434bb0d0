"""What the apps read about the server, and the catalogues"""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from apps.site.models import AppSetting, AppSlider, HtmlPage, Interest, InterestPick, Language
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def test_settings_are_a_list_and_coins_are_worth_what_the_wallet_pays(phone: Phone) -> None:
    with override_settings(COIN_WORTH_USD=0.004):
        answer = phone.call("showSettings")
    assert_both_clients_parse("showSettings", answer)
    found = {row["Setting"]["type"]: row["Setting"]["value"] for row in answer["msg"]}
    assert float(found["coin_worth"]) == 250
    assert {"show_advert_after", "add_type", "video_compression"} <= set(found)
    AppSetting.objects.create(type="coin_worth", value="")
    again = phone.call("showSettings")
    assert all(row["Setting"]["value"] for row in again["msg"])


def test_ones_own_switches_stand_beside_the_settings(phone: Phone, owner: Person) -> None:
    answer = phone.call("showSettings", {"user_id": str(owner.id)}, by=owner)
    assert_both_clients_parse("showSettings", answer)
    assert answer["PushNotification"]["id"] == answer["PrivacySetting"]["id"] == owner.id
    assert "PrivacySetting" not in phone.call("showSettings")


def test_the_licence_decides_over_duets(phone: Phone) -> None:
    answer = phone.send("/api/showLicense", b"")
    assert_both_clients_parse("showLicense", answer)
    assert answer["code"] == 200
    with override_settings(UNLOCK_DUETS=False):
        assert phone.send("/api/showLicense", b"")["code"] == 201


@pytest.mark.parametrize(
    ("value", "unlocks", "code"), [("regular", True, 201), ("Extended", False, 200)]
)
def test_the_operators_setting_goes_before_the_environments(
    phone: Phone, value: str, unlocks: bool, code: int
) -> None:
    with override_settings(UNLOCK_DUETS=unlocks):
        assert phone.send("/api/showLicense", b"")["code"] == (200 if unlocks else 201)
        AppSetting.objects.filter(type="license").update(value=value)
        assert phone.send("/api/showLicense", b"")["code"] == code


def test_banners_in_order_without_the_hidden(phone: Phone) -> None:
    assert phone.call("showAppSlider") == {"code": 200, "msg": []}
    image = default_storage.save("slider/a.png", ContentFile(b"x"))
    AppSlider.objects.create(image=image, url="https://example.com/2", position=2)
    AppSlider.objects.create(image=image, url="https://example.com/1", position=1)
    AppSlider.objects.create(image=image, is_shown=False)
    answer = phone.call("showAppSlider")
    assert_both_clients_parse("showAppSlider", answer)
    found = [row["AppSlider"] for row in answer["msg"]]
    assert [row["url"] for row in found] == ["https://example.com/1", "https://example.com/2"]
    assert found[0]["image"].startswith("http://testserver/")
    assert answer["msg"][0]["Slider"]["link"] == "https://example.com/1"


@pytest.mark.parametrize("form", ["numbers", "texts", "objects", "text"])
def test_interests_are_replaced_in_every_form_that_clients_send(
    phone: Phone, owner: Person, form: str
) -> None:
    one, two, three = Interest.objects.values_list("id", flat=True)[:3]
    InterestPick.objects.create(user=owner.user, interest_id=three)
    values: object = {
        "numbers": [one, two],
        "texts": [str(one), str(two)],
        "objects": [{"interest_id": one}, {"interest_id": str(two)}],
        "text": f"[{one}, {two}]",
    }[form]
    answer = phone.call("addUserInterest", {"interests": values}, by=owner)
    assert answer["msg"]["User"]["id"] == owner.id
    rows = phone.call("showInterests", by=owner)["msg"]
    assert {row["Interest"]["id"] for row in rows if row["Interest"]["selected"]} == {one, two}


@pytest.mark.parametrize("value", [None, "x", 7, {}, [{"other": 1}], [-1], [1.5], [[1]], [True]])
def test_odd_interests_are_refused_and_change_nothing(
    phone: Phone, owner: Person, value: object
) -> None:
    InterestPick.objects.create(user=owner.user, interest=Interest.objects.all()[0])
    assert phone.call("addUserInterest", {"interests": value}, by=owner)["code"] == 201
    assert InterestPick.objects.count() == 1


def test_unknown_interests_are_left_out_and_an_empty_list_clears(
    phone: Phone, owner: Person
) -> None:
    InterestPick.objects.create(user=owner.user, interest=Interest.objects.all()[0])
    answer = phone.call("addUserInterest", {"interests": [10**15]}, by=owner)
    assert answer["code"] == 200
    assert not InterestPick.objects.exists()


def test_the_catalogue_comes_by_section_too(phone: Phone) -> None:
    rows = phone.call("showInterestSection")["msg"]
    flat = phone.call("showInterests", {"lang_id": "1"})["msg"]
    assert sum(len(row["Interest"]) for row in rows) == len(flat)
    assert all(row["InterestSection"]["title"] for row in rows)
    Interest.objects.all().delete()
    assert phone.call("showInterests")["code"] == 201
    assert phone.call("showInterestSection")["code"] == 201


def test_languages_are_picked_under_both_names(phone: Phone, owner: Person) -> None:
    one, two = Language.objects.values_list("id", flat=True)[:2]
    for endpoint, chosen in (("addUserLanguagePreferences", one), ("addUserLanguage", two)):
        values = {"language": [{"lang_id": chosen}]}
        assert phone.call(endpoint, values, by=owner)["code"] == 200
        rows = phone.call("showLanguages", {"user_id": str(owner.id)}, by=owner)["msg"]
        assert [r["Language"]["id"] for r in rows if r["Language"]["selected"]] == [chosen]
    phone.call("addUserLanguage", {"language": []}, by=owner)
    assert not owner.user.languages.exists()


def test_pages_open_under_the_addresses_of_the_clients() -> None:
    HtmlPage.objects.create(name="privacypolicy", title="Privacy", body="<p>We keep little.</p>")
    for path in (
        "/pages/privacypolicy/",
        "/privacypolicy/",
        "/api/privacypolicy/",
        "/mobileapp_api/api/privacypolicy",
        "/api/showHtmlPage?page=privacypolicy",
        "/mobileapp_api/api/showHtmlPage?page=PrivacyPolicy",
    ):
        response = Client().get(path)
        assert (path, response.status_code) == (path, 200)
        assert b"<p>We keep little.</p>" in response.content
    for path in ("/api/showHtmlPage", "/api/showHtmlPage?page=%00", "/pages/terms/"):
        response = Client().get(path)
        assert response.status_code == 404
        assert b"has not been written" in response.content


def test_the_root_of_the_api_says_that_it_is_there() -> None:
    assert Client().get("/api/").content == b"Clipcast is running."
    assert Client().post("/api/").json()["code"] == 404


def test_query_counts(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        phone.call("showSettings")
    with django_assert_num_queries(4):  # caller, settings, two rows of switches
        phone.call("showSettings", by=owner)
    for endpoint in ("showInterests", "showInterestSection", "showLanguages"):
        with django_assert_num_queries(2):
            phone.call(endpoint, by=owner)
    one = Interest.objects.all()[0].id
    with django_assert_num_queries(7):  # caller; savepoint, delete, ids, insert, release; record
        phone.call("addUserInterest", {"interests": [one]}, by=owner)
