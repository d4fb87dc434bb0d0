"""Where overlays for OBS are made, tried and revoked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.capture import services as capture
from apps.capture.models import Session, Source, Streamer
from apps.contract.urls import public_url
from apps.dashboard.pages import operators_page, parse_uuid
from apps.overlays import services
from apps.overlays.models import Overlay
from apps.overlays.views import overlay_page
from config.admin import note_rows

SEE = "overlays.view_overlay"
LISTED = 100
NEW_URL = "new_overlay_url"


class OverlayForm(forms.Form):
    kind = forms.ChoiceField(choices=Overlay.Kind.choices)
    username = forms.CharField(max_length=200, label="Streamer")
    session = forms.UUIDField(required=False)
    name = forms.CharField(max_length=100, required=False)
    title = forms.CharField(max_length=60, required=False)
    metric = forms.ChoiceField(choices=Overlay.Metric.choices, required=False)
    target = forms.IntegerField(min_value=1, max_value=1_000_000_000, required=False)
    min_diamonds = forms.IntegerField(min_value=0, max_value=1_000_000_000, required=False)

    def clean_username(self) -> str:
        try:
            return capture.clean_username(self.cleaned_data["username"])
        except capture.InvalidUsername as error:
            raise forms.ValidationError(str(error)) from error

    def clean_session(self) -> Session | None:
        """The live that it is bound to, if it is to show no other."""
        session_id = self.cleaned_data["session"]
        found = Session.objects.filter(pk=session_id).first() if session_id else None
        if session_id and found is None:
            raise forms.ValidationError("There is no such live.")
        return found

    def options(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "title": values["title"],
            "metric": values["metric"] or Overlay.Metric.DIAMONDS,
            "target": values["target"] or 1000,
            "min_diamonds": values["min_diamonds"] or 0,
        }


@require_http_methods(["GET", "HEAD", "POST"])
@operators_page(SEE, to_post="overlays.add_overlay")
def overlays(request: HttpRequest) -> HttpResponse:
    """The list, the form, and after it the new address: shown this once."""
    offered = parse_uuid(request.GET.get("session", ""))
    live = (
        Session.objects.select_related("streamer").filter(pk=offered).first() if offered else None
    )
    name = live.streamer.username if live else request.GET.get("streamer", "")
    form = OverlayForm(request.POST or None, initial={"username": name})
    if request.method == "POST" and form.is_valid():
        request.session[NEW_URL] = create(request, form)
        return redirect("dashboard:overlays")
    context = {
        "form": form,
        "live": live,
        "new_url": request.session.pop(NEW_URL, ""),
        "overlays": Overlay.objects.select_related("streamer", "session__streamer")[:LISTED],
        "streamers": Streamer.objects.order_by("-last_live_at")[:LISTED],
        "kinds": KINDS,
        "metrics": Overlay.Metric.values,
    }
    return render(request, "dashboard/overlays.html", context)


KINDS = [
    ("chat", "Chat", "The latest messages, rising from below."),
    ("alerts", "Alerts", "Gifts, follows and shares, one after the other."),
    ("goal", "Goal", "A bar that fills towards your target."),
    ("gifters", "Top gifters", "Who gave the most in this live."),
]


def create(request: HttpRequest, form: OverlayForm) -> str:
    """Make the overlay; its address."""
    session = form.cleaned_data["session"]
    streamer = None
    if session is None:
        streamer, _ = Streamer.objects.get_or_create(
            source=Source.TIKTOK, username=form.cleaned_data["username"]
        )
    _, token = services.create_overlay(
        kind=form.cleaned_data["kind"], streamer=streamer, session=session, **form.options()
    )
    return public_url(request) + reverse("overlays:page", args=[token])


@require_POST
@operators_page("overlays.change_overlay")
def revoke(request: HttpRequest, overlay_id: int) -> HttpResponse:
    note_rows("revoke overlay", Overlay.objects.filter(pk=overlay_id))
    services.revoke_overlay(overlay_id=overlay_id)
    messages.info(request, "The overlay is revoked: its address shows nothing from now on.")
    return redirect("dashboard:overlays")


@require_safe
@xframe_options_sameorigin
@operators_page(SEE)
def preview(request: HttpRequest, kind: str) -> HttpResponse:
    """How an overlay looks, with made-up events."""
    return overlay_page(request, kind, preview=True)
