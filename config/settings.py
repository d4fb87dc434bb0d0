"""All settings of Clipcast, read from the environment. `.env.example` documents each one.

Beside it: Django's apps and middleware (parts.py), PostgreSQL and Valkey (servers.py), where files
are kept (stores.py), what runs when (schedule.py), the log (logs.py), and what is refused
(problems.py).
"""

import hashlib
import hmac
import tomllib
from pathlib import Path
from types import SimpleNamespace

from config import parts, servers
from config.environment import BASE_DIR, env, load
from config.logs import logging_of
from config.problems import IDENTITY_PROOFS, INSECURE_SECRET_KEY, refuse_unsafe
from config.schedule import BEAT_SCHEDULE, TASK_ROUTES
from config.stores import file_stores

load()
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# --- Mode -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=INSECURE_SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else ["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Empty: taken from each request's Host, so that a phone on the same network just works.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))

# --- Mobile API -----------------------------------------------------------------------------
MOBILE_IDENTITY = env.list(
    "MOBILE_IDENTITY", default=IDENTITY_PROOFS if DEBUG else ["token", "firebase-id-token"]
)
ALLOW_WEAK_MOBILE_IDENTITY = env.bool("ALLOW_WEAK_MOBILE_IDENTITY", default=False)
ALLOW_UNVERIFIED_SOCIAL = env.bool("ALLOW_UNVERIFIED_SOCIAL", default=DEBUG)
API_KEYS = env.list("API_KEYS", default=[])
TOKEN_UNUSED_DAYS = env.int("TOKEN_UNUSED_DAYS", default=90)
GOOGLE_CLIENT_IDS = env.list("GOOGLE_CLIENT_IDS", default=[])
GOOGLE_JWKS_URL = env.str("GOOGLE_JWKS_URL", default="https://www.googleapis.com/oauth2/v3/certs")
APPLE_CLIENT_IDS = env.list("APPLE_CLIENT_IDS", default=[])
APPLE_JWKS_URL = env.str("APPLE_JWKS_URL", default="https://appleid.apple.com/auth/keys")
FACEBOOK_CLIENT_IDS = env.list("FACEBOOK_CLIENT_IDS", default=[])
FACEBOOK_JWKS_URL = env.str(
    "FACEBOOK_JWKS_URL", default="https://limited.facebook.com/.well-known/oauth/openid/jwks/"
)
FIREBASE_PROJECT_ID = env.str("FIREBASE_PROJECT_ID", default="")
FIREBASE_JWKS_URL = env.str(
    "FIREBASE_JWKS_URL",
    default="https://www.googleapis.com/service_accounts/v1/jwk/"
    "securetoken@system.gserviceaccount.com",
)
MOBILE_BODY_MAX_BYTES = env.int("MOBILE_BODY_MAX_BYTES", default=10 * 1024 * 1024)
THROTTLE_ENABLED = env.bool("THROTTLE_ENABLED", default=True)

# --- Accounts -------------------------------------------------------------------------------
# The Android client's screens take exactly four digits.
CODE_DIGITS = env.int("CODE_DIGITS", default=4)
CODES_PER_DAY = env.int("CODES_PER_DAY", default=2000)
REQUIRE_EMAIL_CODE = env.bool("REQUIRE_EMAIL_CODE", default=not DEBUG)
EMAIL_CODE_SENDER = env.str("EMAIL_CODE_SENDER", default="console")
SMS_CODE_SENDER = env.str("SMS_CODE_SENDER", default="console")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_VERIFY_SERVICE = env.str("TWILIO_VERIFY_SERVICE", default="")
TWILIO_VERIFY_URL = env.str("TWILIO_VERIFY_URL", default="https://verify.twilio.com").rstrip("/")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_S", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clipcast@localhost")
# Where the iOS client and the providers keep pictures; a name stands for its subdomains too.
PICTURE_HOSTS = env.list(
    "PICTURE_HOSTS",
    default=["firebasestorage.googleapis.com", "googleusercontent.com", "fbsbx.com", "fbcdn.net"],
)
# showLicense answers 200, at which the Android client opens duets for good; unless the operators'
# setting of the apps `license` says otherwise.
UNLOCK_DUETS = env.bool("UNLOCK_DUETS", default=True)
ACCOUNT_GRACE_DAYS = env.int("ACCOUNT_GRACE_DAYS", default=30)
# Whether operators must sign in with a second factor; who has set one up is always asked for it.
STAFF_TWO_FACTOR = env.bool("STAFF_TWO_FACTOR", default=not DEBUG)
OTP_TOTP_ISSUER = "Clipcast"

