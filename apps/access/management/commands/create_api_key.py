"""`manage.py create_api_key NAME --scope write`: a key for a program."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.access import services
from apps.access.models import ApiKey


class Command(BaseCommand):
    help = "Make a key for the capture API and print it, once. Revoke it in the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="which program will use it")
        parser.add_argument("--scope", choices=ApiKey.Scope.values, default=ApiKey.Scope.READ)

    def handle(self, *args: Any, **options: Any) -> None:
        key, secret = services.create_key(name=options["name"], scope=options["scope"])
        self.stderr.write(f"A key for {key.name}, scope: {key.get_scope_display()}. Keep it safe.")
        self.stdout.write(secret)
