"""The environment, with what `.env` beside manage.py and the files of secrets add to it."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# Each may be given as NAME_FILE, the file that holds it: so Docker and systemd hand out secrets.
SECRETS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "API_KEYS",
    "EMAIL_HOST_PASSWORD",
    "TWILIO_AUTH_TOKEN",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "MEDIAMTX_SECRET",
    "VIDEO_DETECTION_SECRET",
    "TIKTOK_SIGN_API_KEY",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "METRICS_TOKEN",
    "SENTRY_DSN",
)


def load() -> None:
    """Fill the environment. Raises ImproperlyConfigured, with a sentence, for a bad secret."""
    environ.Env.read_env(BASE_DIR / ".env")
    for name in SECRETS:
        path = os.environ.get(f"{name}_FILE")
        if path:
            set_secret(name, read_secret(name, Path(path)))


def read_secret(name: str, path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} can't be read: {error}") from error
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is empty.")
    return secret


def set_secret(name: str, secret: str) -> None:
    if os.environ.get(name, secret) not in ("", secret):
        raise ImproperlyConfigured(f"{name} and {name}_FILE say different things. Set one of them.")
    os.environ[name] = secret
