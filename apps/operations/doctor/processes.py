"""The processes beside the one that asks."""

from collections import Counter
from collections.abc import Iterator

from django.conf import settings

from apps.capture import readers, valkey
from apps.live import mediamtx
from apps.operations import signs
from apps.operations.doctor.findings import Finding, Wishes, ok, skipped, wrong
from config.celery import app as celery_app
from config.queues import QUEUES

INSPECT_S = 3
BEAT_LATE_S = 60
HOOKS_LATE_S = 60


def workers(wishes: Wishes) -> Iterator[Finding]:
    """Ask every worker which queues it reads."""
    answers = celery_app.control.inspect(timeout=INSPECT_S).active_queues() or {}
    count = Counter(queue["name"] for queues in answers.values() for queue in queues)
    for queue in QUEUES:
        if not count[queue]:
            yield wrong(
                f"No worker reads the queue {queue}.",
                f"Start one: celery -A config worker -Q {queue} (Procfile).",
            )
    if count:
        yield ok(", ".join(f"{queue} {count[queue]}" for queue in QUEUES if count[queue]))


def beat(wishes: Wishes) -> Iterator[Finding]:
    age = signs.age_s(signs.BEAT)
    if age is None or age > BEAT_LATE_S:
        since = "has never run" if age is None else f"has done nothing for {age:.0f} s"
        yield wrong(
            f"Beat {since}: nothing happens by the clock.",
            "Start exactly one: celery -A config beat (Procfile).",
        )
    else:
        yield ok("runs")


def stream(wishes: Wishes) -> Iterator[Finding]:
    """Every stream process tells how many read there."""
    told = readers.by_process(valkey.client())
    if told:
        yield ok(f"{len(told)} run, {sum(told.values())} readers")
    else:
        yield wrong(
            "No stream process runs: dashboards, overlays and viewers of rooms see nothing new.",
            "Start it (Procfile, stream).",
        )


def hooks(wishes: Wishes) -> Iterator[Finding]:
    """Whether anybody answers MediaMTX. Its way there is tried by the check of the media server,
    for it asks about us as well."""
    if not settings.MEDIAMTX_API_URL:
        yield skipped("MEDIAMTX_API_URL is not set: there are no live rooms")
        return
    age = signs.age_s(signs.HOOKS)
    if age is None or age > HOOKS_LATE_S:
        yield wrong(
            "No hooks process runs: MediaMTX lets nobody publish.", "Start it (Procfile, hooks)."
        )
    else:
        yield ok("runs")


def media_server(wishes: Wishes) -> Iterator[Finding]:
    if not settings.MEDIAMTX_API_URL:
        yield skipped("MEDIAMTX_API_URL is not set: there are no live rooms")
        return
    try:
        streams = mediamtx.media_server().streams()
    except mediamtx.MediaServerAway as error:
        yield wrong(
            f"MediaMTX's API does not answer: {error}",
            "Start it and the hooks process, which it asks who may; or see MEDIAMTX_API_URL and "
            "MEDIAMTX_SECRET (docs/operators/live.md).",
        )
    else:
        yield ok(f"MediaMTX answers, {len(streams)} streams")
