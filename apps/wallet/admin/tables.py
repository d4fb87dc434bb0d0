"""Lists as CSV, for the bank and the accountant."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse


def csv_file(name: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless(value) for value in row])
    return response


def harmless(value: Any) -> Any:
    """A text that a spreadsheet takes for a formula is shown as a text."""
    dangerous = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if dangerous else value
