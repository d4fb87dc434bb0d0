"""The operator's one-time login link."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.users import operators
from apps.users.models import LoginLink, User


def page(secret: str) -> str:
    return f"/operator/login/{secret}/"


def test_a_link_signs_the_operator_in_and_leads_to_the_admin(client: Client) -> None:
    answer = client.post(page(operators.create_login_link()))
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/").wsgi_request.user.username == "operator"


def test_looking_at_the_page_does_not_use_the_link_up(client: Client) -> None:
    secret = operators.create_login_link()
    for _ in range(2):
        answer = client.get(page(secret))
        assert answer.status_code == 200
        assert b"<button>Sign in</button>" in answer.content
        assert "no-store" in answer["Cache-Control"]
    assert client.post(page(secret)).status_code == 302


def test_a_link_works_once(client: Client) -> None:
    secret = operators.create_login_link()
    client.post(page(secret))
    stranger = Client()
    assert stranger.post(page(secret)).status_code == 410
    assert b"no longer works" in stranger.get(page(secret)).content
    assert stranger.get("/admin/").status_code == 302


def test_a_link_ends_when_it_is_too_old(client: Client) -> None:
    secret = operators.create_login_link()
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(page(secret)).status_code == 410
    assert client.post(page(secret)).status_code == 410


def test_a_newer_link_ends_the_older(client: Client) -> None:
    older = operators.create_login_link()
    newer = operators.create_login_link()
    assert client.post(page(older)).status_code == 410
    assert client.post(page(newer)).status_code == 302


@pytest.mark.parametrize("lost", ["is_staff", "is_active"])
def test_a_link_of_somebody_who_is_no_operator_any_more_opens_nothing(
    client: Client, lost: str
) -> None:
    secret = operators.create_login_link()
    User.objects.filter(username="operator").update(**{lost: False})
    assert client.post(page(secret)).status_code == 410


def test_a_made_up_link_opens_nothing(client: Client) -> None:
    assert client.post(page("x" * 43)).status_code == 410


def test_the_form_wants_a_csrf_token() -> None:
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(page(operators.create_login_link())).status_code == 403


def test_the_secret_itself_is_not_stored() -> None:
    secret = operators.create_login_link()
    assert bytes(LoginLink.objects.get().digest) != secret.encode()


def test_an_app_user_called_operator_is_never_made_one() -> None:
    User.objects.create_user("Operator")
    with pytest.raises(operators.NotAnOperator, match="not an operator"):
        operators.create_login_link()
    assert not User.objects.filter(is_staff=True).exists()


def test_the_command_prints_a_link_that_works(client: Client) -> None:
    answer = StringIO()
    call_command("login_link", base="https://clips.example/", stdout=answer)
    link = answer.getvalue().strip()
    assert link.startswith("https://clips.example/operator/login/")
    assert client.post(link.removeprefix("https://clips.example")).status_code == 302


def test_the_command_makes_a_link_for_any_operator_and_nobody_else() -> None:
    User.objects.create_user("ana", is_staff=True)
    User.objects.create_user("bob")
    call_command("login_link", username="ana", stdout=StringIO())
    assert LoginLink.objects.get().user.username == "ana"
    with pytest.raises(CommandError, match="bob is not an operator"):
        call_command("login_link", username="bob", stdout=StringIO())
