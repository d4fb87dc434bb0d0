"""Operators' view of accounts."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.users import models
from config.admin import ReadOnlyAdmin


class ExternalIdentityInline(TabularInline):
    model = models.ExternalIdentity
    fields = readonly_fields = ("provider", "subject", "proven", "created_at")
    extra = 0
    can_delete = False


class PrivacyInline(TabularInline):
    model = models.PrivacySetting
    can_delete = False


class PushInline(TabularInline):
    model = models.PushNotificationSetting
    can_delete = False


@admin.register(models.User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("id", "username", "email", "phone", "status", "verified", "created_at")
    list_display_links = ("id", "username")
    list_filter = ("status", "verified", "is_private", "is_staff", "social", "created_at")
    search_fields = ("=id", "username", "email", "phone", "first_name", "last_name")
    ordering = ("-id",)
    show_full_result_count = False
    readonly_fields = (
        *("created_at", "last_seen_at", "last_login"),
        *("followers_count", "following_count", "likes_count", "video_count"),
    )
    inlines = (PrivacyInline, PushInline, ExternalIdentityInline)
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "email_verified_at", "phone")}),
        (
            "Profile",
            {
                "fields": (
                    *("first_name", "last_name", "bio", "website", "gender", "dob"),
                    *("profile_pic", "city", "country", "verified", "is_private"),
                )
            },
        ),
        ("State", {"fields": ("status", "ban_reason", "banned_until")}),
        (
            "Numbers",
            {
                "fields": (
                    *("followers_count", "following_count", "likes_count", "video_count"),
                    *("created_at", "last_seen_at"),
                )
            },
        ),
        ("Operator", {"fields": ("is_staff", "is_superuser", "groups")}),
    )

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: models.User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        models.PushNotificationSetting.objects.get_or_create(user=obj)
        models.PrivacySetting.objects.get_or_create(user=obj)


@admin.register(models.AuthToken)
class AuthTokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "platform", "created_at", "last_used_at", "revoked_at")
    list_filter = ("platform", "revoked_at")
    search_fields = ("user__username", "=user__id")
    list_select_related = ("user",)


@admin.register(models.Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ("id", "key", "user", "platform", "last_seen_at")
    search_fields = ("key", "user__username")
    exclude = ("push_token",)
    list_select_related = ("user",)


@admin.register(models.Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ("id", "follower", "followed", "bell", "created_at")
    search_fields = ("follower__username", "followed__username")
    list_select_related = ("follower", "followed")


@admin.register(models.Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ("id", "blocker", "blocked", "created_at")
    search_fields = ("blocker__username", "blocked__username")
    list_select_related = ("blocker", "blocked")


@admin.register(models.ProfileVisit)
class ProfileVisitAdmin(ReadOnlyAdmin):
    list_display = ("visited", "visitor", "visited_at", "seen")
    search_fields = ("visited__username", "visitor__username")
    list_select_related = ("visited", "visitor")


@admin.register(models.LoginLink)
class LoginLinkAdmin(ReadOnlyAdmin):
    list_display = ("user", "expires_at", "used_at")
    list_select_related = ("user",)


@admin.register(models.ExternalIdentity)
class ExternalIdentityAdmin(ReadOnlyAdmin):
    list_display = ("provider", "subject", "user", "proven", "created_at")
    list_filter = ("provider", "proven")
    search_fields = ("subject", "user__username")
    list_select_related = ("user",)
