"""The feed's weights, and why somebody is shown what they are shown."""

from secrets import randbits
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.users.models import Device, User
from apps.videos.feed import why
from apps.videos.feed.ranking import PARTS
from apps.videos.models import FeedWeights
from apps.videos.viewers import Viewer
from config.admin import SingleRowAdmin

PARTS_OF_INTEREST = 0.005  # smaller ones are left out of the table


class WhoForm(forms.Form):
    """Whose feed is looked into. Nobody: a guest whose phone isn't known."""

    person = forms.CharField(
        required=False, help_text="user name or id", widget=UnfoldAdminTextInputWidget
    )
    device = forms.CharField(
        required=False, help_text="id or key of a phone", widget=UnfoldAdminTextInputWidget
    )
    video = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="a video to look for",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def clean_person(self) -> int:
        return self.looked_up("person", User.objects.all(), "username__lower")

    def clean_device(self) -> int:
        return self.looked_up("device", Device.objects.all(), "key")

    def looked_up(self, field: str, rows: Any, name: str) -> int:
        """The id of the row with this name or id; 0 for an empty field."""
        said = self.cleaned_data[field].strip().lstrip("@")
        if not said:
            return 0
        said_name = said.lower() if name.endswith("__lower") else said
        found = rows.filter(**{name: said_name}).values_list("pk", flat=True).first()
        if found is None and said.isdecimal() and int(said) < 2**63:
            found = rows.filter(pk=int(said)).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError("There is none with this name or id.")
        return found


@admin.register(FeedWeights)
class FeedWeightsAdmin(SingleRowAdmin):
    """One row, which opening the page makes."""

    readonly_fields = ("look",)
    fieldsets = (
        (None, {"fields": ("look",)}),
        ("What a video's score is made of", {"fields": (*PARTS, "half_life_h")}),
        (
            "New videos and exploration",
            {"fields": ("fresh_slots", "exploration_slots", "fresh_audience", "fresh_days")},
        ),
    )

    @admin.display(description="")
    def look(self, weights: FeedWeights) -> SafeString:
        return format_html(
            '<a href="{}" style="text-decoration: underline">Why this video? '
            "Look into somebody's next page</a>",
            reverse("admin:videos_feed_why"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.why_view)
        return [path("why/", view, name="videos_feed_why"), *super().get_urls()]

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """The next page of a person or a phone: candidates, scores, and what was left out."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        form = WhoForm(request.GET or None)
        tables = []
        if form.is_valid():
            viewer = Viewer(form.cleaned_data["person"], form.cleaned_data["device"])
            tables = tables_of(
                why.explain(
                    viewer=viewer, seed=randbits(32), video_id=form.cleaned_data["video"] or 0
                )
            )
        context = self.admin_site.each_context(request) | {
            "title": "Why this video?",
            "form": form,
            "tables": tables,
            "asked": form.is_bound and form.is_valid(),
        }
        return TemplateResponse(request, "admin/videos/why.html", context)


def tables_of(candidates: list[why.Candidate]) -> list[dict[str, Any]]:
    placed = [one for one in candidates if one.place is not None]
    page, others = placed[: why.PAGE_SIZE], placed[why.PAGE_SIZE :]
    out = [one for one in candidates if one.place is None]
    scores = ("Video", "By", "From", "Score", "Made of")
    return [
        {"title": "The next page", "headers": scores, "rows": [scored_row(one) for one in page]},
        {
            "title": "Candidates that did not get on it",
            "headers": scores,
            "rows": [scored_row(one) for one in others],
        },
        {
            "title": "Left out before scoring",
            "headers": ("Video", "By", "From", "Because"),
            "rows": [
                [video_link(one), one.author, ", ".join(one.sources), " ".join(one.reasons)]
                for one in out
            ],
        },
    ]


def scored_row(one: why.Candidate) -> list[Any]:
    parts = sorted(one.parts.items(), key=lambda part: -abs(part[1]))
    made_of = ", ".join(
        f"{name.replace('_', ' ')} {value:+.2f}"
        for name, value in parts
        if abs(value) >= PARTS_OF_INTEREST
    )
    return [video_link(one), one.author, ", ".join(one.sources), f"{one.score:.2f}", made_of]


def video_link(one: why.Candidate) -> SafeString:
    address = reverse("admin:videos_video_change", args=[one.video_id])
    return format_html('<a href="{}">{} {}</a>', address, one.video_id, one.description[:40])
