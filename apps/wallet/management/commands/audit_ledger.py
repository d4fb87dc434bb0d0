"""Prove the books: each rule of apps/wallet/audit.py, checked against every row."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.wallet import audit


class Command(BaseCommand):
    help = "Check every rule of the ledger; ends with an error if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        run = audit.prove()
        for result in run.results:
            self.stdout.write(f"{'BROKEN' if result['rows'] else 'ok':6}  {result['rule']}")
            for row in result["rows"]:
                self.stdout.write(f"        {row}")
        if run.broken:
            raise CommandError(f"The ledger breaks {run.broken} of its rules.")
        self.stdout.write("The books balance.")
