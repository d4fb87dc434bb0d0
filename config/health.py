"""Health for load balancers and monitors.

`live` says that the process answers. `ready` says that it can do its work: each thing that it needs
is asked, all at once, and what does not answer in time counts as away. An answer is kept for a
second, so that many monitors cost no more than one. What is said to the world names the thing and
never an address or a password; the log has the error.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import redis
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app as celery_app
from config.serve import is_leaving

logger = logging.getLogger(__name__)
TIMEOUT_S = 3
KEEP_S = 1
OK = "ok"
LATE = f"No answer within {TIMEOUT_S} seconds."


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200, or 503 when this process was told to stop: a proxy sends it nothing new then."""
    if is_leaving():
        return JsonResponse({"status": "leaving"}, status=503)
    return JsonResponse({"status": OK})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when all that is needed answers; else 503 with a sentence for each that does not."""
    found = checks()
    is_ready = all(answer == OK for answer in found.values())
    content = {"status": OK if is_ready else "unavailable", "checks": found}
    return JsonResponse(content, status=200 if is_ready else 503)


# --- What is asked ----------------------------------------------------------------------------


class Missing(Exception):
    """Something is not as it must be; the message says what, for anybody to read."""


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_valkey() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_S) as client:
        client.ping()


def ask_broker() -> None:
    with celery_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0)


def ask_storage() -> None:
    for alias in ("default", "private"):
        storage = storages[alias]
        bucket = getattr(storage, "bucket", None)
        if bucket is not None:
            bucket.meta.client.head_bucket(Bucket=bucket.name)
        else:
            ask_folder(Path(storage.path("")))


def ask_folder(folder: Path) -> None:
    there = nearest_folder(folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise NotADirectoryError(f"{there} can't be written.")


def nearest_folder(folder: Path) -> Path:
    """Itself or the parent that is there: what is not there yet is made by the first file."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def ask_migrations() -> None:
    missing = known_migrations() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        raise Missing(f"{len(missing)} migrations are not applied. Run manage.py migrate.")


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Those of this process's code, which does not change while it runs."""
    return frozenset(MigrationLoader(None).disk_migrations)


CHECKS: dict[str, tuple[Callable[[], None], str]] = {
    "database": (ask_database, "PostgreSQL does not answer."),
    "migrations": (ask_migrations, "The migrations could not be read."),
    "valkey": (ask_valkey, "Valkey does not answer."),
    "broker": (ask_broker, "The task queue does not answer."),
    "storage": (ask_storage, "The storage of files can't be used."),
}


# --- How it is asked --------------------------------------------------------------------------


class Look:
    """One run of a check, in a thread of its own: it may hang, and nobody waits too long."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ask, self.sentence = CHECKS[name]
        self.answer = ""
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.run, name=f"health-{name}", daemon=True)
        self.thread.start()

    def run(self) -> None:
        try:
            self.ask()
            self.answer = OK
        except Missing as missing:
            self.answer = str(missing)
        except Exception as error:  # whatever a driver raises: the thing is away
            logger.warning("Not ready: %s: %s: %s", self.name, type(error).__name__, error)
            self.answer = self.sentence
        finally:
            connection.close()

    def wait(self) -> str:
        self.thread.join(max(0, self.began + TIMEOUT_S - time.monotonic()))
        return self.answer or LATE

    def is_current(self) -> bool:
        """A look that hangs is not begun a second time."""
        return self.thread.is_alive() or time.monotonic() - self.began < KEEP_S


LOOKS: dict[str, Look] = {}
LOCK = threading.Lock()


def checks(names: Iterable[str] = tuple(CHECKS)) -> dict[str, str]:
    """Each thing that is needed: "ok", or what is wrong with it. Takes TIMEOUT_S at most."""
    looks = [look_at(name) for name in names]
    return {look.name: look.wait() for look in looks}


def look_at(name: str) -> Look:
    """The look that runs or has just ended, or else a new one."""
    with LOCK:
        if name not in LOOKS or not LOOKS[name].is_current():
            LOOKS[name] = Look(name)
        return LOOKS[name]
