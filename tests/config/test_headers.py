"""What browsers are told, and whom we believe about where a request comes from."""

import pytest
from django.test import Client, RequestFactory

from apps.contract.throttle import client_ip
from config.headers import TrustedProxyMiddleware


def directives(client: Client, path: str) -> dict[str, str]:
    text = client.get(path)["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in text.split(";"))


@pytest.mark.parametrize(
    "path", ["/dashboard/", "/dashboard/rooms/", "/api/docs/", "/admin/login/"]
)
def test_nobody_else_shows_our_pages_and_no_script_stands_in_them(desk: Client, path: str) -> None:
    found = directives(desk, path)
    assert "unsafe-inline" not in found.get("script-src", found["default-src"])
    assert found["default-src"] in ("'self'", "'none'")
    assert found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert found["form-action"] == "'self'"


def test_the_admin_may_make_functions_for_its_library_and_no_more(desk: Client) -> None:
    assert directives(desk, "/admin/")["script-src"] == "'self' 'unsafe-eval'"


def test_data_may_load_nothing(client: Client) -> None:
    answer = client.get("/health/live")
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize(
    ("address", "believed"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("::1", True), ("203.0.113.9", False), ("", False)],
)
def test_only_our_proxies_say_who_asks(address: str, believed: bool) -> None:
    said = {
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
        "HTTP_X_FORWARDED_HOST": "evil.example.com",
        "HTTP_X_FORWARDED_PROTO": "https",
    }
    request = RequestFactory().get("/", REMOTE_ADDR=address, **said)
    TrustedProxyMiddleware(lambda request: None)(request)
    assert (client_ip(request) == "198.51.100.7") == believed
    assert ("HTTP_X_FORWARDED_HOST" in request.META) == believed
    assert request.is_secure() == believed


def test_who_is_trusted_is_a_setting(settings) -> None:
    settings.TRUSTED_PROXIES = ["203.0.113.0/24"]
    for address, expected in (("203.0.113.9", "198.51.100.7"), ("127.0.0.1", "127.0.0.1")):
        request = RequestFactory().get(
            "/", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR="198.51.100.7"
        )
        TrustedProxyMiddleware(lambda request: None)(request)
        assert client_ip(request) == expected
