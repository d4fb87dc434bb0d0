"""The processes beside the one that asks, and the addresses by which the world reaches them."""

import socket
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from apps.live import mediamtx
from apps.operations import signs
from apps.operations.doctor.findings import Finding, Wishes, ok, skipped, warning, wrong
from config.celery import app as celery_app
from config.queues import QUEUES

INSPECT_S = 3
BEAT_LATE_S = 60
CONNECT_S = 5


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


def media_server(wishes: Wishes) -> Iterator[Finding]:
    if not settings.MEDIAMTX_API_URL:
        yield skipped("MEDIAMTX_API_URL is not set: there are no live rooms")
        return
    try:
        streams = mediamtx.media_server().streams()
    except mediamtx.MediaServerAway as error:
        yield wrong(
            f"MediaMTX's API does not answer: {error}",
            "Start it, or see MEDIAMTX_API_URL and MEDIAMTX_SECRET (docs/operators/live.md).",
        )
    else:
        yield ok(f"MediaMTX answers, {len(streams)} streams")


def addresses(wishes: Wishes) -> Iterator[Finding]:
    """Whether the announced addresses answer. Seen from here, which may be inside a firewall."""
    if not settings.PUBLIC_URL:
        yield skipped("PUBLIC_URL is not set: it is taken from each request")
        return
    yield web_answers(f"{settings.PUBLIC_URL}/health/live")
    for name, host, port in media_ports():
        yield port_answers(name, host, port)


def web_answers(url: str) -> Finding:
    mend = "See PUBLIC_URL, the DNS entry, the proxy and its certificate."
    try:
        status = httpx.get(url, timeout=CONNECT_S).status_code
    except httpx.HTTPError as error:
        return wrong(f"{url} does not answer: {error}", mend)
    if status != httpx.codes.OK:
        return wrong(f"{url} answers {status}.", mend)
    return ok(f"{url} answers")


def media_ports() -> Iterator[tuple[str, str, int]]:
    """What phones are told: name, host, TCP port."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    announced = [
        ("RTMP", settings.MEDIAMTX_RTMP_URL, settings.RTMP_PORT),
        ("HLS", settings.MEDIAMTX_HLS_URL, settings.HLS_PORT),
        ("WebRTC", settings.MEDIAMTX_WEBRTC_URL, settings.WEBRTC_PORT),
    ]
    usual = {"https": 443, "http": 80, "rtmp": 1935, "rtmps": 443}
    for name, url, port in announced:
        parts = urlsplit(url)
        yield name, parts.hostname or host, parts.port or usual.get(parts.scheme, port)


def port_answers(name: str, host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except OSError as error:
        return warning(
            f"{name}: {host}:{port} can't be reached from here: {error}",
            "Open the port, or see MEDIAMTX_*_URL (docs/operators/live.md).",
        )
    return ok(f"{name}: {host}:{port} is open")
