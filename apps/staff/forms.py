"""The sign-in form of the admin: failures are counted and noted."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from limits import parse
from limits.errors import StorageError
from unfold.forms import AuthenticationForm

from apps.audit.services import Kind, note
from apps.contract.throttle import client_ip, limiter

WRONG_FROM_ADDRESS = parse("30/10 minutes")
WRONG_FOR_NAME = parse("10/10 minutes")
TOO_OFTEN = "Too many wrong passwords. Please wait ten minutes, or use manage.py login_link."


class SignInForm(AuthenticationForm):
    def clean(self) -> Any:
        if not self.may_try():
            raise forms.ValidationError(TOO_OFTEN)
        try:
            return super().clean()
        except forms.ValidationError:
            self.count_failure()
            raise

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """The password was right; the account may still be no operator's."""
        try:
            super().confirm_login_allowed(user)
        except forms.ValidationError:
            name = user.get_username()
            note(Kind.SIGN_IN_FAILED, "sign in without the right to", operator_name=name)
            raise

    def budgets(self) -> list[tuple[Any, str, str]]:
        name = str(self.cleaned_data.get("username", "")).lower()
        return [
            (WRONG_FROM_ADDRESS, "wrong password from", client_ip(self.request)),
            (WRONG_FOR_NAME, "wrong password for", name),
        ]

    def may_try(self) -> bool:
        if not settings.THROTTLE_ENABLED:
            return True
        try:
            return all(limiter().test(item, *keys) for item, *keys in self.budgets())
        except StorageError:
            return True  # Valkey is away: operators must get in to see why

    def count_failure(self) -> None:
        if not settings.THROTTLE_ENABLED:
            return
        try:
            for item, *keys in self.budgets():
                limiter().hit(item, *keys)
        except StorageError:
            return
