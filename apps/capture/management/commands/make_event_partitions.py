"""Make the partitions that the coming weeks' events go to. Celery beat does so daily."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.capture.partitions import WEEKS_AHEAD, make_partitions


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--weeks", type=int, default=WEEKS_AHEAD, help="how far ahead")

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_partitions(weeks_ahead=options["weeks"])
        self.stdout.write(f"Made {', '.join(made)}." if made else "Every partition is there.")
