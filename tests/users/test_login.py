"""POST /api/login"""

from pytest_django import DjangoAssertNumQueries

from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


def test_email_or_username_and_password_sign_in(phone: Phone) -> None:
    ann = make_person("Ann", email="ann@example.com", password="secret-1")
    for name in ("ann@example.com", "ANN@example.com", "ann"):
        answer = phone.call("login", {"email": name, "password": "secret-1"})
        assert_both_clients_parse("login", answer)
        assert answer["msg"]["User"]["id"] == ann.id


def test_each_sign_in_has_its_own_token(phone: Phone) -> None:
    make_person("ann", password="secret-1")
    values = {"email": "ann", "password": "secret-1"}
    found = {phone.call("login", values)["msg"]["User"]["auth_token"] for _ in range(2)}
    assert len(found) == 2


def test_a_wrong_password_and_an_unknown_name_answer_alike(phone: Phone, owner: Person) -> None:
    wrong = phone.call("login", {"email": "owner@example.com", "password": "wrong-1"})
    unknown = phone.call("login", {"email": "nobody@example.com", "password": "wrong-1"})
    assert wrong == unknown
    assert wrong["code"] == 201


def test_spaces_belong_to_a_password(phone: Phone) -> None:
    make_person("ann", password=" secret ")
    assert phone.call("login", {"email": "ann", "password": "secret"})["code"] == 201
    assert phone.call("login", {"email": "ann", "password": " secret "})["code"] == 200


def test_missing_fields_are_named(phone: Phone) -> None:
    assert phone.call("login") == {"code": 201, "msg": "Email is missing."}
    assert phone.call("login", {"email": "x"}) == {"code": 201, "msg": "Password is missing."}


def test_a_banned_person_is_told_so(phone: Phone) -> None:
    ann = make_person("ann", password="secret-1")
    ann.user.status = "banned"
    ann.user.save(update_fields=["status"])
    answer = phone.call("login", {"email": "ann", "password": "secret-1"})
    assert (answer["code"], "has been blocked" in answer["msg"]) == (201, True)


def test_sign_in_takes_three_queries(
    phone: Phone, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_person("ann", password="secret-1")
    with django_assert_num_queries(3):  # person, token, record
        phone.call("login", {"email": "ann", "password": "secret-1"})
