"""`manage.py doctor`: see docs/operators/doctor.md."""

import sys
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser

from apps.operations.doctor import Report, Wishes, examine
from apps.operations.doctor.findings import Level

MARKS = {Level.OK: "ok", Level.SKIPPED: "-", Level.WARNING: "warning", Level.WRONG: "WRONG"}


class Command(BaseCommand):
    help = "Look at the whole installation; says what is wrong and how to mend it."
    # What is wrong with the settings is told with the rest.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--send-to", default="", help="e-mail address for a test mail and push")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *, send_to: str, json: bool, **options: Any) -> None:
        reports = []
        for report in examine(Wishes(send_to=send_to)):
            reports.append(report)
            if not json:
                self.tell(report)
        levels = [report.level for report in reports]
        if json:
            content = {"ok": Level.WRONG not in levels, "checks": [r.as_dict() for r in reports]}
            self.stdout.write(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
        else:
            wrong, warnings = levels.count(Level.WRONG), levels.count(Level.WARNING)
            self.stdout.write(f"\n{len(levels)} checks: {wrong} wrong, {warnings} with warnings.")
        if Level.WRONG in levels:
            sys.exit(1)

    def tell(self, report: Report) -> None:
        """What is well on one line, and two lines for each thing that is not."""
        well = [f.said for f in report.findings if f.level in (Level.OK, Level.SKIPPED)]
        self.stdout.write(f"{MARKS[report.level]:8} {report.name:18} {'; '.join(well)}".rstrip())
        for finding in report.findings:
            if finding.level in (Level.WARNING, Level.WRONG):
                self.stdout.write(f"{'':9}{finding.said}")
                if finding.mend:
                    self.stdout.write(f"{'':9}-> {finding.mend}")
