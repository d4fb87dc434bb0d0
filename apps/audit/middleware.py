"""Nothing that an operator changes stays out of the log."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.audit.services import Kind, Visit, note, visit

SAFE = ("GET", "HEAD", "OPTIONS")


class AuditMiddleware:
    """Tells `note` which request it is in, and notes each change of an operator that the page
    itself has said nothing about."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = Visit(request)
        token = visit.set(now)
        try:
            response = self.get_response(request)
            if is_change(request) and not now.is_told and by_operator(request):
                note_request(request, response)
            return response
        finally:
            visit.reset(token)


def is_change(request: HttpRequest) -> bool:
    return request.method not in SAFE and settings.SESSION_COOKIE_NAME in request.COOKIES


def by_operator(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff


def note_request(request: HttpRequest, response: HttpResponse) -> None:
    chosen = request.POST.getlist("_selected_action")
    note(
        Kind.REQUEST,
        request.POST.get("action", "") or f"{request.method}",
        object_name=request.path,
        details={"status": response.status_code, "chosen": chosen},
    )
