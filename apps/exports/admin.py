"""Exports are looked at here; they are asked for on the session's page or over the API."""

from django.contrib import admin

from apps.exports.models import Export
from config.admin import KeptAdmin


@admin.register(Export)
class ExportAdmin(KeptAdmin):
    list_display = (
        *("session", "format", "status", "rows", "total", "size", "requested_by", "created_at"),
        "expires_at",
    )
    list_filter = ("status", "format", "created_at")
    list_select_related = ("session", "requested_by")
    search_fields = ("=id", "=session__id", "session__streamer__username")
    ordering = ("-created_at",)
