"""The documentation names what there is, and nothing in it leads nowhere."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from apps.contract.management.commands import write_endpoint_page

ROOT: Path = settings.BASE_DIR
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(*names: str) -> str:
    return (ROOT / "docs").joinpath(*names).read_text()


def test_the_page_of_endpoints_is_current() -> None:
    """If it is not: manage.py write_endpoint_page"""
    assert read("app-owners", "endpoints.md") == write_endpoint_page.page()


def test_every_command_of_ours_is_explained_and_no_other() -> None:
    ours = {name for name, app in get_commands().items() if app.startswith(("apps.", "config"))}
    explained = set(re.findall(r"\| `manage\.py (\w+)`", read("operators", "running.md")))
    assert explained == ours


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []
