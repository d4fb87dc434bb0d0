"""Drop the events of sessions that began too long ago. Beat does so daily if it is set."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.capture.retention import drop_old_events


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, help="how long events are kept (default: CAPTURE_KEEP_DAYS)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dropped = drop_old_events(keep_days=options["days"])
        self.stdout.write(f"Dropped {', '.join(dropped)}." if dropped else "Nothing is too old.")
