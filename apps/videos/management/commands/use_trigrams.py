"""`manage.py use_trigrams`: see docs/app-owners/discovery.md."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.videos.services import trigrams


class Command(BaseCommand):
    help = "Let the search forgive typos, on a server that has pg_trgm. It may be run again."

    def handle(self, **options: Any) -> None:
        try:
            made = trigrams.use()
        except trigrams.NoTrigramsError as error:
            raise CommandError(str(error)) from error
        if not made:
            self.stdout.write("The search forgives typos already; nothing was to be made.")
            return
        self.stdout.write(
            f"Made {', '.join(made)}. The search forgives typos once the web processes restart."
        )
