"""What the operators chose: settings, roles, and whether the books hold."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.utils import timezone

from apps.operations.doctor.findings import Finding, Wishes, ok, warning, wrong
from apps.users.models import User
from apps.wallet.models import AuditRun
from config.problems import WEAK_IDENTITY_PROOFS

PROOF_EVERY = timedelta(hours=26)  # nightly, and some hours late
MANY_SUPERUSERS = 3


def production(wishes: Wishes) -> Iterator[Finding]:
    """Settings that start, and that people on the internet will suffer from."""
    seen = False
    for is_bad, said, mend in doubtful_choices():
        if is_bad:
            seen = True
            yield warning(said, mend)
    if not seen:
        yield ok("fit for people on the internet")


def doubtful_choices() -> list[tuple[bool, str, str]]:
    weak = sorted(WEAK_IDENTITY_PROOFS & set(settings.MOBILE_IDENTITY))
    sign_ins = [
        settings.FIREBASE_PROJECT_ID,
        settings.GOOGLE_CLIENT_IDS,
        settings.APPLE_CLIENT_IDS,
        settings.FACEBOOK_CLIENT_IDS,
    ]
    return [
        (
            settings.DEBUG,
            "DEBUG is on: weak doors are open, and errors show the code.",
            "DEBUG=false.",
        ),
        (
            bool(weak),
            f"MOBILE_IDENTITY accepts {', '.join(weak)}: an id is a key.",
            "MOBILE_IDENTITY=token,firebase-id-token, once every phone has a current app.",
        ),
        (
            not settings.PUBLIC_URL.startswith("https://"),
            "PUBLIC_URL is not https: tokens and pictures go in the clear.",
            "PUBLIC_URL=https://your.domain, with a proxy that has a certificate.",
        ),
        (
            settings.EMAIL_CODE_SENDER == "console",
            "Codes by mail go to the log: nobody can register.",
            "EMAIL_CODE_SENDER=smtp, and EMAIL_HOST with its neighbours.",
        ),
        (
            settings.SMS_CODE_SENDER == "console",
            "Codes by SMS go to the log: nobody signs in by phone number.",
            "SMS_CODE_SENDER=twilio, and its three settings.",
        ),
        (
            settings.PUSH_SENDER != "fcm",
            "Phones get no pushes.",
            "FCM_SERVICE_ACCOUNT_FILE, the key file of your Firebase project.",
        ),
        (
            not any(sign_ins),
            "No sign-in by Google, Apple, Facebook or Firebase is accepted.",
            "Set GOOGLE_CLIENT_IDS, APPLE_CLIENT_IDS, FACEBOOK_CLIENT_IDS, FIREBASE_PROJECT_ID.",
        ),
        (
            not settings.METRICS_TOKEN,
            "Nobody can read /metrics, so no alert will wake you.",
            "METRICS_TOKEN (docs/operators/monitoring.md).",
        ),
    ]


def django_checks(wishes: Wishes) -> Iterator[Finding]:
    """Django's own checks; those for production but in the development mode."""
    found = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    found = [message for message in found if not message.is_silenced()]
    for message in found:
        make = wrong if message.is_serious(checks.ERROR) else warning
        first_sentence = message.msg.split(". ")[0].split("\n")[0].rstrip(".")
        yield make(f"{message.id}: {first_sentence}.", message.hint or "")
    if not found:
        yield ok("Django's checks find nothing")


def operators(wishes: Wishes) -> Iterator[Finding]:
    staff = User.objects.filter(is_staff=True, is_active=True)
    mighty = staff.filter(is_superuser=True).count()
    idle = staff.filter(is_superuser=False, groups=None, user_permissions=None).count()
    if not mighty:
        yield warning("Nobody is superuser.", "manage.py login_link makes one named operator.")
    if mighty > MANY_SUPERUSERS:
        yield warning(
            f"{mighty} people may do everything.", "Give most of them a role (admin, Groups)."
        )
    if idle:
        yield warning(
            f"{idle} operators have no role and can do nothing.", "Give them one, or end them."
        )
    alone = staff.exclude(totpdevice__confirmed=True).count()
    if alone:
        yield warning(
            f"{alone} operators have no second factor: a stolen password is enough.",
            "Let each set one up (admin, at the own name).",
        )
    yield ok(f"{staff.count()} operators, {mighty} of them superusers")


def books(wishes: Wishes) -> Iterator[Finding]:
    run = AuditRun.objects.order_by("-started_at").first()
    if run is None:
        yield warning("The books were never proved.", "Run manage.py audit_ledger.")
    elif run.broken:
        yield wrong(
            f"{run.broken} rules of the books are broken.",
            "See docs/operators/books.md, and stop payouts until it is understood.",
        )
    elif timezone.now() - run.started_at > PROOF_EVERY:
        yield warning(
            f"The books were last proved {run.started_at:%d %B %Y}.",
            "Beat does it every night: is it running? manage.py audit_ledger does it now.",
        )
    else:
        yield ok(f"proved {run.started_at:%d %B, %H:%M} UTC")
