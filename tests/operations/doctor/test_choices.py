"""Settings, operators and books, as manage.py doctor sees them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.operations.doctor import choices
from apps.users.models import User
from apps.wallet.models import AuditRun
from tests.cast import Person
from tests.operations.doctor.looking import found, levels


@pytest.fixture
def well_chosen(settings) -> None:
    settings.DEBUG = False
    settings.PUBLIC_URL = "https://clips.example.com"
    settings.EMAIL_CODE_SENDER, settings.SMS_CODE_SENDER = "smtp", "twilio"
    settings.PUSH_SENDER = "fcm"
    settings.FIREBASE_PROJECT_ID = "clips"
    settings.METRICS_TOKEN = "scraper"
    settings.MOBILE_IDENTITY = ["token"]


def test_settings_for_production_are_well(well_chosen: None) -> None:
    assert levels(choices.production) == ["ok"]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DEBUG", True, "DEBUG"),
        ("MOBILE_IDENTITY", ["token", "user-id"], "user-id"),
        ("PUBLIC_URL", "http://clips.example.com", "https"),
        ("EMAIL_CODE_SENDER", "console", "mail"),
        ("SMS_CODE_SENDER", "console", "SMS"),
        ("PUSH_SENDER", "none", "pushes"),
        ("FIREBASE_PROJECT_ID", "", "sign-in"),
        ("METRICS_TOKEN", "", "/metrics"),
    ],
)
def test_a_doubtful_setting_is_told(
    well_chosen: None, settings, name: str, value: Any, word: str
) -> None:
    setattr(settings, name, value)
    [(level, said)] = found(choices.production)
    assert level == "warning"
    assert word in said


def test_djangos_own_checks_are_asked(settings) -> None:
    settings.SESSION_COOKIE_SECURE = False
    assert ("warning", "security.W012: SESSION_COOKIE_SECURE is not set to True.") in found(
        choices.django_checks
    )
    settings.SESSION_COOKIE_SECURE = True
    assert "W012" not in str(found(choices.django_checks))


def test_what_the_settings_silence_of_djangos_checks_is_not_told(settings) -> None:
    settings.SESSION_COOKIE_SECURE = False
    settings.SILENCED_SYSTEM_CHECKS = ["security.W012"]
    assert "W012" not in str(found(choices.django_checks))


def test_operators(operator: Person, friend: Person) -> None:
    assert levels(choices.operators) == ["warning", "ok"]  # no second factor
    TOTPDevice.objects.create(user=operator.user, name="phone", confirmed=True)
    assert found(choices.operators) == [("ok", "1 operators, 1 of them superusers")]
    User.objects.filter(pk=friend.id).update(is_staff=True)
    assert [said.split()[2:6] for _, said in found(choices.operators)[:2]] == [
        ["have", "no", "role", "and"],
        ["have", "no", "second", "factor:"],
    ]


def test_nobody_or_everybody_superuser_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, operator: Person
) -> None:
    monkeypatch.setattr(choices, "MANY_SUPERUSERS", 0)
    assert found(choices.operators)[0] == ("warning", "1 people may do everything.")
    operator.user.is_superuser = False
    operator.user.save(update_fields=["is_superuser"])
    assert found(choices.operators)[0] == ("warning", "Nobody is superuser.")


def test_the_books() -> None:
    assert levels(choices.books) == ["warning"]
    now = timezone.now()
    run = AuditRun.objects.create(started_at=now, finished_at=now, broken=0, results=[])
    assert levels(choices.books) == ["ok"]
    AuditRun.objects.filter(pk=run.pk).update(started_at=now - timedelta(days=3))
    assert levels(choices.books) == ["warning"]
    AuditRun.objects.filter(pk=run.pk).update(broken=2)
    assert found(choices.books) == [("wrong", "2 rules of the books are broken.")]
