"""Signs of life, kept in Valkey: when something that nobody sees was last done."""

import logging
import threading
import time
from typing import Any

import redis
from celery.signals import after_task_publish, beat_init

from apps.capture import valkey

logger = logging.getLogger(__name__)
BEAT = "beat"  # it put a task into a queue
BACKUP = "backup"  # manage.py backup ended well
HOOKS = "hooks"  # a process that answers MediaMTX lives
LIFE_EVERY_S = 10


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
    try_to_note(BEAT)


def try_to_note(sign: str) -> None:
    try:
        note(sign)
    except redis.RedisError as error:
        logger.warning("The sign of %s could not be kept: %s", sign, error)


def live(sign: str) -> None:
    """From now on, and as long as this process lives, note it every LIFE_EVERY_S."""

    def repeat() -> None:
        while True:
            try_to_note(sign)
            time.sleep(LIFE_EVERY_S)

    threading.Thread(target=repeat, name=f"sign-{sign}", daemon=True).start()
