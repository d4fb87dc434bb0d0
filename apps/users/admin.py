"""Operators' view of accounts."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.moderation.services import operators
from apps.moderation.services.operators import Kind
from apps.users import models, tokens
from apps.users.services import deletion, export
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


def log_edit(request: HttpRequest, user: models.User, changed: list[str]) -> None:
    """A ban by hand stands in the operators' log as one from a report does."""
    kind = Kind.EDIT_ACCOUNT
    if "status" in changed and user.status != models.User.Status.DELETED:
        banned = user.status == models.User.Status.BANNED
        kind = Kind.BAN if banned else Kind.UNBAN
    operators.record(
        operator_id=int(request.user.pk or 0),
        kind=kind,
        user_id=user.pk,
        reason=user.ban_reason,
        changed=", ".join(changed),
    )


def log_all(request: HttpRequest, kind: Kind, user_ids: list[int]) -> None:
    """The same action on each of these people."""
    for user_id in user_ids:
        operators.record(operator_id=int(request.user.pk or 0), kind=kind, user_id=user_id)


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
    actions = ("restore_accounts", "sign_out", "download_data")
    readonly_fields = (
        *("created_at", "last_seen_at", "last_login", "deleted_at", "purged_at"),
        *("referral_code", "referred_by", "email_verified_at"),
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
        (
            "State",
            {"fields": ("status", "ban_reason", "banned_until", "deleted_at", "purged_at")},
        ),
        ("Referral", {"fields": ("referral_code", "referred_by")}),
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
        if change and form.changed_data:
            log_edit(request, obj, form.changed_data)

    @admin.action(description="Restore deleted accounts (within the grace period)")
    def restore_accounts(self, request: HttpRequest, users: QuerySet[models.User]) -> None:
        restored = [user for user in users if deletion.restore_account(user_id=user.pk)]
        log_all(request, Kind.RESTORE_ACCOUNT, [user.pk for user in restored])
        self.message_user(request, f"{len(restored)} of {len(users)} accounts were restored.")

    @admin.action(description="Sign out everywhere")
    def sign_out(self, request: HttpRequest, users: QuerySet[models.User]) -> None:
        for user in users:
            tokens.revoke_all(user_id=user.pk)
        log_all(request, Kind.SIGN_OUT, [user.pk for user in users])
        self.message_user(request, f"{len(users)} people were signed out on all phones.")

    @admin.action(description="Download the data of one person (JSON)")
    def download_data(
        self, request: HttpRequest, users: QuerySet[models.User]
    ) -> HttpResponse | None:
        if len(users) != 1:
            self.message_user(request, "Choose one person.", level=messages.ERROR)
            return None
        log_all(request, Kind.EXPORT_DATA, [users[0].pk])
        content = json.dumps(export.data_of(user_id=users[0].pk), indent=2, ensure_ascii=False)
        response = HttpResponse(content, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="user-{users[0].pk}.json"'
        return response


@admin.register(models.AuthToken)
class AuthTokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "platform", "device", "created_at", "last_used_at", "revoked_at")
    list_filter = ("platform", ("revoked_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("user__username", "=user__id")
    list_select_related = ("user", "device")
    actions = ("revoke",)

    @admin.action(description="End these sign-ins")
    def revoke(self, request: HttpRequest, chosen: QuerySet[models.AuthToken]) -> None:
        ended = [row for row in chosen if tokens.revoke(user_id=row.user_id, token_id=row.pk)]
        log_all(request, Kind.SIGN_OUT, [row.user_id for row in ended])
        self.message_user(request, f"{len(ended)} sign-ins were ended.")


@admin.register(models.OneTimeCode)
class OneTimeCodeAdmin(ReadOnlyAdmin):
    list_display = ("address", "purpose", "user", "sent_at", "expires_at", "tries", "problem")
    list_filter = ("purpose", ("problem", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("address", "user__username")
    list_select_related = ("user",)
    exclude = ("digest",)


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


@admin.register(models.FollowRequest)
class FollowRequestAdmin(ReadOnlyAdmin):
    list_display = ("id", "sender", "receiver", "created_at")
    search_fields = ("sender__username", "receiver__username")
    list_select_related = ("sender", "receiver")


@admin.register(models.ProfileShare)
class ProfileShareAdmin(ReadOnlyAdmin):
    list_display = ("id", "sharer", "profile", "platform", "created_at")
    list_filter = ("platform", "created_at")
    search_fields = ("sharer__username", "profile__username")
    list_select_related = ("sharer", "profile")


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