# --- Videos ---------------------------------------------------------------------------------
VIDEO_MAX_BYTES = env.int("VIDEO_MAX_BYTES", default=512 * 1024 * 1024)
# What showVideoCompression tells the apps to bring a clip down to.
VIDEO_UPLOAD_KBITS = env.int("VIDEO_UPLOAD_KBITS", default=2500)
VIDEO_MAX_S = env.int("VIDEO_MAX_S", default=600)
VIDEO_MAX_PIXELS = env.int("VIDEO_MAX_PIXELS", default=4096 * 2304)
MEDIA_TIMEOUT_S = env.int("MEDIA_TIMEOUT_S", default=900)
MEDIA_MEMORY_MB = env.int("MEDIA_MEMORY_MB", default=2048)
MEDIA_THREADS = env.int("MEDIA_THREADS", default=1)
# The class that looks at each new clip (apps/moderation/classifiers.py). Empty: none.
VIDEO_CLASSIFIER = env.str("VIDEO_CLASSIFIER", default="")
VIDEO_CLASSIFIER_TIMEOUT_S = env.int("VIDEO_CLASSIFIER_TIMEOUT_S", default=60)
# What signs the calls of getVideoDetection. Empty: they are refused.
VIDEO_DETECTION_SECRET = env.str("VIDEO_DETECTION_SECRET", default="")
VIDEO_DETECTION_LABELS = env.list("VIDEO_DETECTION_LABELS", default=["nudity"])
DOWNLOAD_KEEP_DAYS = env.int("DOWNLOAD_KEEP_DAYS", default=3)
UPLOAD_KEEP_DAYS = env.int("UPLOAD_KEEP_DAYS", default=7)
# Files of requests on their way in. Empty: the system's folder for temporary files.
FILE_UPLOAD_TEMP_DIR = env.str("FILE_UPLOAD_TEMP_DIR", default="") or None

# --- Wallet ---------------------------------------------------------------------------------
DEMO_STORE = env.bool("DEMO_STORE", default=DEBUG)
# Apple sells when the bundle id is set.
APPLE_BUNDLE_ID = env.str("APPLE_BUNDLE_ID", default="")
APPLE_APP_ID = env.int("APPLE_APP_ID", default=0)
APPLE_ENVIRONMENT = env.str("APPLE_ENVIRONMENT", default="Production")
APPLE_ROOT_CERTIFICATE_FILES = env.list("APPLE_ROOT_CERTIFICATE_FILES", default=[])
APPLE_ISSUER_ID = env.str("APPLE_ISSUER_ID", default="")
APPLE_KEY_ID = env.str("APPLE_KEY_ID", default="")
APPLE_KEY_FILE = env.str("APPLE_KEY_FILE", default="")
APPLE_API_URL = env.str("APPLE_API_URL", default="").rstrip("/")
# Google Play sells when the package is set.
GOOGLE_PLAY_PACKAGE = env.str("GOOGLE_PLAY_PACKAGE", default="")
GOOGLE_PLAY_SERVICE_ACCOUNT_FILE = env.str("GOOGLE_PLAY_SERVICE_ACCOUNT_FILE", default="")
GOOGLE_PLAY_TESTERS = env.bool("GOOGLE_PLAY_TESTERS", default=False)
GOOGLE_PLAY_API_URL = env.str(
    "GOOGLE_PLAY_API_URL", default="https://androidpublisher.googleapis.com"
).rstrip("/")
# Cards are taken when the secret key is set.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com").rstrip("/")
COIN_WORTH_USD = env.float("COIN_WORTH_USD", default=0.005)
GIFT_PLATFORM_SHARE_PERCENT = env.int("GIFT_PLATFORM_SHARE_PERCENT", default=0)
# Coins that one person may give, or get as gifts, in an hour; 0 is no limit.
GIFT_SENDER_MAX_COINS_PER_HOUR = env.int("GIFT_SENDER_MAX_COINS_PER_HOUR", default=0)
GIFT_RECEIVER_MAX_COINS_PER_HOUR = env.int("GIFT_RECEIVER_MAX_COINS_PER_HOUR", default=0)
# So many accounts younger than a week that give to one person within a day raise a flag.
GIFT_FLAG_NEW_SENDERS = env.int("GIFT_FLAG_NEW_SENDERS", default=10)
PAYOUT_MIN_COINS = env.int("PAYOUT_MIN_COINS", default=2000)
# What a person gets for each new account that names their referral code.
REFERRAL_COINS = env.int("REFERRAL_COINS", default=0)
# Who was shown an ended promotion is forgotten after so many days; the counts stay.
PROMOTION_EVENT_KEEP_DAYS = env.int("PROMOTION_EVENT_KEEP_DAYS", default=30)

