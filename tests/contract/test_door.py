"""The door of the mobile API: whatever comes in, the envelope goes out."""

from typing import Any

import pytest
from django.test import Client, override_settings

from apps.contract import endpoint as endpoints
from apps.contract.answers import Refused
from apps.contract.endpoint import Endpoint, find
from tests.cast import Person, Phone

SIGN_IN = {"email": "x", "password": "y"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/showUserDetail",
        "/api/showUserDetail/",
        "/api/showUserDetail%20",
        "/api/showuserdetail",
        "/api/SHOWUSERDETAIL",
        "/mobileapp_api/api/showUserDetail",
        "/showUserDetail",
    ],
)
def test_every_spelling_of_a_path_that_the_builds_use_works(
    phone: Phone, owner: Person, path: str
) -> None:
    assert phone.send(path, b"", by=owner)["code"] == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"email": "x", "password": "y"}', "application/json"),
        (b'{"email": "x", "password": "y"}', "text/plain"),
        (b'{"email": "x", "password": "y"}', "application/x-www-form-urlencoded"),
        (b"email=x&password=y", "application/x-www-form-urlencoded"),
        (b"email=x&password=y", "application/json"),
        (b'\xef\xbb\xbf {"email": "x", "password": "y"}', "application/json"),
    ],
)
def test_json_and_forms_are_read_whatever_the_content_type(
    phone: Phone, body: bytes, content_type: str
) -> None:
    answer = phone.send("/api/login", body, content_type=content_type)
    assert answer == {"code": 201, "msg": "The e-mail address or the password is wrong."}


def test_multipart_forms_are_read() -> None:
    answer = Client().post("/api/login", SIGN_IN).json()
    assert answer["msg"] == "The e-mail address or the password is wrong."


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1, 2]",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"email": "\\ud800"}',
        b'{"a":' * 5000,
        b"=&=&=&&&%%%",
        b"&".join(b"a%d=1" % n for n in range(500)),
    ],
)
def test_a_malformed_body_is_refused_with_a_sentence(phone: Phone, body: bytes) -> None:
    answer = phone.send("/api/login", body)
    assert answer["code"] == 201
    assert answer["msg"].startswith("This request could not be read")


def test_a_malformed_upload_is_refused_with_a_sentence(phone: Phone) -> None:
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = phone.send("/api/login", b"garbage", content_type=content_type)
        assert answer["code"] == 201


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_huge_body_is_refused_with_a_sentence(phone: Phone) -> None:
    answer = phone.send("/api/login", b'{"email": "' + b"x" * 2000 + b'"}')
    assert answer["code"] == 201
    assert "too large" in answer["msg"]


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_a_wrong_method_gets_the_envelope(method: str) -> None:
    response = getattr(Client(), method)("/api/login")
    assert response.status_code == 200
    if method != "head":
        assert response.json() == {"code": 201, "msg": "Use POST for login."}


def test_an_unknown_endpoint_gets_the_envelope(phone: Phone) -> None:
    answer = phone.call("makeCoffee")
    assert answer["code"] == 404
    assert "update the app" in answer["msg"]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> type[Endpoint]:
    """login, with a bug."""
    found = find("login")
    assert found is not None

    def explode(self: Endpoint, caller: Any, data: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(found, "handle", explode)
    return found


@pytest.mark.parametrize("debug", [True, False])
def test_an_exception_gets_the_envelope_and_never_a_traceback(
    phone: Phone, broken: type[Endpoint], caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        answer = phone.call("login", SIGN_IN)
    assert answer["code"] == 500
    assert "Reference" in answer["msg"]
    assert "secret" not in answer["msg"]
    reference = answer["msg"].split("Reference ")[1].rstrip(")")
    assert reference in caplog.text
    assert "secret detail" in caplog.text


def test_where_a_text_would_break_ios_the_sentence_stands_beside_msg(
    phone: Phone, broken: type[Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Endpoint, caller: Any, data: Any) -> None:
        raise Refused("No.")

    monkeypatch.setattr(broken, "handle", refuse)
    monkeypatch.setattr(broken, "refusal_msg", {"public": []})
    assert phone.call("login", SIGN_IN) == {"code": 201, "msg": {"public": []}, "message": "No."}


def test_two_endpoints_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="Two endpoints"):
        type("ShowUserDetail", (Endpoint,), {})


@override_settings(ALLOWED_HOSTS=["clips.example"])
def test_a_host_that_is_not_ours_is_refused_with_a_sentence(phone: Phone, owner: Person) -> None:
    answer = phone.call("showUserDetail", by=owner, headers={"Host": "evil.example"})
    assert answer["code"] == 201
    assert "ALLOWED_HOSTS" in answer["msg"]


@override_settings(API_KEYS=["right"])
def test_the_api_key_is_checked_when_keys_are_configured(phone: Phone) -> None:
    assert phone.call("login", SIGN_IN)["code"] == 401
    assert phone.call("login", SIGN_IN, headers={"Api-Key": "wrong"})["code"] == 401
    assert phone.call("login", SIGN_IN, headers={"Api-Key": "right"})["code"] != 401


def test_a_caller_who_asks_too_often_is_told_to_wait(phone: Phone) -> None:
    answers = [phone.call("login", SIGN_IN)["code"] for _ in range(21)]
    assert answers == [201] * 20 + [429]


@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_requests_pass_while_the_throttle_is_away(phone: Phone) -> None:
    from apps.contract import throttle

    throttle.limiter.cache_clear()
    try:
        assert phone.call("login", SIGN_IN)["code"] == 201
    finally:
        throttle.limiter.cache_clear()


@pytest.mark.parametrize("endpoint", endpoints.all_endpoints(), ids=lambda e: e.name)
class TestEveryEndpoint:
    """Rules that hold for each declared endpoint."""

    def test_asks_for_a_proof_unless_it_is_public(
        self, phone: Phone, endpoint: type[Endpoint]
    ) -> None:
        if endpoint.auth == endpoints.REQUIRED:
            assert phone.call(endpoint.name)["code"] == 401

    def test_refuses_a_wrong_token(self, phone: Phone, endpoint: type[Endpoint]) -> None:
        if endpoint.auth != endpoints.NONE:
            answer = phone.call(endpoint.name, headers={"Auth-Token": "nobody's"})
            assert answer["code"] == 401
            assert phone.call(endpoint.name, {"auth_token": "nobody's"})["code"] == 401

    def test_refuses_to_act_for_somebody_else(
        self, phone: Phone, endpoint: type[Endpoint], stranger: Person, owner: Person
    ) -> None:
        for key in endpoint.actor_keys if endpoint.auth != endpoints.NONE else ():
            answer = phone.call(endpoint.name, {key: str(owner.id)}, by=stranger)
            assert answer["code"] == 201
            sentence = answer.get("message", answer["msg"])
            assert sentence == "You can only do this for your own account."

    @override_settings(THROTTLE_ENABLED=False)
    def test_survives_junk_in_every_field(
        self, phone: Phone, endpoint: type[Endpoint], owner: Person
    ) -> None:
        junk: list[Any] = ["\x00", "x" * 6000, -1, 10**30, 1.5, True, [], {}, [{}], "🙂", "' OR 1"]
        for name in endpoint.Input().fields:
            for value in junk:
                answer = phone.call(endpoint.name, {name: value}, by=owner)
                assert answer["code"] in (200, 201, 401), (name, value, answer)

    def test_says_what_it_does(self, endpoint: type[Endpoint]) -> None:
        assert endpoint.__doc__
        assert endpoint.group
