"""Who brings a one-time code to an address. The settings EMAIL_CODE_SENDER and SMS_CODE_SENDER
choose; each sender is a file of the same shape."""

from django.conf import settings

from apps.users.senders.base import NotSent, Sender
from apps.users.senders.console import ConsoleSender
from apps.users.senders.smtp import SmtpSender
from apps.users.senders.twilio import TwilioSender

__all__ = ["NotSent", "Sender", "for_address"]

SENDERS: dict[str, type[Sender]] = {
    "console": ConsoleSender,
    "smtp": SmtpSender,
    "twilio": TwilioSender,
}


def for_address(address: str) -> Sender:
    """The sender for an e-mail address, or for a phone number in E.164 form."""
    name = settings.EMAIL_CODE_SENDER if "@" in address else settings.SMS_CODE_SENDER
    return SENDERS[name]()