# --- Live rooms -----------------------------------------------------------------------------
# Empty addresses: the request's host with these ports.
RTMP_PORT = env.int("RTMP_PORT", default=1935)
HLS_PORT = env.int("HLS_PORT", default=8888)
WEBRTC_PORT = env.int("WEBRTC_PORT", default=8889)
SRT_PORT = env.int("SRT_PORT", default=8890)
MEDIAMTX_SRT = env.bool("MEDIAMTX_SRT", default=False)
MEDIAMTX_RTMP_URL = env.str("MEDIAMTX_RTMP_URL", default="").rstrip("/")
MEDIAMTX_HLS_URL = env.str("MEDIAMTX_HLS_URL", default="").rstrip("/")
MEDIAMTX_WEBRTC_URL = env.str("MEDIAMTX_WEBRTC_URL", default="").rstrip("/")
MEDIAMTX_API_URL = env.str(
    "MEDIAMTX_API_URL",
    default=f"http://127.0.0.1:{env.int('MEDIAMTX_API_PORT', default=9997)}",
).rstrip("/")
# What MediaMTX's notifications and our calls of its Control API carry, so that no stranger can.
MEDIAMTX_SECRET = (
    env.str("MEDIAMTX_SECRET", default="")
    or hmac.new(SECRET_KEY.encode(), b"mediamtx", hashlib.sha256).hexdigest()
)
GO_LIVE = env.str("GO_LIVE", default="everyone")
# Whether people without an account may watch public rooms. MediaMTX then asks nobody about them.
ROOM_GUESTS = env.bool("ROOM_GUESTS", default=True)
ROOM_GRACE_S = env.int("ROOM_GRACE_S", default=90)
ROOM_UNSTARTED_S = env.int("ROOM_UNSTARTED_S", default=900)
# MediaMTX's folder of recordings, which the media worker empties.
RECORDINGS_ROOT = env.str("RECORDINGS_ROOT", default=str(DATA_DIR / "recordings"))
# Whether MediaMTX records is told to it (./scripts/run and docker compose pass this on).
ROOM_RECORDING = env.bool("ROOM_RECORDING", default=True)
ROOM_RECORDING_DAYS = env.int("ROOM_RECORDING_DAYS", default=7)
# A recorded room becomes a video of its host.
ROOM_REPLAYS = env.bool("ROOM_REPLAYS", default=True)
ROOM_REPLAY_MAX_S = env.int("ROOM_REPLAY_MAX_S", default=4 * 3600)
ROOM_BLOCKED_WORDS = env.list("ROOM_BLOCKED_WORDS", default=[])
AUDIO_ROOM_IDLE_HOURS = env.int("AUDIO_ROOM_IDLE_HOURS", default=12)

# --- Push -----------------------------------------------------------------------------------
# The key file of a Firebase service account; with it, pushes go out by themselves.
FCM_SERVICE_ACCOUNT_FILE = env.str("FCM_SERVICE_ACCOUNT_FILE", default="")
FCM_URL = env.str("FCM_URL", default="https://fcm.googleapis.com").rstrip("/")
PUSH_SENDER = env.str(
    "PUSH_SENDER",
    default="fcm" if FCM_SERVICE_ACCOUNT_FILE else "console" if DEBUG else "none",
)
PUSH_KEEP_DAYS = env.int("PUSH_KEEP_DAYS", default=7)

