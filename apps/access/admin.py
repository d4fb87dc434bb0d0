"""Operators make and revoke API keys here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.access import services
from apps.access.models import ApiKey
from config.admin import ModelAdmin, asks, noted


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("name", "hint", "scope", "created_at", "last_used_at", "revoked_at")
    list_filter = ("scope", "revoked_at")
    search_fields = ("name", "hint")
    readonly_fields = ("hint", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("name", "scope", *(self.readonly_fields if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a revoked key stays as a record

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name", "scope"])
            return
        key, secret = services.create_key(name=obj.name, scope=obj.scope)
        obj.pk = key.pk
        messages.warning(request, f"The key is {secret} - copy it now, it is not shown again.")

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    @asks("Revoke these keys? Requests with them are refused from then on.", button="Revoke")
    @noted("revoke API key")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey], reason: str) -> None:
        for key in queryset:
            services.revoke_key(key_id=key.pk)
        messages.success(request, "The keys are revoked: requests with them are refused from now.")
