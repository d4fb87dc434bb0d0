"""`manage.py create_demo`: people, clips, gifts and coins to look at, made once."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

MODULES = [
    "apps.users.demo",
    "apps.site.demo",
    "apps.wallet.demo",
    "apps.gifts.demo",
    "apps.videos.demo",
    "apps.promotions.demo",
    "apps.videos.demo_library",
    "apps.live.demo",
    "apps.capture.demo",
]


class Command(BaseCommand):
    help = "Create the demo content. What was created before is left alone, even if deleted since."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="create what is missing again")

    def handle(self, *, again: bool, **options: Any) -> None:
        done = set() if again else read_done()
        for name in MODULES:
            if name not in done and find_spec(name):
                self.stderr.write(f"Creating demo content: {name.split('.')[1]} ...")
                import_module(name).create()
                done.add(name)
                write_done(done)


def done_file() -> Path:
    return Path(settings.DATA_DIR) / "demo-created.json"


def database_name() -> str:
    database = settings.DATABASES["default"]
    return f"{database['HOST']}/{database['NAME']}"


def read_all() -> dict[str, list[str]]:
    """What was created, by database, since one data folder may have met several."""
    return json.loads(done_file().read_text()) if done_file().exists() else {}


def read_done() -> set[str]:
    return set(read_all().get(database_name(), []))


def write_done(done: set[str]) -> None:
    done_file().parent.mkdir(parents=True, exist_ok=True)
    done_file().write_text(json.dumps(read_all() | {database_name(): sorted(done)}))
