"""`manage.py export_account <username>`: what is kept about a person, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.users import selectors
from apps.users.services import export


class Command(BaseCommand):
    help = "Print everything that is kept about a person as JSON, for them to have."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        user_id = selectors.id_of_username(username)
        if user_id is None:
            raise CommandError(f"Nobody is called {username}.")
        self.stdout.write(json.dumps(export.data_of(user_id=user_id), indent=2, ensure_ascii=False))
