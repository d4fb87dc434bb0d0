"""`manage.py prepare`: what ./scripts/run does before it starts the processes."""

import json
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.settings import WEAK_IDENTITY_PROOFS


class Command(BaseCommand):
    help = "Migrate, collect static files, create demo content; prints JSON of what to announce."

    def handle(self, **options: Any) -> None:
        self.stderr.write("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            call_command("create_demo", stderr=self.stderr)
        else:
            call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(json.dumps({"warnings": warnings()}))


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
    if settings.DEMO_STORE:
        found.append("DEMO_STORE: coins can be bought without paying.")
    return found
