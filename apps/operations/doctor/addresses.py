"""The addresses by which the world reaches this installation."""

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from django.conf import settings

from apps.operations.doctor.findings import Finding, Wishes, ok, skipped, warning, wrong

CONNECT_S = 5
CERTIFICATE_DAYS = 14
NO_SESSION = UUID(int=0)


def addresses(wishes: Wishes) -> Iterator[Finding]:
    """Whether the announced addresses answer. Seen from here, which may be inside a firewall."""
    if not settings.PUBLIC_URL:
        yield skipped("PUBLIC_URL is not set: it is taken from each request")
        return
    yield web_answers(f"{settings.PUBLIC_URL}/health/live")
    yield stream_answers(f"{settings.PUBLIC_URL}/api/sessions/{NO_SESSION}/stream")
    for name, host, port in media_ports():
        yield port_answers(name, host, port)
    yield skipped(
        "UDP can't be tried from here. WebRTC wants its UDP port open, 8189 unless MediaMTX has "
        "another (docs/operators/live.md)"
    )


def web_answers(url: str) -> Finding:
    mend = "See PUBLIC_URL, the DNS entry, the proxy and its certificate."
    try:
        status = httpx.get(url, timeout=CONNECT_S).status_code
    except httpx.HTTPError as error:
        return wrong(f"{url} does not answer: {error}", mend)
    if status != httpx.codes.OK:
        return wrong(f"{url} answers {status}.", mend)
    return ok(f"{url} answers")


def stream_answers(url: str) -> Finding:
    """It says who may not read, or that there is nothing; the web process says neither there."""
    mend = "Start the stream process, and see that the proxy sends /api/sessions/*/stream there."
    try:
        answer = httpx.get(url, timeout=CONNECT_S)
        said = answer.json() if answer.status_code in (401, 404) else {}
    except httpx.HTTPError as error:
        return wrong(f"{url} does not answer: {error}", mend)
    except ValueError:
        said = {}
    if "detail" not in said:
        return wrong(f"{url} answers {answer.status_code}, and not as the stream process.", mend)
    return ok("streams are answered there")


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


def certificate(wishes: Wishes) -> Iterator[Finding]:
    """How long PUBLIC_URL's lasts. Caddy renews its own a month before the end."""
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme != "https":
        yield skipped("PUBLIC_URL is not https")
        return
    mend = "Renew it. Caddy does so by itself if ports 80 and 443 reach it; its log says why not."
    try:
        days = days_left(parts.hostname or "", parts.port or 443)
    except OSError as error:  # a bad certificate is one too
        yield wrong(f"It can't be had or is not valid: {error}", mend)
        return
    if days < CERTIFICATE_DAYS:
        yield warning(f"It ends in {days:.0f} days.", mend)
    else:
        yield ok(f"it lasts {days:.0f} days more")


def days_left(host: str, port: int) -> float:
    """Raises OSError for a server that does not answer or whose certificate is not valid now."""
    with (
        socket.create_connection((host, port), timeout=CONNECT_S) as line,
        ssl.create_default_context().wrap_socket(line, server_hostname=host) as secure,
    ):
        ends = (secure.getpeercert() or {})["notAfter"]
    return (ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400
