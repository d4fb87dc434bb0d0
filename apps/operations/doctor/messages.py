"""A test mail and a test push, for who asks for them by `send_to`."""

from collections.abc import Iterator
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection, send_mail

from apps.notifications.push import Message, Verdict, push_sender
from apps.operations.doctor.findings import Finding, Wishes, ok, skipped, warning, wrong
from apps.users.models import Device

SUBJECT = "A test of your Clipcast server"
TEXT = "Whoever runs your server asked it to send this. If you can read it, sending works."
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail(wishes: Wishes) -> Iterator[Finding]:
    if settings.EMAIL_CODE_SENDER != "smtp":
        yield skipped("EMAIL_CODE_SENDER is not smtp")
        return
    if not wishes.send_to:
        yield skipped("name an address with --send-to, and it gets a test mail")
        return
    try:
        send_mail(SUBJECT, TEXT, None, [wishes.send_to], connection=get_connection(SMTP))
    except (SMTPException, OSError) as error:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield wrong(
            f"{server} did not take the mail: {type(error).__name__} {error}",
            "See EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER and EMAIL_USE_TLS.",
        )
    else:
        yield ok("the mail server took a test mail")


def push(wishes: Wishes) -> Iterator[Finding]:
    sender = push_sender()
    if sender is None:
        yield skipped("PUSH_SENDER is none")
        return
    if not wishes.send_to:
        yield skipped("name an account's address with --send-to, and its phones get a test push")
        return
    tokens = phones_of(wishes.send_to)
    if not tokens:
        yield warning(
            "No phone of that account takes pushes.", "Sign in on a phone that allows them."
        )
    for token in tokens:
        outcome = sender.send(Message(token, SUBJECT, TEXT, {}, "doctor"))
        if outcome.verdict is Verdict.SENT:
            yield ok("a test push was taken")
        else:
            yield wrong(
                f"A test push was not taken ({outcome.verdict.value}): {outcome.problem}",
                "See FCM_SERVICE_ACCOUNT_FILE and the project's Cloud Messaging settings.",
            )


def phones_of(address: str) -> list[str]:
    phones = Device.objects.filter(user__email__iexact=address).exclude(push_token="")
    return list(phones.values_list("push_token", flat=True)[:5])
