"""Overlays are made on the dashboard, where their address is shown once; revoked here too."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.overlays import services
from apps.overlays.models import Overlay
from config.admin import KeptAdmin, asks, noted


@admin.register(Overlay)
class OverlayAdmin(KeptAdmin):
    list_display = (
        *("name", "kind", "streamer", "session", "hint", "created_at", "last_used_at"),
        "revoked_at",
    )
    list_filter = ("kind", "revoked_at")
    list_select_related = ("streamer", "session")
    search_fields = ("name", "hint", "streamer__username")
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("overlays.change_overlay")

    @admin.action(description="Revoke the selected overlays", permissions=["revoke"])
    @asks("Revoke these overlays? Their addresses show nothing from then on.", button="Revoke")
    @noted("revoke overlay")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Overlay], reason: str) -> None:
        for overlay in queryset:
            services.revoke_overlay(overlay_id=overlay.pk)
        messages.success(request, "The overlays are revoked: they show nothing from now on.")
