"""Reports and verification requests, and the log of what was done."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.storage import default_storage
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.moderation.models import OperatorAction, Report, ReportReason, VerificationRequest
from apps.moderation.services import operators
from config.admin import KeptAdmin, ModelAdmin
from config.csv_export import CsvExport

HIDEABLE = (Report.Kind.VIDEO, Report.Kind.COMMENT)
HIDEABLE_DECISIONS = ("hide", "show")
PICTURES = ("thumbnail", "profile_pic")
LINK_STYLE = "text-decoration: underline"
HEADING = '<h3 style="font-weight: 600; margin: 12px 0 4px">{}</h3>{}'
STATE_COLOURS = {
    "open": "warning",
    "pending": "warning",
    "acted": "success",
    "approved": "success",
    "dismissed": "info",
    "rejected": "danger",
}


def admin_link(model: str, pk: int | None, label: object) -> str | SafeString:
    """A link to a row's page, or the bare label where there is none."""
    try:
        address = reverse(f"admin:{model}_change", args=[pk]) if pk else ""
    except NoReverseMatch:
        address = ""
    if not address:
        return str(label)
    return format_html('<a href="{}" style="{}">{}</a>', address, LINK_STYLE, label)


def operator_of(request: HttpRequest) -> int:
    """The admin lets no guest in."""
    return int(request.user.pk or 0)


class QueueAdmin(ModelAdmin):
    """Rows that people's apps make and operators decide: everything is read-only but the
    fields of the form, whose outcome goes to a service."""

    decision_fields: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def decide(self, request: HttpRequest, obj: Any, decision: dict[str, Any]) -> None:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            self.decide(request, obj, form.cleaned_data)
        except operators.NotPossible as problem:
            request.not_possible = str(problem)  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        problem = getattr(request, "not_possible", "")
        if not problem:
            return super().response_change(request, obj)
        self.message_user(request, problem, messages.ERROR)
        return redirect(request.get_full_path())


class ReportDecision(forms.ModelForm):
    """What becomes of a report."""

    CHOICES = [
        ("dismiss", "Dismiss: nothing is wrong"),
        ("hide", "Hide the video or comment from everyone but its author"),
        ("show", "Show the video or comment again: dismisses all reports of it"),
        ("warn", "Warn the account that is reported"),
        ("ban", "Ban the account that is reported"),
        ("ban_perhaps", "Ban the account that iOS may have meant"),
    ]
    decision = forms.ChoiceField(choices=CHOICES, widget=UnfoldAdminRadioSelectWidget)
    why = forms.CharField(
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the log; a warning says it to the person, a ban on the account.",
    )
    banned_until = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="UTC; empty bans for good.",
    )

    class Meta:
        model = Report
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision = cleaned.get("decision", "")
        if decision.startswith("ban") and not cleaned.get("why"):
            self.add_error("why", "A ban needs a reason.")
        if decision == "warn" and not cleaned.get("why"):
            self.add_error("why", "A warning needs words: the person reads them.")
        if decision in HIDEABLE_DECISIONS and self.instance.kind not in HIDEABLE:
            self.add_error("decision", "This report is not about a video or a comment.")
        if decision == "ban_perhaps" and not self.instance.may_mean_user_id:
            self.add_error("decision", "This report can only mean one account.")
        return cleaned


