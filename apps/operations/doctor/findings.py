"""What every check of the doctor is given and gives back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """From the best to the worst."""

    SKIPPED = "skipped"  # not configured, or not asked for
    OK = "ok"
    WARNING = "warning"  # works, and should be otherwise
    WRONG = "wrong"  # something does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw, and how to mend it if it is not well."""

    level: Level
    said: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the asker wants besides. `send_to`: the e-mail address that a test mail goes to, and
    whose account's phones get a test push."""

    send_to: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """`look` may raise: that is a finding too."""

    name: str
    look: Callable[[Wishes], Iterable[Finding]]


def ok(said: str) -> Finding:
    return Finding(Level.OK, said)


def skipped(said: str) -> Finding:
    return Finding(Level.SKIPPED, said)


def warning(said: str, mend: str) -> Finding:
    return Finding(Level.WARNING, said, mend)


def wrong(said: str, mend: str) -> Finding:
    return Finding(Level.WRONG, said, mend)
