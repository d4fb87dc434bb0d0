"""Lists of the operators' pages as CSV, for the bank, the accountant and the lawyer."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from apps.audit.services import Kind, note
from config.admin import ModelAdmin

CHUNK = 1000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Line:
    """A file that gives back what is written to it, for csv.writer."""

    def write(self, text: str) -> str:
        return text


class CsvExport(ModelAdmin):
    """Adds the action "Export as CSV": the chosen rows, or all that the list's filters leave."""

    csv_columns: tuple[str, ...] = ()

    def get_actions(self, request: HttpRequest) -> Any:
        """The list's other actions, and this one."""
        actions = super().get_actions(request)
        if "export_csv" not in actions and self.has_export_permission(request):
            actions["export_csv"] = self.get_action("export_csv")
        return actions

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("staff.export_lists") and self.has_view_permission(request)

    @admin.action(description="Export as CSV", permissions=["export"])
    def export_csv(self, request: HttpRequest, chosen: QuerySet) -> StreamingHttpResponse:
        name = self.model._meta.model_name
        note(
            Kind.EXPORT,
            "export as CSV",
            model=self.model._meta.label_lower,
            details={"rows": chosen.count(), "filters": request.META.get("QUERY_STRING", "")},
        )
        rows = chosen.order_by("pk").values_list(*self.csv_columns).iterator(chunk_size=CHUNK)
        response = StreamingHttpResponse(
            lines_of(self.csv_columns, rows), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response


def lines_of(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer: Any = csv.writer(Line())
    yield writer.writerow([column.replace("__", " ") for column in columns])
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])


def harmless(value: Any) -> Any:
    """A text that a spreadsheet takes for a formula is shown as a text."""
    if isinstance(value, datetime):
        return value.isoformat()
    dangerous = isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS)
    return f"'{value}" if dangerous else value
