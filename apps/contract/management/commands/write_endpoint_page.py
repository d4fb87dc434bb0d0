"""Writes docs/app-owners/endpoints.md from the endpoints' declarations."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.contract.endpoint import NONE, OPTIONAL, Endpoint, all_endpoints

PAGE = settings.BASE_DIR / "docs" / "app-owners" / "endpoints.md"
HEAD = """# Endpoints

Every endpoint of the mobile API, `POST /api/<name>`. Written by `manage.py write_endpoint_page`
from the declarations; inputs and answers in full are on a running server's `/api/docs/`.
"""
WHO = {NONE: "anyone", OPTIONAL: "anyone; more when signed in"}


def page() -> str:
    endpoints = all_endpoints()
    groups = sorted({endpoint.group for endpoint in endpoints})
    parts = [section(group, [e for e in endpoints if e.group == group]) for group in groups]
    return HEAD + "".join(parts)


def section(group: str, endpoints: list[type[Endpoint]]) -> str:
    rows = "".join(row(endpoint) for endpoint in endpoints)
    return f"\n## {group}\n\n| name | what it does | who | input |\n|---|---|---|---|\n{rows}"


def row(endpoint: type[Endpoint]) -> str:
    summary = " ".join((endpoint.__doc__ or "").split("\n\n")[0].split())
    fields = endpoint.Input().fields.items()
    inputs = ", ".join(f"`{name}`" + ("" if field.required else "?") for name, field in fields)
    return f"| `{endpoint.name}` | {summary} | {WHO.get(endpoint.auth, 'signed in')} | {inputs} |\n"


class Command(BaseCommand):
    help = "Write the documentation page that lists every mobile endpoint."

    def handle(self, *args: Any, **options: Any) -> None:
        PAGE.write_text(page())
        self.stdout.write(f"{PAGE} lists {len(all_endpoints())} endpoints.")
