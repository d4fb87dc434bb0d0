"""manage.py migrate"""

from typing import Any

from django.core.management import CommandError
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_TIMEOUT_S = 5


class Command(migrate.Command):
    """Django's, but it never waits long for a lock.

    A change of a table waits for who uses it, and whoever comes after waits behind the change: one
    long query would stop the whole system. Building an index CONCURRENTLY (`atomic = False`) waits
    for others as well, but nobody behind it, and may take as long as it needs.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=LOCK_TIMEOUT_S,
            metavar="S",
            help=f"wait so many seconds for a lock ({LOCK_TIMEOUT_S}); 0: as long as it takes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.connection = connections[options["database"]]
        self.lock_timeout_s: float = options.get("lock_timeout", LOCK_TIMEOUT_S)
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise CommandError(
                f"A table was in use for more than {self.lock_timeout_s:g} s, so nothing more was "
                "changed. What is done stays done: run migrate again in a quiet moment, or with a "
                "longer --lock-timeout."
            ) from error
        self.wait_for_locks("DEFAULT")

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        if action in ("apply_start", "unapply_start"):
            limit_s = self.lock_timeout_s if migration.atomic else 0
            self.wait_for_locks(f"{limit_s * 1000:.0f}")
        super().migration_progress_callback(action, migration, fake)

    def wait_for_locks(self, milliseconds: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {milliseconds}")
