"""manage.py lint_migrations: which migrations may run while people use Clipcast."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.core.management import CommandError, call_command
from django.db import models
from django.db.migrations import Migration, RunPython, RunSQL, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from apps.operations import migration_lint

INDEX = models.Index(fields=["name"], name="by_name")
CHECK = models.CheckConstraint(condition=models.Q(name=""), name="named")
WORDS = models.CharField(max_length=9)
KEPT = {"on_delete": models.PROTECT}
LOOSE = KEPT | {"null": True, "db_index": False, "db_constraint": False}


def forwards(apps, schema_editor) -> None: ...


def found(*steps: Operation, app: str = "videos", **about) -> list[str]:
    """What the lint says of a new migration."""
    migration = type("Migration", (Migration,), {"operations": list(steps), **about})
    return list(migration_lint.problems_of(migration("0099_next", app)))


@pytest.mark.parametrize(
    "step",
    [
        operations.AddIndex("Video", INDEX),
        operations.RemoveIndex("Video", "by_name"),
        operations.AddConstraint("Video", CHECK),
        operations.AlterUniqueTogether("Video", {("a", "b")}),
        operations.AlterField("Video", "name", WORDS),
        operations.AddField("Video", "name", WORDS),
        operations.AddField("Video", "name", models.CharField(max_length=9, default="")),
        operations.AddField("Video", "friend", models.ForeignKey("users.User", null=True, **KEPT)),
        operations.AddField("Video", "name", models.SlugField(null=True)),
        operations.AddField("Video", "name", models.IntegerField(null=True, unique=True)),
        operations.RemoveField("Video", "name"),
        operations.RenameField("Video", "name", "title"),
        operations.DeleteModel("Video"),
        operations.RenameModel("Video", "Clip"),
        RunPython(forwards),
        RunSQL("UPDATE videos_video SET name = ''"),
        RunSQL("CREATE INDEX by_name ON videos_video (name)", "DROP INDEX by_name"),
        RunSQL("ALTER TABLE videos_video ALTER COLUMN name SET NOT NULL", ""),
        RunSQL("ALTER TABLE videos_video\nALTER name TYPE text", ""),
        RunSQL("ALTER TABLE videos_video ADD CONSTRAINT named CHECK (name <> '')", ""),
        RunSQL([("ALTER TABLE videos_video ADD UNIQUE (name)", None)], ""),
        RunSQL("SELECT 1; ALTER TABLE videos_video ADD friend bigint REFERENCES users_user", ""),
        operations.SeparateDatabaseAndState([operations.AddIndex("Video", INDEX)]),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_locks_or_breaks_or_can_not_be_undone_is_refused(step: Operation) -> None:
    problem, *_ = found(step)
    assert problem.startswith("videos.0099_next: ")


@pytest.mark.parametrize(
    "step",
    [
        AddIndexConcurrently("Video", INDEX),
        RemoveIndexConcurrently("Video", "by_name"),
        AddConstraintNotValid("Video", CHECK),
        operations.AddField("Video", "name", models.CharField(max_length=9, null=True)),
        operations.AddField("Video", "name", models.CharField(max_length=9, db_default="")),
        operations.AddField("Video", "friend", models.ForeignKey("users.User", **LOOSE)),
        operations.AddField(
            "FeedWeights", "friend", models.ForeignKey("users.User", null=True, **KEPT)
        ),
        operations.AddField("Video", "friends", models.ManyToManyField("users.User")),
        operations.AddIndex("FeedWeights", INDEX),
        RunPython(forwards, RunPython.noop),
        RunSQL("CREATE INDEX CONCURRENTLY by_name ON videos_video (name)", "DROP INDEX by_name"),
        RunSQL("ALTER TABLE videos_video ADD CONSTRAINT n CHECK (name <> '') NOT VALID", ""),
        RunSQL("ALTER TABLE videos_video VALIDATE CONSTRAINT n", ""),
        RunSQL("ALTER TABLE videos_video ADD CONSTRAINT n UNIQUE USING INDEX by_name", ""),
        RunSQL("ALTER TABLE videos_video ALTER name SET STATISTICS 500", ""),
        operations.SeparateDatabaseAndState([], [operations.RemoveField("Video", "name")]),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_keeps_nobody_waiting_is_fine(step: Operation) -> None:
    assert found(step) == []


def test_a_table_that_the_migration_makes_is_nobodys_yet() -> None:
    make = operations.CreateModel("Video", [("name", WORDS)])
    assert found(make, operations.AddIndex("Video", INDEX)) == []


def test_one_that_has_to_lock_says_why() -> None:
    index = operations.AddIndex("Video", INDEX)
    assert found(index, locks_knowingly="Workers stopped.") == []


def test_every_migration_here_is_safe_or_released() -> None:
    call_command("lint_migrations")


def test_what_is_released_still_exists() -> None:
    there = {f"{app} {name}" for app, name in MigrationLoader(None).disk_migrations}
    assert migration_lint.released() <= there
    assert len(migration_lint.released()) > 50


def test_the_hot_tables_exist() -> None:
    from django.apps import apps

    assert {model._meta.label_lower for model in apps.get_models()} >= migration_lint.HOT


def test_a_later_one_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    without = migration_lint.released() - {"videos 0001_initial"}
    monkeypatch.setattr(migration_lint, "released", lambda: without)
    monkeypatch.setattr(migration_lint, "problems_of", lambda migration: [f"{migration} is bad"])
    with pytest.raises(CommandError, match="0001_initial is bad"):
        call_command("lint_migrations")


def test_a_release_notes_all_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_lint, "RELEASED", tmp_path / "released.txt")
    call_command("lint_migrations", "--released", stdout=StringIO())
    lines = (tmp_path / "released.txt").read_text().splitlines()
    assert "users 0001_initial" in lines
    assert not [line for line in lines if line.startswith("auth ")]
    migration_lint.released.cache_clear()
