"""What is wrong with the settings, in sentences. A start with any of it is refused."""

from pathlib import Path
from types import SimpleNamespace

from django.core.exceptions import ImproperlyConfigured

from config.observers import is_installed

IDENTITY_PROOFS = ["token", "firebase-id-token", "firebase-uid", "user-id"]
WEAK_IDENTITY_PROOFS = {"firebase-uid", "user-id"}
EMAIL_CODE_SENDERS = ["console", "smtp"]
SMS_CODE_SENDERS = ["console", "twilio"]
APPLE_ENVIRONMENTS = ["Production", "Sandbox"]
GO_LIVE_MODES = ["everyone", "verified", "permission"]
PUSH_SENDERS = ["none", "console", "fcm"]
LOG_FORMATS = ["plain", "json"]
INSECURE_SECRET_KEY = "insecure-key-for-development-only"


def log_problems(settings: SimpleNamespace) -> list[str]:
    """What is wrong with the settings of the log."""
    if settings.LOG_FORMAT not in LOG_FORMATS:
        formats = ", ".join(LOG_FORMATS)
        return [f"LOG_FORMAT must be one of {formats}; it is {settings.LOG_FORMAT}."]
    return []


def push_problems(settings: SimpleNamespace) -> list[str]:
    """What is wrong with the settings of pushes, in sentences."""
    if settings.PUSH_SENDER not in PUSH_SENDERS:
        senders = ", ".join(PUSH_SENDERS)
        return [f"PUSH_SENDER must be one of {senders}; it is {settings.PUSH_SENDER}."]
    if settings.PUSH_SENDER == "fcm" and not Path(settings.FCM_SERVICE_ACCOUNT_FILE).is_file():
        return ["PUSH_SENDER=fcm needs FCM_SERVICE_ACCOUNT_FILE, a file that is there."]
    return []


def code_problems(settings: SimpleNamespace) -> list[str]:
    """What is wrong with the settings of one-time codes."""
    problems = []
    if not 4 <= settings.CODE_DIGITS <= 8:
        problems.append(f"CODE_DIGITS must be 4 to 8; it is {settings.CODE_DIGITS}.")
    if settings.EMAIL_CODE_SENDER not in EMAIL_CODE_SENDERS:
        problems.append(f"EMAIL_CODE_SENDER must be one of {', '.join(EMAIL_CODE_SENDERS)}.")
    if settings.SMS_CODE_SENDER not in SMS_CODE_SENDERS:
        problems.append(f"SMS_CODE_SENDER must be one of {', '.join(SMS_CODE_SENDERS)}.")
    twilio = [
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_VERIFY_SERVICE,
    ]
    if settings.SMS_CODE_SENDER == "twilio" and not all(twilio):
        problems.append(
            "SMS_CODE_SENDER=twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and "
            "TWILIO_VERIFY_SERVICE."
        )
    return problems


def apple_problems(settings: SimpleNamespace) -> list[str]:
    """What keeps Apple's store from working or from being safe."""
    if not settings.APPLE_BUNDLE_ID:
        return []
    problems = []
    if settings.APPLE_ENVIRONMENT not in APPLE_ENVIRONMENTS:
        problems.append(f"APPLE_ENVIRONMENT must be one of {', '.join(APPLE_ENVIRONMENTS)}.")
    if settings.APPLE_ENVIRONMENT == "Sandbox" and not settings.DEBUG:
        problems.append("APPLE_ENVIRONMENT=Sandbox gives coins to testers who pay nothing.")
    if settings.APPLE_ENVIRONMENT == "Production" and not settings.APPLE_APP_ID:
        problems.append("APPLE_BUNDLE_ID needs APPLE_APP_ID, the app's number in the App Store.")
    files = [*settings.APPLE_ROOT_CERTIFICATE_FILES, *filter(None, [settings.APPLE_KEY_FILE])]
    problems += [f"{path} is not there." for path in files if not Path(path).is_file()]
    if not settings.APPLE_ROOT_CERTIFICATE_FILES:
        problems.append("APPLE_BUNDLE_ID needs APPLE_ROOT_CERTIFICATE_FILES.")
    if settings.APPLE_KEY_FILE and not (settings.APPLE_KEY_ID and settings.APPLE_ISSUER_ID):
        problems.append("APPLE_KEY_FILE needs APPLE_KEY_ID and APPLE_ISSUER_ID.")
    return problems


def google_problems(settings: SimpleNamespace) -> list[str]:
    """What keeps Google's store from working or from being safe."""
    if not settings.GOOGLE_PLAY_PACKAGE:
        return []
    problems = []
    if not Path(settings.GOOGLE_PLAY_SERVICE_ACCOUNT_FILE).is_file():
        problems.append(
            "GOOGLE_PLAY_PACKAGE needs GOOGLE_PLAY_SERVICE_ACCOUNT_FILE, a file that is there."
        )
    if settings.GOOGLE_PLAY_TESTERS and not settings.DEBUG:
        problems.append("GOOGLE_PLAY_TESTERS gives coins to testers who pay nothing.")
    return problems


def stripe_problems(settings: SimpleNamespace) -> list[str]:
    """What keeps cards from working or from being safe."""
    if not settings.STRIPE_SECRET_KEY:
        return []
    problems = []
    if not settings.STRIPE_WEBHOOK_SECRET:
        problems.append("STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET, or refunds go unheard.")
    if "_test_" in settings.STRIPE_SECRET_KEY and not settings.DEBUG:
        problems.append("STRIPE_SECRET_KEY is a test key: coins would cost nothing.")
    return problems


def money_problems(settings: SimpleNamespace) -> list[str]:
    """What keeps the stores from working, and amounts that make no sense."""
    problems = [*apple_problems(settings), *google_problems(settings), *stripe_problems(settings)]
    if not 0 <= settings.GIFT_PLATFORM_SHARE_PERCENT <= 100:
        problems.append("GIFT_PLATFORM_SHARE_PERCENT must be between 0 and 100.")
    if settings.COIN_WORTH_USD <= 0 or settings.PAYOUT_MIN_COINS < 1:
        problems.append("COIN_WORTH_USD and PAYOUT_MIN_COINS must be above 0.")
    if not 0 <= settings.REFERRAL_COINS <= 1_000_000:
        problems.append("REFERRAL_COINS must be between 0 and 1000000.")
    return problems


def identity_problems(settings: SimpleNamespace) -> list[str]:
    """What is wrong with how phones prove who they are."""
    unknown = set(settings.MOBILE_IDENTITY) - set(IDENTITY_PROOFS)
    if settings.MOBILE_IDENTITY and not unknown:
        return []
    return [
        f"MOBILE_IDENTITY must list some of {', '.join(IDENTITY_PROOFS)}; "
        f"it holds {', '.join(sorted(unknown)) or 'nothing'}."
    ]


def room_problems(settings: SimpleNamespace) -> list[str]:
    """What is wrong with the settings of live rooms."""
    if settings.GO_LIVE not in GO_LIVE_MODES:
        modes = ", ".join(GO_LIVE_MODES)
        return [f"GO_LIVE must be one of {modes}; it is {settings.GO_LIVE}."]
    return []


def storage_problems(settings: SimpleNamespace) -> list[str]:
    """What keeps the links to stored files from working."""
    stores = settings.STORAGES.values()
    if settings.PUBLIC_URL or not any("bucket_name" in s.get("OPTIONS", {}) for s in stores):
        return []
    return [
        "S3_BUCKET and S3_PRIVATE_BUCKET need PUBLIC_URL, the address that phones use: the links "
        "to files that not everybody may have begin with it."
    ]


def open_doors(settings: SimpleNamespace) -> list[str]:
    """What a development run may leave open and a server on the internet may not."""
    if settings.DEBUG:
        return []
    problems = []
    weak = WEAK_IDENTITY_PROOFS & set(settings.MOBILE_IDENTITY)
    if settings.SECRET_KEY == INSECURE_SECRET_KEY or len(settings.SECRET_KEY) < 32:
        problems.append("SECRET_KEY must be set to a random text of 32 characters or more.")
    if weak and not settings.ALLOW_WEAK_MOBILE_IDENTITY:
        problems.append(
            f"MOBILE_IDENTITY holds {', '.join(sorted(weak))}, which let anyone act as anyone "
            "who learns an id. Remove them, or set ALLOW_WEAK_MOBILE_IDENTITY=true."
        )
    if settings.ALLOW_UNVERIFIED_SOCIAL:
        problems.append("ALLOW_UNVERIFIED_SOCIAL lets anyone sign in as any social account.")
    if settings.DEMO_STORE:
        problems.append("DEMO_STORE gives coins away for free.")
    if settings.CAPTURE_OPEN_API:
        problems.append("CAPTURE_OPEN_API shows every captured event to anyone.")
    if "*" in settings.ALLOWED_HOSTS:
        problems.append("ALLOWED_HOSTS must name the hosts that this server answers for.")
    return problems


def observer_problems(settings: SimpleNamespace) -> list[str]:
    """What is to be told of errors and traces, and can't be."""
    wanted = [
        ("SENTRY_DSN", "sentry_sdk", "sentry"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.sdk", "opentelemetry"),
    ]
    return [
        f"{name} needs packages that are not installed: uv sync --inexact --extra {extra}."
        for name, module, extra in wanted
        if getattr(settings, name) and not is_installed(module)
    ]


CHECKS = [
    identity_problems,
    room_problems,
    log_problems,
    push_problems,
    code_problems,
    money_problems,
    observer_problems,
    storage_problems,
    open_doors,
]


def refuse_unsafe(settings: SimpleNamespace) -> None:
    """Raise ImproperlyConfigured, in sentences, for what must not face the internet."""
    problems = [problem for check in CHECKS for problem in check(settings)]
    if problems:
        raise ImproperlyConfigured(
            "Clipcast refuses to start with these settings"
            + (":" if settings.DEBUG else " and DEBUG=false:")
            + "".join(f"\n - {problem}" for problem in problems)
        )
