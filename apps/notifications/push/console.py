"""For a first look: pushes appear in the worker's log."""

import logging

from apps.notifications.push import Message, Outcome, Verdict

logger = logging.getLogger(__name__)


class ConsoleSender:
    def send(self, message: Message) -> Outcome:
        logger.info("Push: %s | %s | %s", message.title, message.body, message.data)
        return Outcome(Verdict.SENT)