# --- Capture --------------------------------------------------------------------------------
CAPTURE_OPEN_API = env.bool("CAPTURE_OPEN_API", default=False)
# Empty: TikTok itself. The demo streamer's server is used for names that begin with "demo".
TIKTOK_APP_URL = env.str("TIKTOK_APP_URL", default="")
TIKTOK_WEBCAST_URL = env.str("TIKTOK_WEBCAST_URL", default="")
TIKTOK_SIGN_URL = env.str("TIKTOK_SIGN_URL", default="")
TIKTOK_SIGN_API_KEY = env.str("TIKTOK_SIGN_API_KEY", default="")
DEMO_WEBCAST_URL = env.str("DEMO_WEBCAST_URL", default="")
# A socket that gives no sign of life for so long is dead and is opened anew.
CAPTURE_SILENCE_S = env.float("CAPTURE_SILENCE_S", default=60)
# How long a worker may be gone before another takes its sessions.
CAPTURE_LEASE_S = env.float("CAPTURE_LEASE_S", default=8)
# Events of sessions that began so long ago are dropped; 0 keeps them for ever.
CAPTURE_KEEP_DAYS = env.int("CAPTURE_KEEP_DAYS", default=0)
# Live streams of events: a comment so often when nothing else is sent, and the question whether
# the reader still may.
STREAM_HEARTBEAT_S = env.float("STREAM_HEARTBEAT_S", default=15)
STREAM_RECHECK_S = env.float("STREAM_RECHECK_S", default=10)
# The watch list: how often TikTok is asked who is live, and captures begun by it.
CAPTURE_WATCH_LOOKS_PER_MINUTE = env.int("CAPTURE_WATCH_LOOKS_PER_MINUTE", default=30)
CAPTURE_WATCH_STARTS_PER_HOUR = env.int("CAPTURE_WATCH_STARTS_PER_HOUR", default=60)
# Files of exports are kept so long.
EXPORT_KEEP_DAYS = env.int("EXPORT_KEEP_DAYS", default=7)
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/(sessions|streamers|compare|exports|health)(/|$)"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "x-api-key", "last-event-id"]
CORS_EXPOSE_HEADERS = ["Retry-After", "Content-Disposition"]

# --- Servers --------------------------------------------------------------------------------
DATABASES = {"default": servers.database()}
# How long a statement may take in processes that somebody waits for (config/prompt.py); 0: as long
# as it likes.
DATABASE_STATEMENT_TIMEOUT_S = env.float("DATABASE_STATEMENT_TIMEOUT_S", default=15)
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# --- Django ---------------------------------------------------------------------------------
INSTALLED_APPS = parts.APPS
MIDDLEWARE = parts.MIDDLEWARE
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 6},
    }
]
LOGIN_URL = "/admin/login/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = MOBILE_BODY_MAX_BYTES
CACHES = {"default": servers.cache(REDIS_URL)}

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(DATA_DIR / "static"))
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(DATA_DIR / "media"))
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(DATA_DIR / "private"))
# Where phones find the media bucket: a CDN, or this server itself (/media/, see docs). Empty: S3.
S3_MEDIA_URL = env.str("S3_MEDIA_URL", default="")
# Where phones find the store itself, if S3_ENDPOINT_URL is a name that only our servers know.
S3_PUBLIC_URL = env.str("S3_PUBLIC_URL", default="")
STORAGES = file_stores(PRIVATE_ROOT)

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.access.throttling.WriteThrottle"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Clipcast",
    "VERSION": VERSION,
    "DESCRIPTION": "The mobile API (POST /api/<endpoint>) and the capture API.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["apps.access.schema.without_slash_at_the_end"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.access.schema.answers_of_all",
        "apps.contract.openapi.add_mobile_endpoints",
    ],
}
UNFOLD = {
    "SITE_TITLE": "Clipcast",
    "SITE_HEADER": "Clipcast",
    "SITE_SYMBOL": "smart_display",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": f"{STATIC_URL}dashboard/icon.svg",
        }
    ],
    "LOGIN": {"form": "apps.staff.forms.SignInForm"},
    "DASHBOARD_CALLBACK": "apps.staff.home.with_cards",
    "STYLES": [f"{STATIC_URL}staff/staff.css"],
    "SIDEBAR": {"show_search": True, "navigation": "apps.staff.menu.navigation"},
    "ACCOUNT": {"navigation": "apps.staff.menu.account_links"},
}

# --- Celery ---------------------------------------------------------------------------------
CELERY_BROKER_URL = servers.broker_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = servers.valkey_options(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = TASK_ROUTES
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

PRIVATE_NETWORKS = [
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
]
# --- Security -------------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True
# Whose X-Forwarded-... headers are believed: this machine and private networks.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=PRIVATE_NETWORKS)
# Operators sign in again after so long.
SESSION_COOKIE_AGE = env.int("OPERATOR_SESSION_HOURS", default=12) * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("COOKIE_SECURE", default=not DEBUG)
# Whoever announces https wants nothing else. Monitors ask from inside, where there is no TLS; the
# mobile API is answered before this, since apps don't follow a redirected POST.
IS_HTTPS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS and not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600 if SECURE_SSL_REDIRECT else 0)
# HSTS for other names of the domain, and for ever in browsers' lists, is its owner's choice.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Errors and traces, which config/observers.py sends; empty: nowhere.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")

# What Prometheus shows as bearer at /metrics. Empty: closed, but for DEBUG.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOG_FORMAT = env.str("LOG_FORMAT", default="plain")
LOGGING = logging_of(LOG_FORMAT, env.str("LOG_LEVEL", default="INFO"))

refuse_unsafe(SimpleNamespace(**globals()))
