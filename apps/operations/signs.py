"""Signs of life, kept in Valkey: when something that nobody sees was last done."""

import logging
import time
from typing import Any

import redis
from celery.signals import after_task_publish, beat_init

from apps.capture import valkey

logger = logging.getLogger(__name__)
BEAT = "beat"  # it put a task into a queue
BACKUP = "backup"  # manage.py backup ended well


def note(sign: str) -> None:
    """Raises RedisError."""
    valkey.client().set(key_of(sign), time.time())


def age_s(sign: str) -> float | None:
    """Seconds since it was last noted, or None if it never was. Raises RedisError."""
    noted = valkey.client().get(key_of(sign))
    return None if noted is None else max(0.0, time.time() - float(noted))


def key_of(sign: str) -> str:
    return f"clipcast:sign:{sign}"


@beat_init.connect
def listen_to_beat(**kwargs: Any) -> None:
    """In the process of beat alone. It publishes something every few seconds."""
    after_task_publish.connect(note_beat)


def note_beat(**kwargs: Any) -> None:
    try:
        note(BEAT)
    except redis.RedisError as error:
        logger.warning("The sign of beat could not be kept: %s", error)
