"""The page of a person: everything about them, and what an operator does about it."""

import json
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from apps.moderation.services import operators
from apps.moderation.services.operators import Kind, NotPossible
from apps.staff import person, services
from apps.users import models
from apps.users.operators import has_say_over
from apps.videos.admin.files import stored_url
from config.admin import ModelAdmin, ReasonForm, asks
from config.csv_export import CsvExport

People = QuerySet[models.User]


class ExternalIdentityInline(TabularInline):
    model = models.ExternalIdentity
    fields = readonly_fields = ("provider", "subject", "proven", "created_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PrivacyInline(TabularInline):
    model = models.PrivacySetting
    can_delete = False


class PushInline(TabularInline):
    model = models.PushNotificationSetting
    can_delete = False


class BanForm(ReasonForm):
    until = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="UTC; empty bans for good.",
    )


class WarningForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "The person reads this in the app."


class ProfileForm(ReasonForm):
    picture = forms.BooleanField(required=False, label="Profile picture")
    texts = forms.BooleanField(required=False, label="Name, bio and website")
    username = forms.BooleanField(
        required=False, label="Username", help_text="They get another one: user_1234."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(cleaned.get(part) for part in ("picture", "texts", "username")):
            raise forms.ValidationError("Choose what to reset.")
        return cleaned


def may(permission: str) -> Callable[..., bool]:
    """A has_..._permission of an action."""

    def has_permission(self: ModelAdmin, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(f"staff.{permission}")

    return has_permission


def operator_of(request: HttpRequest) -> models.User:
    """The admin lets no guest in."""
    return cast(models.User, request.user)


@admin.register(models.User)
class UserAdmin(CsvExport, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    form = UserChangeForm
    add_form = UserCreationForm
    change_form_outer_before_template = "staff/person.html"
    list_display = ("id", "username", "email", "phone", "status", "verified", "created_at")
    list_display_links = ("id", "username")
    list_filter = ("status", "verified", "is_private", "is_staff", "social", "created_at")
    search_fields = ("=id", "username", "email", "phone", "first_name", "last_name")
    ordering = ("-id",)
    filter_horizontal = ()
    actions = (
        *("ban", "unban", "warn", "reset_profile", "reset_password", "sign_out"),
        *("restore_accounts", "download_data"),
    )
    actions_detail = [
        *("warn", "ban", "unban"),
        {
            "title": "Reset",
            "icon": "restart_alt",
            "items": ["reset_profile", "reset_password", "sign_out", "reset_second_factor"],
        },
        {
            "title": "More",
            "icon": "more_horiz",
            "items": ["restore_accounts", "download_data"],
        },
    ]
    csv_columns = (
        *("id", "username", "email", "phone", "status", "ban_reason", "verified", "social"),
        *("country", "followers_count", "video_count", "likes_count", "created_at"),
        "last_seen_at",
    )
    STATE = ("status", "ban_reason", "banned_until", "deleted_at", "purged_at")
    readonly_fields = (
        *STATE,
        *("created_at", "last_seen_at", "last_login"),
        *("referral_code", "referred_by", "email_verified_at"),
        *("followers_count", "following_count", "likes_count", "video_count"),
    )
    inlines = (PrivacyInline, PushInline, ExternalIdentityInline)
    fieldsets = (
        (None, {"fields": ("username", "email", "email_verified_at", "phone")}),
        (
            "Profile",
            {
                "fields": (
                    *("first_name", "last_name", "bio", "website", "gender", "dob"),
                    *("profile_pic", "city", "country", "verified", "is_private"),
                )
            },
        ),
        ("State", {"fields": STATE}),
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

    has_warn_permission = may("warn_people")
    has_ban_permission = may("ban_people")
    has_reset_profile_permission = may("reset_profiles")
    has_reset_permission = may("reset_accounts")
    has_download_permission = may("export_people")
    has_staff_permission = may("manage_staff")

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple:
        """Nobody makes themselves more than they are."""
        locked: tuple[str, ...] = ()
        if not request.user.has_perm("staff.manage_staff"):
            locked = ("is_staff", "groups")
        if not operator_of(request).is_superuser:
            locked = (*locked, "is_superuser")
        return (*self.readonly_fields, *locked)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or has_say_over(operator_of(request), obj))

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Nobody chooses another's password: it is reset, and its owner takes a new one."""
        raise PermissionDenied

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are deleted by their owners, and keep their row for the books."""
        return False

    def save_model(self, request: HttpRequest, obj: models.User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        models.PushNotificationSetting.objects.get_or_create(user=obj)
        models.PrivacySetting.objects.get_or_create(user=obj)
        if change and form.changed_data:
            operators.record(
                operator_id=operator_of(request).pk,
                kind=Kind.EDIT_ACCOUNT,
                user_id=obj.pk,
                changed=", ".join(form.changed_data),
            )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        about: dict[str, Any] = {}
        user = self.get_object(request, unquote(object_id)) if object_id else None
        if user is not None and request.method == "GET" and self.has_view_permission(request):
            about = {
                "person": user,
                "face": stored_url(user.profile_pic_small),
                "sections": person.sections(request, user),
            }
        return super().changeform_view(request, object_id, form_url, (extra_context or {}) | about)

    def each(
        self, request: HttpRequest, people: People, done: str, act: Callable[[models.User], Any]
    ) -> None:
        """Do it to each, and say to whom it could not be done."""
        count = 0
        for user in people:
            try:
                act(user)
                count += 1
            except NotPossible as problem:
                self.message_user(request, f"{user}: {problem}", messages.ERROR)
        if count:
            self.message_user(request, f"{done}: {count}.", messages.SUCCESS)

    @action(description="Warn", permissions=["warn"], url_path="warn", icon="campaign")
    @asks("Warn these people?", WarningForm, button="Warn")
    def warn(self, request: HttpRequest, people: People, reason: str) -> None:
        by = operator_of(request).pk
        self.each(
            request,
            people,
            "Warned",
            lambda user: operators.warn_user(operator_id=by, user_id=user.pk, reason=reason),
        )

    @action(
        description="Ban",
        permissions=["ban"],
        url_path="ban",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    @asks("Ban these people?", BanForm, button="Ban")
    def ban(self, request: HttpRequest, people: People, reason: str, until: Any) -> None:
        by = operator_of(request).pk
        self.each(
            request,
            people,
            "Banned",
            lambda user: operators.ban_user(
                operator_id=by, user_id=user.pk, reason=reason, until=until
            ),
        )

    @action(description="Unban", permissions=["ban"], url_path="unban", icon="lock_open")
    @asks("Let these people in again?", button="Unban")
    def unban(self, request: HttpRequest, people: People, reason: str) -> None:
        by = operator_of(request).pk
        self.each(
            request,
            people,
            "Let in again",
            lambda user: operators.unban_user(operator_id=by, user_id=user.pk, reason=reason),
        )

    @action(description="Reset profile", permissions=["reset_profile"], url_path="reset-profile")
    @asks("Reset these profiles?", ProfileForm, button="Reset")
    def reset_profile(
        self, request: HttpRequest, people: People, reason: str, **parts: bool
    ) -> None:
        chosen = {name for name, is_chosen in parts.items() if is_chosen}
        self.each(
            request,
            people,
            "Profiles reset",
            lambda user: services.reset_profile(
                operator=operator_of(request), user_id=user.pk, parts=chosen, reason=reason
            ),
        )

    @action(description="Reset password", permissions=["reset"], url_path="reset-password")
    @asks(
        "End all sign-ins and make the passwords useless? "
        'New ones are chosen with "Forgot password".',
        button="Reset",
    )
    def reset_password(self, request: HttpRequest, people: People, reason: str) -> None:
        self.each(
            request,
            people,
            "Passwords reset",
            lambda user: services.reset_password(
                operator=operator_of(request), user_id=user.pk, reason=reason
            ),
        )

    @action(description="Sign out everywhere", permissions=["reset"], url_path="sign-out")
    @asks("Sign these people out everywhere?", button="Sign out")
    def sign_out(self, request: HttpRequest, people: People, reason: str) -> None:
        self.each(
            request,
            people,
            "Signed out on all devices",
            lambda user: services.sign_out(
                operator=operator_of(request), user_id=user.pk, reason=reason
            ),
        )

    @action(
        description="Reset second factor", permissions=["staff"], url_path="reset-second-factor"
    )
    @asks("Forget the authenticator and the backup codes of this operator?", button="Reset")
    def reset_second_factor(self, request: HttpRequest, people: People, reason: str) -> None:
        self.each(
            request,
            people,
            "Second factors reset",
            lambda user: services.reset_two_factor(
                operator=operator_of(request), user_id=user.pk, reason=reason
            ),
        )

    @action(
        description="Restore deleted account (within the grace period)",
        permissions=["reset"],
        url_path="restore",
    )
    @asks("Restore these deleted accounts?", button="Restore")
    def restore_accounts(self, request: HttpRequest, people: People, reason: str) -> None:
        self.each(
            request,
            people,
            "Restored",
            lambda user: services.restore_account(
                operator=operator_of(request), user_id=user.pk, reason=reason
            ),
        )

    @action(
        description="Download the data of one person (JSON)",
        permissions=["download"],
        url_path="download",
    )
    @asks("Download all that is kept about this person?", button="Download")
    def download_data(
        self, request: HttpRequest, people: People, reason: str
    ) -> HttpResponse | None:
        if len(people) != 1:
            self.message_user(request, "Choose one person.", level=messages.ERROR)
            return None
        try:
            data = services.data_of(operator=operator_of(request), user=people[0], reason=reason)
        except NotPossible as problem:
            self.message_user(request, str(problem), level=messages.ERROR)
            return None
        content = json.dumps(data, indent=2, ensure_ascii=False)
        response = HttpResponse(content, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="user-{people[0].pk}.json"'
        return response
