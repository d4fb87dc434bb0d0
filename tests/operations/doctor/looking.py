"""What a check says, in short, and workers for it to find."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.operations import doctor
from apps.operations.doctor.findings import Wishes
from config.celery import app as celery_app

NOBODY = Wishes()


def found(look: Callable, wishes: Wishes = NOBODY) -> list[tuple[str, str]]:
    return [(finding.level.value, finding.said) for finding in look(wishes)]


def levels(look: Callable, wishes: Wishes = NOBODY) -> list[str]:
    return [level for level, _ in found(look, wishes)]


def workers_that_read(monkeypatch: pytest.MonkeyPatch, *queues: str, threads: int = 2) -> None:
    """Celery workers that answer, one a queue."""

    class Answers:
        def __init__(self, timeout: float) -> None: ...

        def active_queues(self) -> dict[str, Any] | None:
            return {f"{queue}@host": [{"name": queue}] for queue in queues} or None

        def stats(self) -> dict[str, Any] | None:
            pool = {"pool": {"max-concurrency": threads}}
            return {f"{queue}@host": pool for queue in queues} or None

    monkeypatch.setattr(celery_app.control, "inspect", Answers)


def the_report(name: str) -> doctor.Report:
    return next(report for report in doctor.examine(NOBODY) if report.name == name)
