"""Codes by e-mail, through the mail server of the settings EMAIL_HOST and its neighbours."""

from smtplib import SMTPException

from django.core.mail import get_connection, send_mail

from apps.users.senders.base import NotSent

SUBJECT = "{code} is your code"
BODY = """Your code is {code}. It is valid for ten minutes.

If you did not ask for it, ignore this message and tell the code to nobody.
"""


class SmtpSender:
    makes_codes = False

    def send(self, *, address: str, code: str) -> None:
        connection = get_connection("django.core.mail.backends.smtp.EmailBackend")
        try:
            send_mail(
                SUBJECT.format(code=code),
                BODY.format(code=code),
                from_email=None,
                recipient_list=[address],
                connection=connection,
            )
        except (SMTPException, OSError) as error:
            raise NotSent(f"mail server: {type(error).__name__} {error}") from error

    def check(self, *, address: str, code: str) -> bool:
        return False
