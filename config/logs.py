"""What a line of the log holds, and what it must never hold.

Every line says which request or task it belongs to. E-mail addresses, phone numbers, tokens and
passwords are taken out of the whole line, tracebacks included, whoever wrote them.
"""

import logging
import re
from contextvars import ContextVar
from typing import Any

from celery import current_task
from pythonjsonlogger.json import JsonFormatter

# The request that this thread works on; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

HIDDEN = "[hidden]"
# With what may stand before or after: push_token, client_secret, X-Amz-Signature.
SECRET_NAMES = (
    r"[\w-]{0,40}(?:token|password|passwd|signature)|[\w-]{0,40}secret[\w-]{0,40}"
    r"|api_key|api-key|authorization|sessionid|social_id"
)
REDACTIONS = [
    # A JSON Web Token, and what follows "Bearer".
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # Our own keys wherever they stand: an overlay's and a program's. Addresses that are keys.
    (re.compile(r"\b(?:ov|ck)_[\w-]{8,}"), HIDDEN),
    (re.compile(r"(/(?:operator/login|overlay|guarded)/)(?!\[)[^\s/\"'?]+"), rf"\1{HIDDEN}"),
    # The password in an address: postgres://user:password@host.
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@"), rf"\1{HIDDEN}@"),
    # name=value, "name": "value", 'name': 'value'.
    (
        re.compile(
            rf"(?i)\b({SECRET_NAMES})([\"']?\s*[=:]\s*[\"']?)(?!{re.escape(HIDDEN)})[^\s\"'&,;)}}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
    (re.compile(r"(?<![\w.+-])\+\d[\d ()-]{7,}\d"), HIDDEN),
]


def redact(text: str) -> str:
    """The text without secrets and personal data."""
    for pattern, replacement in REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


class Context(logging.Filter):
    """Adds `request` and `task`, the ids of what a line is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request = request_id.get()
        task = current_task
        record.task = (task.request.id or "") if task else ""
        return True


class PlainFormatter(logging.Formatter):
    """Lines for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        about = getattr(record, "request", "") or getattr(record, "task", "")
        return redact(f"{line} [{about}]" if about else line)


class JsonLines(JsonFormatter):
    """One JSON object a line, for programs."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s %(request)s %(task)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
        )

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def logging_of(log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, in one of the two formats."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "context": {"()": "config.logs.Context"},
            "foreseen": {"()": "config.outages.NoErrorFilter"},
        },
        "formatters": {
            "plain": {"()": "config.logs.PlainFormatter"},
            "json": {"()": "config.logs.JsonLines"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["context"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        # Django's own handler would say everything twice with DEBUG=true. A line for every task
        # that came, and for every look at MediaMTX and TikTok, tells nothing.
        "loggers": {
            "celery": {"level": "WARNING"},
            "django": {"handlers": []},
            "django.request": {"filters": ["foreseen"]},
            "httpx": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
            "websockets": {"level": "WARNING"},
        },
    }
