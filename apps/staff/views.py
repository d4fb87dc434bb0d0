"""The pages of the second factor."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_static.models import StaticToken
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.audit.services import Kind, note
from apps.staff import two_factor
from apps.users.models import User

View = Callable[..., HttpResponse]


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}
        ),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


def operators_only(view: View) -> View:
    """For operators who have proven the first factor; others go to the sign-in page."""

    @wraps(view)
    def protected(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_authenticated and request.user.is_staff and request.user.is_active):
            return redirect(reverse("admin:login"))
        return view(request, **kwargs)

    return login_not_required(never_cache(require_http_methods(["GET", "POST"])(protected)))


def next_page(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if allowed else reverse("admin:index")


def page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)


@operators_only
def enter_code(request: HttpRequest) -> HttpResponse:
    """Asks for a code of the authenticator, or a backup code."""
    step = two_factor.step_for(request.user, request.session)
    if step == "setup":
        return redirect("two-factor-setup")
    if not step:
        return redirect(next_page(request))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            if two_factor.check(request, form.cleaned_data["code"]):
                return redirect(next_page(request))
            form.add_error("code", two_factor.WRONG)
        except two_factor.NotNow as problem:
            form.add_error("code", str(problem))
    return page(request, "staff/code.html", form=form, title="Second factor")


@operators_only
def set_up(request: HttpRequest) -> HttpResponse:
    """Shows a QR code, and takes the authenticator into use at its first code."""
    if two_factor.step_for(request.user, request.session) == "code":
        return redirect("two-factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = two_factor.confirm(request, form.cleaned_data["code"])
        except two_factor.NotNow as problem:
            form.add_error("code", str(problem))
        else:
            if codes:
                return shown_codes(request, codes)
            form.add_error("code", two_factor.WRONG)
    device = two_factor.new_authenticator(cast(User, request.user))
    return page(
        request,
        "staff/set_up.html",
        form=form,
        title="Set up two-factor sign-in",
        qr_code=mark_safe(two_factor.qr_code(device)),  # noqa: S308 (segno's own drawing)
        secret=secret_of(device.config_url),
    )


def secret_of(config_url: str) -> str:
    """What is typed where no camera is, in groups of four."""
    from urllib.parse import parse_qs, urlsplit

    secret = parse_qs(urlsplit(config_url).query)["secret"][0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def shown_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return page(
        request,
        "staff/backup_codes.html",
        title="Backup codes",
        codes=codes,
        onward=next_page(request),
    )


@operators_only
def own_two_factor(request: HttpRequest) -> HttpResponse:
    """How one's own second factor stands; makes new backup codes, or another authenticator."""
    if two_factor.step_for(request.user, request.session):
        return redirect("two-factor")
    has_one = bool(two_factor.authenticator_ids(cast(User, request.user).pk))
    if request.method == "POST" and has_one:
        codes = two_factor.new_backup_codes(request.user)
        note(Kind.TWO_FACTOR, "new backup codes")
        messages.success(request, "The old backup codes work no longer.")
        return shown_codes(request, codes)
    left = StaticToken.objects.filter(device__user=request.user).count()
    return page(
        request, "staff/own.html", title="Two-factor sign-in", has_one=has_one, codes_left=left
    )
