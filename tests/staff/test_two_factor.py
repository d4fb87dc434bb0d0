"""The second factor of operators"""

from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.audit.models import AuditEntry
from apps.capture.streaming import permission
from apps.staff import two_factor
from apps.users import operators
from tests.cast import Person

SET_UP, CODE, OWN = (
    "/operator/two-factor/set-up/",
    "/operator/two-factor/code/",
    "/operator/two-factor/",
)


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.STAFF_TWO_FACTOR = True


class Authenticator:
    """The app on an operator's phone. Each code is of another half minute, as if time went on."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id

    def code(self) -> str:
        device = TOTPDevice.objects.order_by("-pk").filter(user_id=self.user_id)[0]
        # What was used before is forgotten, so that no test waits for half a minute.
        TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_count=0)
        return f"{totp(device.bin_key):06d}"


@pytest.fixture
def app(operator: Person) -> Authenticator:
    return Authenticator(operator.id)


@pytest.fixture
def codes(desk: Client, app: Authenticator) -> list[str]:
    """The operator has set it up in `desk`; the backup codes."""
    desk.get(SET_UP)
    page = desk.post(SET_UP, {"code": app.code()})
    assert page.status_code == 200, page.content
    return page.context["codes"]


def browser(person: Person) -> Client:
    """Another one, where the person has just given the password."""
    client = Client()
    client.force_login(person.user)
    return client


def test_nothing_opens_before_it_is_set_up(desk: Client) -> None:
    for page in ("/admin/", "/admin/users/user/", "/dashboard/", "/dashboard/rooms/"):
        answer = desk.get(page)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, SET_UP)
    assert desk.get("/api/sessions").status_code in (401, 403)


def may_watch(desk: Client) -> bool:
    """Whether the stream process, which has none of the middleware, lets this browser in."""
    cookie = f"sessionid={desk.cookies['sessionid'].value}".encode()
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    request = ASGIRequest(scope | {"headers": [(b"cookie", cookie)]}, BytesIO())
    return permission.check(request) is None


def test_streams_of_events_open_after_it(desk: Client, app: Authenticator) -> None:
    assert not may_watch(desk)
    desk.get(SET_UP)
    desk.post(SET_UP, {"code": app.code()})
    assert may_watch(desk)


def test_the_page_shows_a_drawn_code_and_the_same_key_until_it_is_confirmed(desk: Client) -> None:
    first = desk.get(SET_UP)
    assert b"<svg" in first.content
    assert desk.get(SET_UP).context["secret"] == first.context["secret"]
    assert TOTPDevice.objects.get().confirmed is False
    assert desk.post(SET_UP, {"code": "000000"}).context["form"].errors
    assert TOTPDevice.objects.get().confirmed is False


def test_its_first_code_lets_in_and_shows_ten_backup_codes(desk: Client, codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert desk.get("/admin/").status_code == 200
    assert desk.get("/dashboard/").status_code == 200


def test_another_browser_needs_a_code(
    operator: Person, codes: list[str], app: Authenticator
) -> None:
    other = browser(operator)
    answer = other.get("/admin/users/user/?q=x")
    assert answer["Location"].startswith(CODE)
    assert other.get(SET_UP)["Location"] == CODE
    page = other.post(answer["Location"], {"code": app.code()})
    assert page["Location"] == "/admin/users/user/?q=x"
    assert other.get("/admin/").status_code == 200


def test_the_way_on_never_leads_elsewhere(
    operator: Person, codes: list[str], app: Authenticator
) -> None:
    page = browser(operator).post(f"{CODE}?next=https://evil.example/", {"code": app.code()})
    assert page["Location"] == "/admin/"


def test_a_code_works_once(operator: Person, codes: list[str], app: Authenticator) -> None:
    code = app.code()
    assert browser(operator).post(CODE, {"code": code}).status_code == 302
    again = browser(operator).post(CODE, {"code": code})
    assert again.context["form"].errors["code"] == [two_factor.WRONG]


def test_a_backup_code_works_once(operator: Person, codes: list[str]) -> None:
    other = browser(operator)
    assert other.post(CODE, {"code": codes[0].upper()}).status_code == 302
    assert other.get("/admin/").status_code == 200
    assert browser(operator).post(CODE, {"code": codes[0]}).status_code == 200
    assert StaticToken.objects.count() == 9


def test_wrong_codes_are_throttled(operator: Person, codes: list[str], app: Authenticator) -> None:
    other, right = browser(operator), app.code()
    for _ in range(5):  # the wait doubles with each that is looked at
        other.post(CODE, {"code": "000000"})
        TOTPDevice.objects.update(throttling_failure_timestamp=None)
    other.post(CODE, {"code": "000000"})
    page = other.post(CODE, {"code": right})
    assert "Try again in" in page.context["form"].errors["code"][0]
    assert other.get("/admin/").status_code == 302


def test_attempts_stand_in_the_audit_log(
    operator: Person, codes: list[str], app: Authenticator
) -> None:
    other = browser(operator)
    other.post(CODE, {"code": "000000"})
    other.post(CODE, {"code": app.code()})
    lines = AuditEntry.objects.filter(kind="two_factor").order_by("id")
    assert [line.action for line in lines] == ["set up", "wrong code", "code"]
    assert {line.operator_id for line in lines} == {operator.id}


def test_a_login_link_opens_a_session_that_must_set_it_up() -> None:
    client = Client()
    client.post(f"/operator/login/{operators.create_login_link()}/")
    assert client.get("/admin/")["Location"].startswith(SET_UP)
    assert client.get(SET_UP).status_code == 200


def test_a_login_link_does_not_replace_the_code(operator: Person, codes: list[str]) -> None:
    client = Client()
    client.post(f"/operator/login/{operators.create_login_link(username='operator')}/")
    assert client.get("/admin/")["Location"].startswith(CODE)


def test_resetting_ends_what_was_opened_with_it(
    desk: Client, operator: Person, codes: list[str]
) -> None:
    out = StringIO()
    call_command("reset_two_factor", "Operator", stdout=out)
    assert "login_link" in out.getvalue()
    assert desk.get("/admin/")["Location"].startswith(SET_UP)
    assert browser(operator).post(CODE, {"code": codes[0]}).status_code == 302  # to the set-up
    assert StaticToken.objects.count() == 0
    assert AuditEntry.objects.filter(action="reset", person_id=operator.id).exists()
    for name in ("operator", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_two_factor", name)


def test_new_backup_codes_end_the_old(desk: Client, operator: Person, codes: list[str]) -> None:
    assert b"10 backup" in desk.get(OWN).content
    fresh = desk.post(OWN).context["codes"]
    assert not set(fresh) & set(codes)
    assert browser(operator).post(CODE, {"code": codes[0]}).status_code == 200


def test_another_authenticator_takes_the_place_of_the_old(
    desk: Client, operator: Person, codes: list[str], app: Authenticator
) -> None:
    old = TOTPDevice.objects.get()
    desk.get(SET_UP)
    assert desk.post(SET_UP, {"code": app.code()}).status_code == 200
    assert TOTPDevice.objects.get().pk != old.pk
    assert desk.get("/admin/").status_code == 200


def test_who_has_one_is_asked_even_where_it_is_not_required(
    settings: Any, operator: Person, friend: Person, codes: list[str]
) -> None:
    settings.STAFF_TWO_FACTOR = False
    assert browser(operator).get("/admin/")["Location"].startswith(CODE)
    friend.user.is_staff = True
    friend.user.save(update_fields=["is_staff"])
    assert browser(friend).get("/admin/").status_code == 200
    assert browser(friend).get(OWN).status_code == 200


def test_strangers_see_none_of_it(client: Client, owner: Person) -> None:
    for page in (SET_UP, CODE, OWN):
        assert client.get(page)["Location"] == "/admin/login/"
    client.force_login(owner.user)
    for page in (SET_UP, CODE, OWN):
        assert client.get(page)["Location"] == "/admin/login/"


def test_no_page_of_the_admin_shows_secrets(
    settings: Any, desk: Client, operator: Person, codes: list[str]
) -> None:
    assert desk.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert desk.get("/admin/otp_static/staticdevice/").status_code == 404
    key = TOTPDevice.objects.get().key
    page = desk.get(f"/admin/users/user/{operator.id}/change/").content.decode()
    assert key not in page


def test_an_operator_signs_in_again_after_half_a_day(settings: Any, client: Client) -> None:
    assert settings.SESSION_COOKIE_AGE == 12 * 3600
