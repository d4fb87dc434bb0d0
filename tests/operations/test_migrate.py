"""manage.py migrate: nobody waits for long behind it."""

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from tests.capture.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)


def show_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def applying(monkeypatch: pytest.MonkeyPatch, sql: str, atomic: bool) -> list[str]:
    """`migrate` has one migration to apply: this statement. What the lock timeout was then."""
    seen: list[str] = []

    def migrate(executor: MigrationExecutor, *args: Any, **kwargs: Any) -> Any:
        step = Migration("0099_next", "videos")
        step.atomic = atomic
        executor.progress_callback("apply_start", step, False)
        seen.append(show_timeout())
        with connection.cursor() as cursor:
            cursor.execute(sql)
        return executor._create_project_state(with_applied_migrations=True)

    monkeypatch.setattr(MigrationExecutor, "migrate", migrate)
    return seen


@pytest.mark.parametrize(("atomic", "timeout"), [(True, "5s"), (False, "0")])
def test_a_change_waits_for_seconds_and_an_index_as_long_as_it_takes(
    atomic: bool, timeout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = applying(monkeypatch, "SELECT 1", atomic)
    call_command("migrate", verbosity=0)
    assert seen == [timeout]
    assert show_timeout() == "0"  # as it was


def test_a_table_in_use_is_left_alone_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    applying(monkeypatch, "ALTER TABLE videos_video ADD COLUMN never integer", True)
    with psycopg.connect(database_url()) as somebody:
        somebody.execute("LOCK TABLE videos_video IN ACCESS SHARE MODE")
        with pytest.raises(CommandError, match=r"in use for more than 0\.1 s.*run migrate again"):
            call_command("migrate", "--lock-timeout", "0.1", verbosity=0)
    connection.close()
