"""Which migrations may run while people use Clipcast.

Those of the last release (released_migrations.txt) are as they are. A later one must hold no lock
that keeps requests waiting, must leave a database that the release before can still work with
(during a rolling restart both run), and must be reversible. One that can't says why in its class:

    class Migration(migrations.Migration):
        locks_knowingly = "Run with the workers stopped: see the changelog."
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

OURS = "apps."
RELEASED = Path(__file__).with_name("released_migrations.txt")
# Tables that grow with use, and that requests write to all the time.
HOT = {
    *("users.user", "users.authtoken", "users.device", "users.follow", "users.block"),
    *("wallet.account", "wallet.transfer", "wallet.entry", "wallet.pendingentry"),
    *("wallet.purchase", "gifts.sentgift", "gifts.giver", "gifts.star"),
    *("videos.video", "videos.videolike", "videos.videofavourite", "videos.videorepost"),
    *("videos.videowatch", "videos.videocomment", "videos.videocommentlike"),
    *("videos.videohashtag", "videos.hashtag", "videos.sound", "videos.videoupload"),
    *("videos.videomention", "promotions.promotionevent", "live.liveroom", "live.viewer"),
    *("live.happening", "capture.session", "capture.event", "capture.minute"),
    *("capture.participant", "notifications.notification", "notifications.push"),
    *("groups.membership", "rooms.member"),
}
LOCKING_INDEX = re.compile(r"create\s+(unique\s+)?index\s+(?!concurrently)", re.IGNORECASE)
# Reads or rewrites the whole table while nobody may write. NOT VALID and USING INDEX don't.
LOCKING_CHANGE = re.compile(
    r"alter\s+table\b.*\b(set\s+not\s+null|type\s"
    r"|(add|,)\s+(constraint|check|unique|primary|foreign|exclude)\b|references\b)",
    re.IGNORECASE | re.DOTALL,
)
HARMLESS_CHANGE = re.compile(r"\b(not\s+valid|using\s+index)\b", re.IGNORECASE)


def problems() -> Iterator[str]:
    """A sentence for each operation, of a migration that is not released, that is not safe."""
    disk = MigrationLoader(None).disk_migrations
    for (app, name), migration in sorted(disk.items()):
        is_ours = type(migration).__module__.startswith(OURS)
        if is_ours and f"{app} {name}" not in released():
            yield from problems_of(migration)


def problems_of(migration: Migration) -> Iterator[str]:
    if getattr(migration, "locks_knowingly", ""):
        return
    made_here: set[str] = set()
    for operation in database_operations(migration.operations):
        if isinstance(operation, operations.CreateModel):
            made_here.add(operation.name_lower)
        elif model_of(operation) not in made_here:
            for problem in problem_with(operation, migration.app_label):
                yield f"{migration.app_label}.{migration.name}: {problem}"


def database_operations(found: Sequence[Operation]) -> Iterator[Operation]:
    for operation in found:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from database_operations(operation.database_operations)
        else:
            yield operation


def model_of(operation: Operation) -> str:
    """The name, in small letters, of the model that it is about; "" for RunPython and RunSQL."""
    return getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", "")


def problem_with(operation: Operation, app: str) -> Iterator[str]:
    """What is wrong with an operation on a table that was there before."""
    table = f"{app}.{model_of(operation)}"
    kind = type(operation).__name__
    said = f"{kind} on {table}"
    if table in HOT and kind in {"AddIndex", "RemoveIndex"}:
        yield f"{said} locks it. Use {kind}Concurrently, with atomic = False."
    if table in HOT and kind == "AddConstraint":
        yield f"{said} locks it. Use AddConstraintNotValid, then ValidateConstraint."
    if table in HOT and kind in {"AlterUniqueTogether", "AlterIndexTogether"}:
        yield f"{said} locks it. Build the index concurrently."
    if isinstance(operation, operations.AlterField) and table in HOT:
        yield f"{said} may rewrite it. Say locks_knowingly if only words change."
    if isinstance(operation, operations.AddField) and table in HOT and locks(operation.field):
        yield f"{said} builds an index or checks a constraint with a lock. Add the column without."
    if isinstance(operation, operations.AddField) and old_code_fails(operation.field):
        yield f"{said}: the release before inserts no {operation.name}. Give it null or db_default."
    if isinstance(operation, operations.RemoveField | operations.RenameField):
        yield f"{said}: the release before still reads it. Stop using it in one release first."
    if isinstance(operation, operations.DeleteModel | operations.RenameModel):
        yield f"{kind}: the release before still reads it. Stop using it in one release first."
    if isinstance(operation, operations.RunPython | operations.RunSQL) and not operation.reversible:
        yield f"{kind} can't be undone. Give it a reverse, or noop."
    if isinstance(operation, operations.RunSQL) and LOCKING_INDEX.search(str(operation.sql)):
        yield f"{kind} builds an index with a lock. Say CONCURRENTLY, with atomic = False."
    if isinstance(operation, operations.RunSQL) and any(map(is_locking, statements(operation))):
        yield f"{kind} keeps a table locked while it reads all of it. Say NOT VALID, then VALIDATE."


def locks(field: Any) -> bool:
    """Whether an index or a constraint comes with the column."""
    if field.many_to_many:  # a table of its own
        return False
    return bool(field.unique or field.db_index or getattr(field, "db_constraint", False))


def statements(operation: operations.RunSQL) -> list[str]:
    """The SQL that goes forwards; Django takes a text, or several, each perhaps with values."""
    if isinstance(operation.sql, str):
        return operation.sql.split(";")
    return [part if isinstance(part, str) else part[0] for part in operation.sql]


def is_locking(sql: str) -> bool:
    return bool(LOCKING_CHANGE.search(sql)) and not HARMLESS_CHANGE.search(sql)


def old_code_fails(field: Any) -> bool:
    """Django drops a `default` after it has filled the rows that are there."""
    is_column = not getattr(field, "many_to_many", False) and not getattr(field, "generated", False)
    has_value = getattr(field, "null", False) or getattr(field, "primary_key", False)
    return (
        is_column and not has_value and getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED
    )


@cache
def released() -> frozenset[str]:
    """Each migration of the last release, as its app and its name."""
    lines = RELEASED.read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def write_released() -> int:
    """Note that all there are are now released (scripts/release); how many."""
    disk = MigrationLoader(None).disk_migrations
    ours = [key for key, found in disk.items() if type(found).__module__.startswith(OURS)]
    lines = [f"{app} {name}" for app, name in sorted(ours)]
    head = "# The migrations of the last release. Written by scripts/release.\n"
    RELEASED.write_text(head + "\n".join(lines) + "\n")
    released.cache_clear()
    return len(lines)
