"""What is wrong with this installation, and how to mend it.

Each check is a small function of one shape (findings.Check). They are run one after the other by
`manage.py doctor` and by the operators' page, never at a page's load by itself.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from apps.operations.doctor import addresses, choices, files, messages, processes, servers
from apps.operations.doctor.findings import Check, Finding, Level, Wishes, wrong
from config.logs import redact

__all__ = ["CHECKS", "Report", "Wishes", "examine"]
logger = logging.getLogger(__name__)
CHECKS = [
    Check("database", servers.database),
    Check("database settings", servers.database_settings),
    Check("migrations", servers.migrations),
    Check("partitions", servers.event_partitions),
    Check("valkey", servers.valkey),
    Check("clocks", servers.clocks),
    Check("storage", files.storage),
    Check("disk", files.disk),
    Check("encoder", files.encoder),
    Check("backups", files.backups),
    Check("workers", processes.workers),
    Check("beat", processes.beat),
    Check("stream", processes.stream),
    Check("hooks", processes.hooks),
    Check("media server", processes.media_server),
    Check("addresses", addresses.addresses),
    Check("certificate", addresses.certificate),
    Check("settings", choices.production),
    Check("django", choices.django_checks),
    Check("operators", choices.operators),
    Check("books", choices.books),
    Check("mail", messages.mail),
    Check("push", messages.push),
]


@dataclass(frozen=True, slots=True)
class Report:
    """What one check found."""

    name: str
    findings: list[Finding]

    @property
    def level(self) -> Level:
        """The worst of its findings."""
        return max(
            (finding.level for finding in self.findings), key=list(Level).index, default=Level.OK
        )

    def as_dict(self) -> dict[str, Any]:
        findings = [asdict(finding) for finding in self.findings]
        return {"check": self.name, "level": self.level, "findings": findings}


def examine(wishes: Wishes) -> Iterator[Report]:
    """Run every check. Nothing is raised, and what is said holds no secret."""
    for check in CHECKS:
        yield Report(check.name, look(check, wishes))


def look(check: Check, wishes: Wishes) -> list[Finding]:
    try:
        found = list(check.look(wishes))
    except Exception as error:  # whatever is broken raises: that is what is looked for
        logger.debug("The doctor's check %s failed.", check.name, exc_info=True)
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        found = [wrong(said, "The check could not be done; the line says what stopped it.")]
    return [Finding(f.level, redact(f.said), redact(f.mend)) for f in found]
