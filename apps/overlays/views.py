"""The overlay's page and what it asks again and again. The token in the address is the key."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from apps.overlays import selectors
from apps.overlays.models import Overlay
from apps.overlays.services import find_overlay

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
GONE = {"detail": "This overlay is unknown or revoked."}


@require_safe
@xframe_options_sameorigin
def page(request: HttpRequest, token: str) -> HttpResponse:
    """What OBS opens. One that is revoked shows nothing, so that no error stands in the picture."""
    overlay = find_overlay(token)
    kind = overlay.kind if overlay else ""
    return overlay_page(request, kind, status=200 if overlay else 404)


def overlay_page(
    request: HttpRequest, kind: str, *, preview: bool = False, status: int = 200
) -> HttpResponse:
    known = kind if kind in Overlay.Kind.values else ""
    types = Overlay.CATEGORIES[Overlay.Kind(known)] if known else ()
    context = {"kind": known, "preview": preview, "types": ",".join(types)}
    response = render(request, "overlays/overlay.html", context, status=status)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


@require_safe
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Which session to follow, and how things stand."""
    overlay = find_overlay(token)
    content = selectors.state(overlay) if overlay else GONE
    response = HttpResponse(
        orjson.dumps(content),
        content_type="application/json",
        status=200 if overlay else 404,
    )
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response
