"""Prove the books: each rule of apps/wallet/audit.py, checked against every row."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.wallet import audit


class Command(BaseCommand):
    help = "Check every rule of the ledger; ends with an error if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for invariant, rows in audit.breaches():
            self.stdout.write(f"{'BROKEN' if rows else 'ok':6}  {invariant.rule}")
            for row in rows:
                self.stdout.write(f"        {row}")
            broken += bool(rows)
        if broken:
            raise CommandError(f"The ledger breaks {broken} of its rules.")
        self.stdout.write("The books balance.")
