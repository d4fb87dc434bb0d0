"""Pages that the apps open in a web view, and what a profile's QR code leads to."""

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from apps.contract.middleware import no_such_endpoint
from apps.contract.urls import media_url, public_url
from apps.site.models import HtmlPage
from apps.users.models import User


@csrf_exempt
def index(request: HttpRequest) -> HttpResponse:
    """GET /api/: a word for whoever looks whether the server is there."""
    if request.method not in ("GET", "HEAD"):
        return no_such_endpoint(request)
    return HttpResponse("Clipcast is running.", content_type="text/plain")


@csrf_exempt
def html_page(request: HttpRequest, name: str = "") -> HttpResponse:
    """/pages/<name>/, and the clients' own addresses for it: showHtmlPage?page=<name>."""
    wanted = (name or request.GET.get("page", "")).strip(" /").lower()[:50]
    page = HtmlPage.objects.filter(name=wanted).first() if "\x00" not in wanted else None
    status = 200 if page else 404
    return render(request, "site/html_page.html", {"page": page}, status=status)


@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """A person's public page: a name, a picture, numbers."""
    person = public_person(username)
    picture = person.profile_pic
    if picture and not picture.startswith("http"):
        picture = media_url(request) + picture
    return render(request, "site/profile.html", {"person": person, "picture": picture})


@require_safe
@cache_control(max_age=86400)
def qr_code(request: HttpRequest, username: str) -> HttpResponse:
    """The QR code of that page, as SVG; no third party learns whose."""
    person = public_person(username)
    code = segno.make(f"{public_url(request)}/u/{person.username}/", error="m")
    return HttpResponse(code.svg_inline(scale=8, border=4), content_type="image/svg+xml")


def public_person(username: str) -> User:
    person = User.objects.filter(
        username__lower=username.lower()[:30], status=User.Status.ACTIVE
    ).first()
    if person is None:
        raise Http404
    return person
