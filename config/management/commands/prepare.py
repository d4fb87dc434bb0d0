"""`manage.py prepare`: what ./scripts/run does before it starts the processes."""

import json
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.problems import WEAK_IDENTITY_PROOFS


class Command(BaseCommand):
    help = "Migrate, collect static files, create demo content; prints JSON of what to announce."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base", required=True, help="address of this server, for the link")

    def handle(self, *, base: str, **options: Any) -> None:
        self.stderr.write("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            call_command("create_demo", stderr=self.stderr)
        else:
            call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(json.dumps({"login_link": login_link(base), "warnings": warnings()}))


def login_link(base: str) -> str:
    """A new one-time link, or how to make one if nobody is named operator."""
    answer = StringIO()
    try:
        call_command("login_link", base=settings.PUBLIC_URL or base, stdout=answer)
    except CommandError as error:
        return str(error)
    return answer.getvalue().strip()


def warnings() -> list[str]:
    """What is on that must not face the internet, as sentences."""
    found = []
    weak = [proof for proof in settings.MOBILE_IDENTITY if proof in WEAK_IDENTITY_PROOFS]
    if weak:
        found.append(
            f"MOBILE_IDENTITY accepts {' and '.join(weak)}: whoever learns an id may act as its "
            "owner. Unmodified apps need it; the internet must not see it."
        )
    if settings.ALLOW_UNVERIFIED_SOCIAL:
        found.append("ALLOW_UNVERIFIED_SOCIAL: social accounts sign in without a proof.")
    if not settings.DEBUG and "console" in (settings.EMAIL_CODE_SENDER, settings.SMS_CODE_SENDER):
        found.append(
            "EMAIL_CODE_SENDER or SMS_CODE_SENDER is console: codes reach the log, not people."
        )
    if settings.DEMO_STORE:
        found.append("DEMO_STORE: coins can be bought without paying.")
    return found
