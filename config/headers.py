"""What browsers are told about answers, and whom we believe about where a request comes from.

Dashboard, rooms and overlays set policies of their own, which are stricter. For the rest: no page
of ours has a script or a handler inside it, so nothing runs but our own files. The admin's library
(Alpine, in unfold) makes functions out of its attributes and needs 'unsafe-eval' there; styles
inside pages are its way. Pictures and films may come from a bucket, a CDN or people's providers.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src * data: blob:; media-src * blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# What Django's own middleware says; monitors are answered before it.
ALSO = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        policy = page_policy(request.path) if is_page else NOTHING
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        for name, value in ALSO.items():
            response.headers.setdefault(name, value)
        return response


def page_policy(path: str) -> str:
    with_alpine = path.startswith(("/admin/", "/operator/"))
    return PAGE.format(scripts="'self' 'unsafe-eval'" if with_alpine else "'self'")


class TrustedProxyMiddleware:
    """Forgets what a client says about itself in our proxies' headers, unless a proxy says it."""

    HEADERS = (
        *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
        *("HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED"),
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_trusted(request.META.get("REMOTE_ADDR", ""), tuple(settings.TRUSTED_PROXIES)):
            for header in self.HEADERS:
                request.META.pop(header, None)
        return self.get_response(request)


@lru_cache(maxsize=1024)
def is_trusted(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(proxy) for proxy in proxies)
