"""The page of the audit log: searched, filtered, read; nothing else."""

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.audit.models import AuditEntry
from config.admin import KeptAdmin
from config.csv_export import CsvExport

COLOURS = {
    "failed to sign in": "danger",
    "deleted": "danger",
    "decision": "warning",
    "money": "warning",
    "exported": "info",
    "signed in": "success",
}


@admin.register(AuditEntry)
class AuditEntryAdmin(CsvExport, KeptAdmin):
    csv_columns = (
        *("id", "at", "operator_name", "kind", "action", "model", "object_id", "object_name"),
        *("person_id", "reason", "address", "request_id"),
    )
    list_display = ("at", "operator", "show_kind", "action", "target", "reason", "address")
    list_display_links = ("at",)
    list_filter = ("kind", "at")
    search_fields = (
        *("operator_name", "action", "model", "=object_id", "object_name", "reason"),
        *("=address", "=request_id"),
    )
    search_help_text = "Who, what, on what (its name or id), why, or from which address"
    ordering = ("-id",)
    fields = (
        *("at", "operator", "show_kind", "action", "target", "reason", "address", "request_id"),
        "details",
    )

    @display(description="who", ordering="operator_name")
    def operator(self, entry: AuditEntry) -> str | SafeString:
        if entry.operator_id is None:
            return entry.operator_name or "-"
        page = reverse("admin:users_user_change", args=[entry.operator_id])
        return format_html('<a href="{}">{}</a>', page, entry.operator_name or entry.operator_id)

    @display(description="kind", label=COLOURS, ordering="kind")
    def show_kind(self, entry: AuditEntry) -> str:
        return entry.get_kind_display()

    @display(description="on what")
    def target(self, entry: AuditEntry) -> str | SafeString:
        name = " ".join(filter(None, [entry.model, entry.object_id, entry.object_name]))
        try:
            route = f"admin:{entry.model.replace('.', '_')}_change"
            address = reverse(route, args=[entry.object_id])
        except NoReverseMatch:
            return name or "-"
        if not entry.object_id:
            return name
        return format_html('<a href="{}">{}</a>', address, name)