@admin.register(Report)
class ReportAdmin(CsvExport, QueueAdmin):
    form = ReportDecision
    list_display = (
        "id",
        "kind",
        "target",
        "about",
        "reason_title",
        "by",
        "show_state",
        "created_at",
    )
    list_filter = ("state", "kind", "reason", "created_at")
    search_fields = ("=id", "accused__username", "reporter__username", "description", "=target_id")
    list_select_related = ("accused", "reporter")
    ordering = ("-id",)
    actions = ["dismiss_selected"]
    csv_columns = (
        *("id", "created_at", "kind", "target_id", "accused_id", "accused__username"),
        *("reporter_id", "reporter__username", "reason_title", "description", "state"),
        *("handled_by__username", "handled_at"),
    )
    readonly_fields = (
        *("kind", "target", "about", "perhaps", "by", "reason_title", "description"),
        *("others", "created_at", "show_state", "handled_by", "handled_at", "show_evidence"),
    )
    fieldsets = (
        ("Decision", {"fields": ("decision", "why", "banned_until")}),
        (
            "Report",
            {
                "fields": (
                    *("show_state", "kind", "target", "about", "perhaps", "reason_title"),
                    *("description", "by", "others", "created_at", "handled_by", "handled_at"),
                )
            },
        ),
        ("What it looked like when it was reported", {"fields": ("show_evidence",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).select_related("accused", "reporter", "may_mean_user")

    @display(description="target")
    def target(self, report: Report) -> str | SafeString:
        model = {
            **{"user": "users_user", "video": "videos_video", "room": "live_liveroom"},
            "comment": "videos_videocomment",
        }
        return admin_link(
            model.get(report.kind, ""), report.target_id, f"{report.kind} {report.target_id}"
        )

    @display(description="account")
    def about(self, report: Report) -> str | SafeString:
        return admin_link("users_user", report.accused_id, report.accused or "-")

    @display(description="or, from iOS, the account")
    def perhaps(self, report: Report) -> str | SafeString:
        return admin_link("users_user", report.may_mean_user_id, report.may_mean_user or "-")

    @display(description="reported by")
    def by(self, report: Report) -> str | SafeString:
        return admin_link("users_user", report.reporter_id, report.reporter or "-")

    @display(description="state", label=STATE_COLOURS)
    def show_state(self, report: Report) -> str:
        return report.state

    @display(description="reports of the same thing")
    def others(self, report: Report) -> int:
        return Report.objects.filter(kind=report.kind, target_id=report.target_id).count()

    @display(description="evidence")
    def show_evidence(self, report: Report) -> SafeString:
        return format_html_join("", HEADING, evidence_parts(report.evidence))

    def decide(self, request: HttpRequest, obj: Report, decision: dict[str, Any]) -> None:
        operator_id, why = operator_of(request), decision["why"]
        if decision["decision"] == "dismiss":
            return operators.dismiss_report(operator_id=operator_id, report_id=obj.pk, reason=why)
        if decision["decision"] in HIDEABLE_DECISIONS:
            return self.hide_or_show(operator_id, obj, decision)
        duty = "warn_people" if decision["decision"] == "warn" else "ban_people"
        if not request.user.has_perm(f"staff.{duty}"):
            raise operators.NotPossible("Your role may not do this.")
        if decision["decision"] == "warn":
            return operators.warn_user(
                operator_id=operator_id, user_id=obj.accused_id, reason=why, report_id=obj.pk
            )
        perhaps = decision["decision"] == "ban_perhaps"
        operators.ban_user(
            operator_id=operator_id,
            user_id=obj.may_mean_user_id if perhaps else obj.accused_id,
            reason=why,
            until=decision["banned_until"],
            report_id=obj.pk,
        )

    def hide_or_show(self, operator_id: int, report: Report, decision: dict[str, Any]) -> None:
        hidden = decision["decision"] == "hide"
        about = {"operator_id": operator_id, "reason": decision["why"], "report_id": report.pk}
        if report.kind == Report.Kind.VIDEO:
            operators.set_video_hidden(video_id=report.target_id, hidden=hidden, **about)
        else:
            operators.set_comment_hidden(comment_id=report.target_id, hidden=hidden, **about)

    @action(description="Dismiss the selected reports", permissions=["change"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        open_ids = list(queryset.filter(state=Report.State.OPEN).values_list("pk", flat=True))
        for report_id in open_ids:
            operators.dismiss_report(operator_id=operator_of(request), report_id=report_id)
        self.message_user(request, f"{len(open_ids)} reports were dismissed.")


def evidence_parts(evidence: dict[str, dict[str, Any]]) -> list[tuple[str, SafeString]]:
    return [
        (
            name.replace("_", " ").capitalize(),
            format_html_join("", "<p><b>{}</b> {}</p>", evidence_rows(part)),
        )
        for name, part in evidence.items()
        if isinstance(part, dict)
    ]


def evidence_rows(part: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        (key.replace("_", " "), picture(value) if key in PICTURES else value)
        for key, value in part.items()
        if value not in ("", None)
    ]


def picture(name: str) -> SafeString:
    address = name if name.startswith("http") else default_storage.url(name)
    return format_html('<br><img src="{}" alt="" style="max-height: 240px">', address)


class VerificationDecision(forms.ModelForm):
    """Whether somebody gets the blue tick."""

    decision = forms.ChoiceField(
        choices=[("approve", "Approve: the account gets the blue tick"), ("reject", "Reject")],
        widget=UnfoldAdminRadioSelectWidget,
    )
    why = forms.CharField(max_length=300, required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = VerificationRequest
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "reject" and not cleaned.get("why"):
            self.add_error("why", "Please say why, for the log.")
        return cleaned


@admin.register(VerificationRequest)
class VerificationRequestAdmin(QueueAdmin):
    form = VerificationDecision
    list_display = ("id", "account", "name", "show_state", "updated_at", "decided_by")
    list_filter = ("state", "updated_at")
    search_fields = ("user__username", "=user__id", "name")
    list_select_related = ("user", "decided_by")
    ordering = ("-updated_at",)
    readonly_fields = (
        *("account", "name", "show_document", "show_state", "answer", "decided_by"),
        *("decided_at", "created_at", "updated_at"),
    )
    fieldsets = (
        ("Decision", {"fields": ("decision", "why")}),
        ("Request", {"fields": readonly_fields}),
    )

    @display(description="account")
    def account(self, request: VerificationRequest) -> str | SafeString:
        return admin_link("users_user", request.user_id, request.user)

    @display(description="state", label=STATE_COLOURS)
    def show_state(self, request: VerificationRequest) -> str:
        return request.state

    @display(description="document")
    def show_document(self, request: VerificationRequest) -> SafeString:
        address = reverse("admin:moderation_document", args=[request.pk])
        return format_html(
            '<a href="{}" target="_blank" style="{}">Look at the document</a>', address, LINK_STYLE
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.document_view)
        return [
            path("<int:pk>/document/", view, name="moderation_document"),
            *super().get_urls(),
        ]

    def document_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The document, which no other address leads to. Each look stands in the log."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        found = get_object_or_404(VerificationRequest, pk=pk)
        operators.record(
            operator_id=operator_of(request),
            kind=OperatorAction.Kind.SEE_DOCUMENT,
            user_id=found.user_id,
        )
        response = FileResponse(found.document.open(), content_type="image/jpeg")
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def decide(
        self, request: HttpRequest, obj: VerificationRequest, decision: dict[str, Any]
    ) -> None:
        operators.decide_verification(
            operator_id=operator_of(request),
            request_id=obj.pk,
            approve=decision["decision"] == "approve",
            answer=decision["why"],
        )


@admin.register(ReportReason)
class ReportReasonAdmin(ModelAdmin):
    list_display = ("title", "position", "active")
    list_editable = ("position", "active")
    search_fields = ("title",)


@admin.register(OperatorAction)
class OperatorActionAdmin(KeptAdmin):
    list_display = ("id", "created_at", "operator", "kind", "user", "video_id", "reason")
    list_filter = ("kind", "created_at")
    search_fields = ("operator__username", "user__username", "=user__id", "reason")
    list_select_related = ("operator", "user")
