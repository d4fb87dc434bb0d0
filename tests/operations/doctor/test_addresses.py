"""The addresses that phones are told, and the certificate."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from apps.operations.doctor import addresses
from tests.operations.doctor.looking import found, levels

STREAM = f"https://127.0.0.1/api/sessions/{UUID(int=0)}/stream"


def test_the_announced_addresses_answer(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    answers = {
        "https://127.0.0.1/health/live": httpx.Response(200),
        STREAM: httpx.Response(404, json={"detail": "There is no such session."}),
    }
    monkeypatch.setattr(httpx, "get", lambda url, timeout: answers.pop(url))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings.PUBLIC_URL = "https://127.0.0.1"
        settings.RTMP_PORT = settings.HLS_PORT = port
        settings.MEDIAMTX_WEBRTC_URL = f"http://localhost:{port}"
        assert levels(addresses.addresses) == ["ok"] * 5 + ["skipped"]  # UDP
    assert answers == {}


def test_addresses_where_nobody_answers_are_told(settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:1"
    settings.RTMP_PORT = settings.HLS_PORT = settings.WEBRTC_PORT = 1
    assert levels(addresses.addresses) == ["wrong"] * 2 + ["warning"] * 3 + ["skipped"]


def test_without_an_announced_address_there_is_nothing_to_try(settings) -> None:
    settings.PUBLIC_URL = ""
    assert levels(addresses.addresses) == ["skipped"]


def test_an_address_that_is_somebody_elses_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda url, timeout: httpx.Response(404))
    assert addresses.web_answers("https://x.example/health/live").said.endswith("answers 404.")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"code": 404, "msg": "This server does not know that request."}),
        httpx.Response(404, text="<h1>Not Found</h1>"),
        httpx.Response(404, json={"code": 404}),
        httpx.Response(502),
    ],
)
def test_streams_that_somebody_else_answers_are_wrong(
    answer: httpx.Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx, "get", lambda url, timeout: answer)
    assert addresses.stream_answers(STREAM).level == "wrong"


def test_a_stream_that_asks_who_is_there_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = httpx.Response(401, json={"detail": "Show a key."})
    monkeypatch.setattr(httpx, "get", lambda url, timeout: refusal)
    assert addresses.stream_answers(STREAM).level == "ok"


@contextmanager
def https_server(folder: Path, monkeypatch: pytest.MonkeyPatch, days: int) -> Iterator[str]:
    """Its address; its certificate ends after so many days, and is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(timezone.now() - timedelta(days=400))
        .not_valid_after(timezone.now() + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    with socket.create_server(("localhost", 0)) as listener:
        threading.Thread(target=serve_once, args=(listener, ours), daemon=True).start()
        yield f"https://localhost:{listener.getsockname()[1]}"


def serve_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), listener.accept()[0] as line:
        context.wrap_socket(line, server_side=True).recv(1)


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (60, "ok", "it lasts 60 days more"),
        (9, "warning", "It ends in 9 days."),
        (-1, "wrong", "certificate has expired"),
    ],
)
def test_the_certificate_is_looked_at(
    tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch, days: int, level: str, said: str
) -> None:
    with https_server(tmp_path, monkeypatch, days) as settings.PUBLIC_URL:
        [(found_level, sentence)] = found(addresses.certificate)
    assert (found_level, said in sentence) == (level, True)


def test_without_https_there_is_no_certificate(settings) -> None:
    settings.PUBLIC_URL = "http://localhost"
    assert levels(addresses.certificate) == ["skipped"]
