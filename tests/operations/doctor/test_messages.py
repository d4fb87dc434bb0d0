"""The doctor's test mail and test push."""

from typing import Any

import pytest
from django.core import mail as django_mail

from apps.notifications.push import Outcome, Verdict
from apps.operations.doctor import messages
from apps.operations.doctor.findings import Wishes
from apps.users.models import Device
from tests.cast import Person
from tests.operations.doctor.looking import levels

YOU = Wishes(send_to="owner@example.com")


def test_a_mail_goes_to_who_asked(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.EMAIL_CODE_SENDER = "smtp"
    monkeypatch.setattr(messages, "SMTP", "django.core.mail.backends.locmem.EmailBackend")
    assert levels(messages.mail) == ["skipped"]
    assert levels(messages.mail, YOU) == ["ok"]
    assert django_mail.outbox[-1].to == ["owner@example.com"]


def test_a_mail_server_that_is_away_is_wrong(settings) -> None:
    settings.EMAIL_CODE_SENDER, settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp", "127.0.0.1", 1
    assert levels(messages.mail, YOU) == ["wrong"]
    settings.EMAIL_CODE_SENDER = "console"
    assert levels(messages.mail, YOU) == ["skipped"]


def test_pushes_go_to_the_phones_of_who_asked(
    monkeypatch: pytest.MonkeyPatch, owner: Person
) -> None:
    sent: list[str] = []
    verdicts = [Verdict.SENT, Verdict.DEAD_TOKEN]

    class Sender:
        def send(self, message: Any) -> Outcome:
            sent.append(message.push_token)
            return Outcome(verdicts[len(sent) - 1])

    monkeypatch.setattr(messages, "push_sender", Sender)
    assert levels(messages.push) == ["skipped"]
    assert levels(messages.push, YOU) == ["warning"]
    for token in ("one", "two"):
        Device.objects.create(user=owner.user, key=token, push_token=token)
    assert levels(messages.push, YOU) == ["ok", "wrong"]
    assert sorted(sent) == ["one", "two"]
    monkeypatch.setattr(messages, "push_sender", lambda: None)
    assert levels(messages.push, YOU) == ["skipped"]
