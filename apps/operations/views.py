"""The doctor as an operators' page. It looks when it is asked to, not when the page is opened."""

import logging
from typing import Any

import redis
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
logger = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
def doctor(request: HttpRequest) -> HttpResponse:
    """POST looks, shows what was found and keeps it for a day; GET shows the last that was found.
    Valkey, where it is kept, may be what is wrong."""
    if not admin.site.has_permission(request):
        return redirect(f"{admin.site.name}:login")
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied("The doctor shows the whole installation, to admins only.")
    if request.method == "POST":
        reports = [report.as_dict() for report in examine(Wishes())]
        found: dict[str, Any] = {"at": timezone.now(), "reports": reports}
        keep(found)
    else:
        found = last_found()
    context = admin.site.each_context(request) | {"title": "Doctor", **found}
    return TemplateResponse(request, "admin/operations/doctor.html", context)


def keep(found: dict[str, Any]) -> None:
    try:
        cache.set(LAST, found, KEPT_S)
    except redis.RedisError as error:
        logger.warning("What the doctor found is not kept: %s", error)


def last_found() -> dict[str, Any]:
    try:
        return cache.get(LAST) or {}
    except redis.RedisError:
        return {}
