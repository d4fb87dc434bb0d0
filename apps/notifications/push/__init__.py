"""How a message reaches a phone. `PUSH_SENDER` names the way: none, console or fcm."""

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Protocol

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one phone. `data` is what the app reads; of two with the same
    `collapse_key` the later replaces the earlier on the phone."""

    push_token: str
    title: str
    body: str
    data: dict[str, str]
    collapse_key: str


class Verdict(Enum):
    SENT = "sent"
    DEAD_TOKEN = "dead token"  # the app was removed or signed in elsewhere: never use it again
    REFUSED = "refused"  # this message will never be taken
    LATER = "later"  # not now: the network, their servers, a quota


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    problem: str = ""
    retry_after_s: int = 0


class PushSender(Protocol):
    """Sends one message; called from several threads at once. Raises nothing."""

    def send(self, message: Message) -> Outcome: ...


@cache
def push_sender() -> PushSender | None:
    """The configured sender, or None if nothing is to be sent."""
    from apps.notifications.push.console import ConsoleSender
    from apps.notifications.push.fcm import FcmSender

    if settings.PUSH_SENDER == "fcm":
        return FcmSender(
            service_account_file=settings.FCM_SERVICE_ACCOUNT_FILE, base_url=settings.FCM_URL
        )
    return ConsoleSender() if settings.PUSH_SENDER == "console" else None
