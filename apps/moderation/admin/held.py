"""Videos that wait for an operator, and the rules by which they do."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from apps.moderation.admin.queues import STATE_COLOURS, QueueAdmin, admin_link, operator_of
from apps.moderation.models import HeldVideo, Rules
from apps.moderation.services import operators
from apps.videos.admin.files import picture, player
from config.admin import SingleRowAdmin, asks


class HeldDecision(forms.ModelForm):
    """Whether others may see a video."""

    decision = forms.ChoiceField(
        choices=[
            ("approve", "Approve: everyone it is for can see it"),
            ("reject", "Reject: only its owner sees it"),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )
    why = forms.CharField(
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The owner of a rejected video is told this sentence.",
    )

    class Meta:
        model = HeldVideo
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "reject" and not cleaned.get("why"):
            self.add_error("why", "Please say why: the owner is told.")
        return cleaned


@admin.register(HeldVideo)
class HeldVideoAdmin(QueueAdmin):
    form = HeldDecision
    list_display = (
        "still",
        "video_link",
        "account",
        "reason",
        "detail",
        "show_state",
        "created_at",
    )
    list_display_links = ("still",)
    list_filter = ("state", "reason", "created_at")
    search_fields = ("=video__id", "video__user__username", "video__description", "detail")
    list_select_related = ("video__user",)
    ordering = ("-created_at",)
    actions = ["approve_selected", "reject_selected"]
    readonly_fields = (
        *("show_player", "video_link", "account", "description", "reason", "detail"),
        *("show_state", "created_at", "answer", "decided_by", "decided_at"),
    )
    fieldsets = (
        ("Decision", {"fields": ("decision", "why")}),
        ("Video", {"fields": readonly_fields}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldVideo]:
        return super().get_queryset(request).select_related("video__user")

    @display(description="")
    def still(self, held: HeldVideo) -> str:
        return picture(held.video.thumbnail) or "-"

    @display(description="video")
    def video_link(self, held: HeldVideo) -> str | SafeString:
        return admin_link("videos_video", held.pk, held.video)

    @display(description="account")
    def account(self, held: HeldVideo) -> str | SafeString:
        return admin_link("users_user", held.video.user_id, held.video.user)

    @display(description="description")
    def description(self, held: HeldVideo) -> str:
        return held.video.description

    @display(description="state", label=STATE_COLOURS | {"waiting": "warning"})
    def show_state(self, held: HeldVideo) -> str:
        return held.state

    @display(description="")
    def show_player(self, held: HeldVideo) -> str:
        return player(held.video)

    def decide(self, request: HttpRequest, obj: HeldVideo, decision: dict[str, Any]) -> None:
        operators.set_video_hidden(
            operator_id=operator_of(request),
            video_id=obj.pk,
            hidden=decision["decision"] == "reject",
            reason=decision["why"],
        )

    @action(description="Reject the selected videos", permissions=["change"])
    @asks("Hide these videos from everyone but their owners, who are told why?", button="Reject")
    def reject_selected(
        self, request: HttpRequest, queryset: QuerySet[HeldVideo], reason: str
    ) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        for video_id in ids:
            operators.set_video_hidden(
                operator_id=operator_of(request), video_id=video_id, hidden=True, reason=reason
            )
        self.message_user(request, f"{len(ids)} videos were rejected.")

    @action(description="Approve the selected videos", permissions=["change"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[HeldVideo]) -> None:
        waiting = queryset.filter(state=HeldVideo.State.WAITING)
        ids = list(waiting.values_list("pk", flat=True))
        for video_id in ids:
            operators.set_video_hidden(
                operator_id=operator_of(request), video_id=video_id, hidden=False, reason=""
            )
        self.message_user(request, f"{len(ids)} videos were approved.")


@admin.register(Rules)
class RulesAdmin(SingleRowAdmin):
    """The one row of rules."""

    fieldsets = (
        ("New accounts", {"fields": ("hold_new_accounts", "new_account_days")}),
        ("Words", {"fields": ("hold_words", "words")}),
        (
            "Reports",
            {
                "fields": (
                    *("hold_reported_videos", "video_reports"),
                    *("hide_reported_comments", "comment_reports"),
                )
            },
        ),
        ("Classifier", {"fields": ("hold_by_classifier", "hold_if_classifier_fails")}),
    )
