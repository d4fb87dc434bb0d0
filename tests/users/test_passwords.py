"""POST /api/changePassword, and what the reset and address endpoints refuse"""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users import tokens
from tests.cast import Inbox, Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse


@pytest.fixture
def ann() -> Person:
    return make_person("ann", email="ann@example.com", password="secret-1")


def test_a_change_ends_the_other_sign_ins_and_keeps_this_one(phone: Phone, ann: Person) -> None:
    other = Person(ann.user, tokens.issue(user=ann.user))
    values = {"old_password": "secret-1", "new_password": "secret-2"}
    answer = phone.call("changePassword", values, by=ann)
    assert_both_clients_parse("changePassword", answer)
    assert answer["code"] == 200
    assert phone.call("showUserDetail", by=ann)["code"] == 200
    assert phone.call("showUserDetail", by=other)["code"] == 501
    assert phone.call("login", {"email": "ann", "password": "secret-2"})["code"] == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"old_password": "wrong", "new_password": "secret-2"}, "old password is wrong"),
        ({"old_password": "secret-1", "new_password": "x"}, "too short"),
        ({"old_password": "secret-1"}, "New password is missing"),
    ],
)
def test_a_bad_change_changes_nothing(
    phone: Phone, ann: Person, values: dict, sentence: str
) -> None:
    answer = phone.call("changePassword", values, by=ann)
    assert_both_clients_parse("changePassword", answer)
    assert answer["code"] == 201
    assert sentence in answer["msg"]
    assert phone.call("login", {"email": "ann", "password": "secret-1"})["code"] == 200


def test_an_account_without_a_password_is_told_how_to_get_one(phone: Phone, owner: Person) -> None:
    values = {"old_password": "", "new_password": "secret-2"}
    assert phone.call("changePassword", values, by=owner)["code"] == 201
    answer = phone.call("changePassword", values | {"old_password": "x"}, by=owner)
    assert "Forgot password" in answer["msg"]


def test_an_address_of_somebody_else_is_refused(
    phone: Phone, ann: Person, owner: Person, inbox: Inbox
) -> None:
    for endpoint, values in (
        ("changeEmailAddress", {"email": "OWNER@example.com"}),
        ("changePhoneNo", {"phone": "+15550000001"}),
        ("editProfile", {"email": "owner@example.com"}),
    ):
        answer = phone.call(endpoint, values, by=ann)
        assert_both_clients_parse(endpoint, answer)
        assert answer["code"] == 201
    assert inbox.codes == {}


def test_an_address_taken_while_the_code_was_on_its_way_is_refused(
    phone: Phone, ann: Person, inbox: Inbox
) -> None:
    phone.call("changeEmailAddress", {"email": "new@example.com"}, by=ann)
    make_person("faster", email="new@example.com")
    values = {"new_email": "new@example.com", "code": inbox.latest("new@example.com")}
    answer = phone.call("verifyChangeEmailCode", values, by=ann)
    assert_both_clients_parse("verifyChangeEmailCode", answer)
    assert (answer["code"], "already in use" in answer["msg"]) == (201, True)


def test_nobody_finishes_the_change_of_somebody_else(
    phone: Phone, ann: Person, stranger: Person, inbox: Inbox
) -> None:
    phone.call("changeEmailAddress", {"email": "new@example.com"}, by=ann)
    values = {"new_email": "new@example.com", "code": inbox.latest("new@example.com")}
    assert phone.call("verifyChangeEmailCode", values, by=stranger)["code"] == 201
    stranger.user.refresh_from_db()
    assert stranger.user.email == "stranger@example.com"


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("checkEmail", {"email": "no-address"}),
        ("checkEmail", {}),
        ("checkUsername", {"username": "a b"}),
        ("checkUsername", {"username": "ANN"}),
        ("checkPhoneNo", {"phone": "12"}),
        ("verifyPhoneNo", {"phone": "12", "verify": "0"}),
        ("verifyPhoneNo", {"phone": "+15551230000", "verify": "1", "code": None}),
        ("verifyRegisterEmailCode", {"email": "ann@example.com"}),
        ("verifyRegisterEmailCode", {"email": "new@example.com", "code": "0"}),
        ("forgotPassword", {"email": "ann"}),
        ("verifyforgotPasswordCode", {"email": "ann@example.com", "code": "0"}),
        ("changePasswordForgot", {"email": "ann@example.com", "password": "secret-2"}),
    ],
)
def test_bad_input_is_refused_in_words_both_clients_parse(
    phone: Phone, ann: Person, inbox: Inbox, endpoint: str, values: dict
) -> None:
    answer = phone.call(endpoint, values)
    assert_both_clients_parse(endpoint, answer)
    assert answer["code"] == 201
    assert inbox.codes == {}


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("checkEmail", {"email": "new@example.com"}),
        ("checkUsername", {"username": "new"}),
        ("checkPhoneNo", {"phone": "+15551230000"}),
        ("verifyPhoneNo", {"phone": "+15551230000", "verify": "0"}),
        ("verifyRegisterEmailCode", {"email": "new@example.com"}),
        ("forgotPassword", {"email": "ann@example.com"}),
    ],
)
def test_both_clients_parse_success_and_no_answer_holds_a_code(
    phone: Phone, ann: Person, inbox: Inbox, endpoint: str, values: dict
) -> None:
    answer = phone.call(endpoint, values)
    assert_both_clients_parse(endpoint, answer)
    assert answer["code"] == 200
    assert all(code not in str(answer) for codes in inbox.codes.values() for code in codes)


def test_ios_gets_no_code_by_mail_since_firebase_proves_the_address(
    phone: Phone, inbox: Inbox
) -> None:
    headers = {"User-Agent": "App/1 CFNetwork/1490.0.4 Darwin/23.2.0"}
    phone.call("checkEmail", {"email": "new@example.com"}, headers=headers)
    assert inbox.codes == {}


def test_looking_up_names_is_limited(phone: Phone) -> None:
    codes = {phone.call("checkUsername", {"username": "ann"})["code"] for _ in range(31)}
    assert codes == {200, 429}


def test_query_counts(
    phone: Phone, ann: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        phone.call("checkUsername", {"username": "new"})
    # caller; savepoint, person, password, other tokens, release
    with django_assert_num_queries(6):
        values = {"old_password": "secret-1", "new_password": "secret-2"}
        phone.call("changePassword", values, by=ann)
