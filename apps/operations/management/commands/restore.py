"""`manage.py restore`: see docs/operators/backups.md."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations import backup


class Command(BaseCommand):
    help = "Put a backup into the database, migrate it, and prove the books."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="one backup's own folder")
        parser.add_argument(
            "--wipe", action="store_true", help="replace all that is in the database"
        )

    def handle(self, *, folder: Path, wipe: bool, **options: Any) -> None:
        try:
            found = backup.restore(folder, wipe=wipe)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        if found["tables_that_differ"]:
            raise CommandError(f"Tables are not as they were: {found['tables_that_differ']}")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("audit_ledger", stdout=self.stdout)
        missing = found["missing_files"]
        self.stdout.write(f"Restored. Stored files that are missing: {len(missing)}")
        for name in missing[:20]:
            self.stdout.write(f"  {name}")
