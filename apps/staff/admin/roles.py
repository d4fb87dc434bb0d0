"""Roles, and what must not be seen: the secrets of second factors."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.admin import ModelAdmin

for model in (Group, TOTPDevice, StaticDevice):
    admin.site.unregister(model)


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Moderator, Finance, Support and Admin are given their rights by each `migrate`."""

    list_display = ("name", "operators", "rights")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows = super().get_queryset(request)
        return rows.annotate(
            operators=Count("user", distinct=True), rights=Count("permissions", distinct=True)
        )

    @admin.display(description="operators", ordering="operators")
    def operators(self, group: Group) -> int:
        return group.operators  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="rights", ordering="rights")
    def rights(self, group: Group) -> int:
        return group.rights  # type: ignore[attr-defined]  # annotated above
