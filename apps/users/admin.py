"""Operators' view of what belongs to accounts; the accounts themselves: apps.staff.admin."""

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.moderation.services.operators import Kind, record
from apps.users import models, tokens
from apps.users.operators import has_say_over
from config.admin import ReadOnlyAdmin, asks


@admin.register(models.AuthToken)
class AuthTokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "platform", "device", "created_at", "last_used_at", "revoked_at")
    list_filter = ("platform", ("revoked_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("user__username", "=user__id")
    list_select_related = ("user", "device")
    actions = ("revoke",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("staff.reset_accounts")

    @admin.action(description="End these sign-ins", permissions=["end"])
    @asks("End these sign-ins?", button="End them")
    def revoke(self, request: HttpRequest, chosen: QuerySet[models.AuthToken], reason: str) -> None:
        by = cast(models.User, request.user)
        rows = [row for row in chosen if has_say_over(by, row.user)]
        if len(rows) < len(chosen):
            sentence = "Sign-ins of operators are left: ask who manages them."
            self.message_user(request, sentence, messages.ERROR)
        ended = [row for row in rows if tokens.revoke(user_id=row.user_id, token_id=row.pk)]
        for row in ended:
            record(
                operator_id=by.pk,
                kind=Kind.SIGN_OUT,
                user_id=row.user_id,
                reason=reason,
            )
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
