"""Parse stored messages again with today's parser, and count anew. Can be interrupted.

manage.py reparse --session 1f0c...
manage.py reparse --since 2026-01-01 --until 2026-02-01
manage.py reparse --all
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.capture import reparsing
from apps.capture.models import Session, Source
from apps.capture.reparsing import Outcome


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--session", type=UUID, action="append", default=[])
        parser.add_argument("--since", type=moment, help="sessions that began then or later")
        parser.add_argument("--until", type=moment, help="sessions that began before")
        parser.add_argument("--all", action="store_true", help="every session")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["session"] or options["since"] or options["until"] or options["all"]):
            raise CommandError("Say which: --session, --since, --until or --all.")
        sessions = reparsing.sessions_between(options["since"], options["until"])
        if options["session"]:
            sessions = Session.objects.filter(pk__in=options["session"], source=Source.TIKTOK)
        total = Outcome()
        for session in sessions.select_related("streamer").iterator():
            self.add(total, session)
        self.stdout.write(
            f"{total.events} messages, {total.changed} changed, {total.newly_parsed} readable now."
        )

    def add(self, total: Outcome, session: Session) -> None:
        name = f"{session.pk} of {session.streamer}"
        outcome = reparsing.reparse(
            session,
            told=lambda so_far: self.stdout.write(f"{name}: {so_far.events} of {session.total}"),
        )
        total.events += outcome.events
        total.changed += outcome.changed
        total.newly_parsed += outcome.newly_parsed
