"""`manage.py backup`: see docs/operators/backups.md."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations import backup, signs


class Command(BaseCommand):
    help = "Write the database and the list of stored files into a new folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept")
        parser.add_argument(
            "--with-files", action="store_true", help="the stored files too (local folders)"
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="once it is made, remove older ones in that folder until N are left",
        )

    def handle(self, *, folder: Path, with_files: bool, keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep: keep one at least.")
        target = folder / f"clipcast-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        try:
            about = backup.make(target, with_files=with_files)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.note_it()
        rows = sum(about["tables"].values())
        self.stdout.write(f"{target}: {rows} rows, {about['stored_files']} stored files listed")
        for path in backup.remove_older(folder, keep=keep) if keep else ():
            self.stdout.write(f"{path}: removed")

    def note_it(self) -> None:
        """For the doctor and the metrics. A backup while Valkey is away is a backup too."""
        try:
            signs.note(signs.BACKUP)
        except redis.RedisError as error:
            self.stderr.write(f"Valkey does not know of this backup: {error}")
