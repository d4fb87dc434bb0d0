"""`manage.py lint_migrations`: see docs/developers/migrations.md."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations import migration_lint


class Command(BaseCommand):
    help = "Refuse migrations, later than the last release, that are unsafe while people are on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--released", action="store_true", help="note that all there are are now released"
        )

    def handle(self, *, released: bool, **options: Any) -> None:
        if released:
            self.stdout.write(f"{migration_lint.write_released()} migrations are released.")
            return
        problems = list(migration_lint.problems())
        if problems:
            raise CommandError("\n".join(problems))
