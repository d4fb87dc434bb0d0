"""What refuses to start: the real settings module, read by a fresh Python with each environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "x" * 50,
    "DEBUG": "false",
    "ALLOWED_HOSTS": "clips.example.com",
}
READ = "import config.settings as s; print(s.DEBUG, ','.join(s.MOBILE_IDENTITY), s.DEMO_STORE)"


def read_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    # An empty working folder's .env is not read: the one beside the settings is, if there is any.
    return subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_safe_production_settings_start() -> None:
    answer = read_settings(**SAFE)
    assert answer.stdout == "False token,firebase-id-token False\n", answer.stderr


def test_buckets_start_with_an_address() -> None:
    buckets = {"S3_BUCKET": "clips", "PUBLIC_URL": "https://clips.example.com"}
    answer = read_settings(**SAFE | buckets)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("unsafe", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "insecure-key-for-development-only"}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set"),
        ({"MOBILE_IDENTITY": "token,user-id"}, "MOBILE_IDENTITY holds user-id"),
        ({"MOBILE_IDENTITY": "firebase-uid"}, "MOBILE_IDENTITY holds firebase-uid"),
        ({"ALLOW_UNVERIFIED_SOCIAL": "true"}, "ALLOW_UNVERIFIED_SOCIAL"),
        ({"DEMO_STORE": "true"}, "DEMO_STORE"),
        ({"CAPTURE_OPEN_API": "true"}, "CAPTURE_OPEN_API"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name"),
        ({"MOBILE_IDENTITY": "tokens"}, "it holds tokens"),
        ({"GIFT_PLATFORM_SHARE_PERCENT": "101"}, "GIFT_PLATFORM_SHARE_PERCENT"),
        ({"REFERRAL_COINS": "-1"}, "REFERRAL_COINS must be between"),
        ({"GO_LIVE": "nobody"}, "GO_LIVE must be one of"),
        ({"COIN_WORTH_USD": "0"}, "COIN_WORTH_USD and PAYOUT_MIN_COINS must be above 0."),
        ({"APPLE_BUNDLE_ID": "a.b"}, "APPLE_BUNDLE_ID needs APPLE_APP_ID"),
        ({"APPLE_BUNDLE_ID": "a.b"}, "APPLE_BUNDLE_ID needs APPLE_ROOT_CERTIFICATE_FILES"),
        ({"APPLE_BUNDLE_ID": "a.b", "APPLE_ENVIRONMENT": "Sandbox"}, "testers who pay nothing"),
        ({"APPLE_BUNDLE_ID": "a.b", "APPLE_ENVIRONMENT": "x"}, "APPLE_ENVIRONMENT must be one"),
        ({"GOOGLE_PLAY_PACKAGE": "a.b"}, "GOOGLE_PLAY_PACKAGE needs GOOGLE_PLAY_SERVICE"),
        ({"GOOGLE_PLAY_PACKAGE": "a.b", "GOOGLE_PLAY_TESTERS": "true"}, "testers who pay nothing"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET"),
        ({"STRIPE_SECRET_KEY": "rk_test_x"}, "STRIPE_SECRET_KEY is a test key"),
        ({"APPLE_BUNDLE_ID": "a.b", "APPLE_KEY_FILE": "/no/key"}, "/no/key is not there."),
        ({"S3_BUCKET": "clips"}, "need PUBLIC_URL"),
        ({"S3_PRIVATE_BUCKET": "uploads", "DEBUG": "true"}, "need PUBLIC_URL"),
    ],
)
def test_an_unsafe_setting_refuses_to_start(unsafe: dict[str, str], sentence: str) -> None:
    answer = read_settings(**SAFE | unsafe)
    assert answer.returncode != 0
    assert "Clipcast refuses to start" in answer.stderr
    assert sentence in answer.stderr


def test_several_problems_are_told_at_once() -> None:
    answer = read_settings(**SAFE | {"DEMO_STORE": "true", "ALLOWED_HOSTS": "*"})
    assert "DEMO_STORE" in answer.stderr
    assert "ALLOWED_HOSTS" in answer.stderr


def test_weak_identity_starts_when_it_is_allowed_by_name() -> None:
    answer = read_settings(
        **SAFE | {"MOBILE_IDENTITY": "token,user-id", "ALLOW_WEAK_MOBILE_IDENTITY": "true"}
    )
    assert answer.stdout == "False token,user-id False\n", answer.stderr


def test_the_development_mode_opens_the_weak_doors() -> None:
    answer = read_settings(**SAFE | {"DEBUG": "true", "SECRET_KEY": ""})
    expected = "True token,firebase-id-token,firebase-uid,user-id True\n"
    assert answer.stdout == expected, answer.stderr
