"""The doctor as an operators' page. It looks when it is asked to, not when the page is opened."""

from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.operations.doctor import Wishes, examine

RIGHT = "staff.manage_staff"  # the role Admin has it
LAST = "operations.doctor"
KEPT_S = 24 * 3600


@require_http_methods(["GET", "POST"])
def doctor(request: HttpRequest) -> HttpResponse:
    """POST looks and keeps what was found for a day; GET shows the last that was found."""
    if not admin.site.has_permission(request):
        return redirect(f"{admin.site.name}:login")
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied("The doctor shows the whole installation, to admins only.")
    if request.method == "POST":
        reports = [report.as_dict() for report in examine(Wishes())]
        cache.set(LAST, {"at": timezone.now(), "reports": reports}, KEPT_S)
        return redirect("doctor")
    found: dict[str, Any] = cache.get(LAST) or {}
    context = admin.site.each_context(request) | {"title": "Doctor", **found}
    return TemplateResponse(request, "admin/operations/doctor.html", context)
