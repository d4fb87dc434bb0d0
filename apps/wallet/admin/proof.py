"""When the books were last proved, and what came of each rule."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.audit.services import Kind, note
from apps.wallet import audit, models
from apps.wallet.admin.books import BooksAdmin
from config.admin import OptionalReasonForm, asks

RULE = '<tr><td style="padding:6px 24px 6px 0">{}</td><td style="padding:6px 0">{}</td></tr>'


@admin.register(models.AuditRun)
class AuditRunAdmin(BooksAdmin):
    list_display = ("started_at", "outcome", "rules", "took")
    list_display_links = ("started_at", "outcome")
    ordering = ("-started_at",)
    fields = ("started_at", "took", "outcome", "each_rule")
    readonly_fields = fields
    actions_list = ["prove_now"]

    def has_prove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wallet.add_auditrun")

    @action(description="Prove the books now", permissions=["prove"], url_path="prove")
    @asks("Prove the books now? It reads the whole ledger.", OptionalReasonForm, button="Prove")
    def prove_now(self, request: HttpRequest, rows: Any, reason: str) -> HttpResponse:
        run = audit.prove()
        note(Kind.MONEY, "prove the books", about=run, reason=reason)
        level = messages.ERROR if run.broken else messages.SUCCESS
        self.message_user(request, f"Proved: {run}.", level)
        return redirect(reverse("admin:wallet_auditrun_change", args=[run.pk]))

    @display(description="Outcome", label={"the books balance": "success", "broken": "danger"})
    def outcome(self, run: models.AuditRun) -> Any:
        return ("broken", str(run)) if run.broken else "the books balance"

    @display(description="Rules checked")
    def rules(self, run: models.AuditRun) -> int:
        return len(run.results)

    @display(description="Took")
    def took(self, run: models.AuditRun) -> str:
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"

    @display(description="Each rule")
    def each_rule(self, run: models.AuditRun) -> SafeString:
        rows = format_html_join("", RULE, ((r["rule"], verdict(r["rows"])) for r in run.results))
        return format_html('<div class="staff-scroll"><table>{}</table></div>', rows)


def verdict(rows: list[str]) -> SafeString:
    """`holds`, or the rows that break the rule."""
    if not rows:
        return format_html('<span style="color:#15803d">{}</span>', "holds")
    return format_html('<strong style="color:#b91c1c">{}</strong>', "; ".join(rows))
