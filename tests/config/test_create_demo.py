"""`manage.py create_demo` creates each part once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.users import demo
from config.management.commands import create_demo


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path) -> list[str]:
    """Which parts were created, with the users' part alone in the list."""
    made: list[str] = []
    settings.DATA_DIR = tmp_path / "not-there-yet"
    monkeypatch.setattr(create_demo, "MODULES", ["apps.users.demo", "apps.nosuchapp_demo"])
    monkeypatch.setattr(demo, "create", lambda: made.append("users"))
    return made


def test_a_part_is_created_once(made: list[str]) -> None:
    call_command("create_demo")
    call_command("create_demo")
    assert made == ["users"]


def test_again_creates_it_again(made: list[str]) -> None:
    call_command("create_demo")
    call_command("create_demo", again=True)
    assert made == ["users", "users"]


def test_another_database_gets_its_own(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("create_demo")
    monkeypatch.setattr(create_demo, "database_name", lambda: "elsewhere/clipcast")
    call_command("create_demo")
    assert made == ["users", "users"]


def test_a_part_that_failed_is_tried_again(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("disk full")

    succeed: Callable[[], None] = demo.create
    monkeypatch.setattr(demo, "create", fail)
    with pytest.raises(OSError, match="disk full"):
        call_command("create_demo")
    monkeypatch.setattr(demo, "create", succeed)
    call_command("create_demo")
    assert made == ["users"]
