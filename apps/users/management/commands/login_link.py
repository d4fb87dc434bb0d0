"""`manage.py login_link`: a one-time link that signs an operator in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.users import operators


class Command(BaseCommand):
    help = "Print a link that signs an operator in once within a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default=operators.OPERATOR)
        parser.add_argument(
            "--base", default=settings.PUBLIC_URL or "http://localhost:8080", help="what to prepend"
        )

    def handle(self, *, username: str, base: str, **options: Any) -> None:
        try:
            secret = operators.create_login_link(username=username)
        except operators.NotAnOperator as error:
            raise CommandError(str(error)) from error
        self.stdout.write(base.rstrip("/") + reverse("operator-login", args=[secret]))
