"""Target groups: saved, listed, deleted by their maker; how many people they have."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.promotions import audiences
from apps.promotions.models import Audience, Promotion
from apps.users.models import User
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.promotions.booking import booked

GROUP = {"name": "Young", "min_age": "18", "max_age": "25", "gender": "Female"}


def born(years_ago: int) -> date:
    today = date.today()
    return date(today.year - years_ago, 1, 1)


@pytest.fixture
def audience(owner: Person) -> Audience:
    return Audience.objects.create(user=owner.user, name="mine", min_age=18, max_age=30)


def test_a_group_is_saved_and_listed_newest_first(phone: Phone, owner: Person) -> None:
    answer = phone.call("addAudience", GROUP | {"user_id": owner.id}, by=owner)
    assert answer["code"] == 200, answer
    assert_both_clients_parse("addAudience", answer)
    saved = answer["msg"]["Audience"]
    assert (saved["user_id"], saved["name"], saved["gender"]) == (owner.id, "Young", "female")
    assert (saved["min_age"], saved["max_age"]) == (18, 25)
    assert answer["msg"]["User"]["id"] == owner.id
    assert answer["msg"]["AudienceLocation"] == []
    phone.call("addAudience", GROUP | {"name": "Second"}, by=owner)
    listed = phone.call("showAudiences", by=owner)
    assert_both_clients_parse("showAudiences", listed)
    assert [item["Audience"]["name"] for item in listed["msg"]] == ["Second", "Young"]


def test_places_go_by_their_names(phone: Phone, owner: Person) -> None:
    places = [
        {"country": "Italy", "city": "Rome"},
        {"name": "Lyon, France", "city_id": 3},
        {"name": "Japan", "country_id": 9},
        {"country_id": 0, "state_id": 0, "city_id": 0},
    ]
    answer = phone.call("addAudience", GROUP | {"locations": places}, by=owner)
    found = [(p["Country"]["name"], p["City"]["name"]) for p in answer["msg"]["AudienceLocation"]]
    assert found == [("italy", "rome"), ("france", "lyon"), ("japan", "")]


def test_a_place_known_by_its_number_alone_is_refused(phone: Phone, owner: Person) -> None:
    answer = phone.call("addAudience", GROUP | {"locations": [{"country_id": 5}]}, by=owner)
    assert answer == {"code": 201, "msg": "Locations need the name of a country or a city."}
    assert not Audience.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Name is missing."),
        ({"gender": "robot"}, "Gender: all, male or female."),
        ({"min_age": 30}, "The lowest age is above the highest."),
        ({"max_age": 121}, None),
        ({"min_age": -1}, None),
        ({"locations": [{"city": "a\x00b"}]}, "Locations need the name of a country or a city."),
    ],
)
def test_what_makes_no_sense_is_refused(
    phone: Phone, owner: Person, changes: dict[str, Any], sentence: str | None
) -> None:
    answer = phone.call("addAudience", GROUP | changes, by=owner)
    assert answer["code"] == 201
    assert sentence is None or answer["msg"] == sentence
    assert not Audience.objects.exists()


def test_nobody_saves_groups_without_end(
    phone: Phone, owner: Person, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "MAX_AUDIENCES", 1)
    assert "delete one first" in phone.call("addAudience", GROUP, by=owner)["msg"]


def test_a_deleted_group_is_gone_and_can_not_be_used(
    phone: Phone, owner: Person, audience: Audience
) -> None:
    assert phone.call("deleteAudience", {"id": audience.id}, by=owner)["code"] == 200
    assert phone.call("showAudiences", by=owner) == {"code": 200, "msg": []}
    again = phone.call("deleteAudience", {"id": audience.id}, by=owner)
    assert again == {"code": 201, "msg": "This audience is not there."}


def test_a_group_of_an_open_promotion_stays(
    phone: Phone, owner: Person, audience: Audience
) -> None:
    booked(owner.user, audience_id=audience.id)
    answer = phone.call("deleteAudience", {"id": audience.id}, by=owner)
    assert answer["code"] == 201
    assert answer["msg"] == "This audience is used by a promotion that has not ended."
    from apps.promotions import services

    services.end(promotion_id=Promotion.objects.get().id, reason=Promotion.EndReason.STOPPED)
    assert phone.call("deleteAudience", {"id": audience.id}, by=owner)["code"] == 200


def test_a_stranger_neither_sees_nor_deletes_it(
    phone: Phone, owner: Person, stranger: Person, audience: Audience
) -> None:
    assert phone.call("showAudiences", by=stranger)["msg"] == []
    assert phone.call("showAudiences", {"user_id": owner.id}, by=stranger)["code"] == 201
    assert phone.call("deleteAudience", {"id": audience.id}, by=stranger)["code"] == 201
    assert phone.call("deleteAudience", {"id": audience.id})["code"] == 401
    assert phone.call("showAudiences", by=owner)["msg"]


@pytest.fixture
def people(owner: Person) -> None:
    """Two women and a man of known ages, and somebody who says nothing; the owner is 40."""
    User.objects.filter(pk=owner.id).update(dob=born(40), gender="male")
    make_person("ann", gender="female", dob=born(20), country="Italy", city="Rome")
    make_person("bea", gender="Female", dob=born(33), country="ITALY", city="Milan")
    make_person("carl", gender="male", dob=born(70), country="France")
    make_person("dee")
    make_person("gone", gender="female", dob=born(20), status="deleted")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("group", "count"),
    [
        ({}, 4),
        ({"min_age": 0, "max_age": 100}, 4),
        ({"gender": "female"}, 2),
        ({"min_age": 18, "max_age": 30}, 1),
        ({"min_age": 18, "max_age": 69}, 2),
        ({"min_age": 60, "max_age": 100}, 1),
        ({"locations": '[{"country": "italy"}]'}, 2),
        ({"locations": [{"name": "Rome, Italy"}, {"country": "France"}]}, 2),
        ({"gender": "male", "locations": [{"country": "Italy"}]}, 0),
    ],
)
def test_the_reach_counts_who_would_see_it_but_not_who_asks(
    phone: Phone, owner: Person, group: dict[str, Any], count: int
) -> None:
    assert phone.call("showAudiencesReach", group, by=owner) == {"code": 200, "msg": count}


def test_the_reach_of_many_is_estimated_from_a_sample(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.bulk_create(User(username=f"person{n}") for n in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users_user")
    sql = audiences.REACH_SQL.replace(f"{audiences.SAMPLED_PEOPLE}", "1000")
    monkeypatch.setattr(audiences, "REACH_SQL", sql)
    group = {"min_age": 0, "max_age": 120, "gender": "all", "locations": []}
    estimates = {audiences.reach(user_id=owner.id, **group) for _ in range(3)}
    assert len(estimates) == 1
    assert 1_000 < estimates.pop() < 9_000


@pytest.mark.parametrize(
    ("endpoint", "values", "queries"),
    [
        ("showAudiences", {}, 2),
        ("addAudience", GROUP, 4),
        ("showAudiencesReach", {"gender": "male"}, 2),
    ],
)
def test_each_call_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    audience: Audience,
    endpoint: str,
    values: dict[str, Any],
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(queries):
        assert phone.call(endpoint, values, by=owner)["code"] == 200


def test_deleting_has_a_fixed_number_of_queries(
    phone: Phone,
    owner: Person,
    audience: Audience,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(6):
        phone.call("deleteAudience", {"id": audience.id}, by=owner)
