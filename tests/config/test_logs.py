"""What stands in the log, and what never does."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.contract import endpoint as endpoints
from config.logs import Context, JsonLines, PlainFormatter, redact, request_id
from tests.cast import Person, Phone
from tests.live.stack import free_port

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("mail to very.private+tag@example.co.uk failed", "very.private+tag@example.co.uk"),
        ("call +1 (555) 123-4567 failed", "555"),
        (f"token {TOKEN} is odd", TOKEN),
        ("Authorization: Bearer s3cr3t-and-long", "s3cr3t-and-long"),
        ("GET /x?auth_token=abc123&page=1", "abc123"),
        ('{"password": "hunter22", "page": 1}', "hunter22"),
        ("{'password': 'hunter22'}", "hunter22"),
        ("postgres://clipcast:hunter22@db:5432/clipcast", "hunter22"),
        ("rtmp://host/pub/7?token=streamkey", "streamkey"),
        ("/overlay/ov_Zm9vYmFyYmF6cXV4/state was not answered", "Zm9vYmFyYmF6cXV4"),
        ("Not Found: /overlay/made-up-token/", "made-up-token"),
        ("GET /api/sessions/7/stream?overlay=ov_Zm9vYmFy-_mF6", "Zm9vYmFy"),
        ("the key ck_Zm9vYmFyYmF6cXV4 is revoked", "Zm9vYmFyYmF6cXV4"),
        ("GET /operator/login/c2VjcmV0LWxpbms/ 302", "c2VjcmV0LWxpbms"),
        ("GET /guarded/7.1700000000.c2lnbmVk/private/7.jpg", "c2lnbmVk"),
        ('{"push_token": "abc-123", "page": 1}', "abc-123"),
        ("access_token=abc123&refresh_token=def456", "abc123"),
        ("access_token=abc123&refresh_token=def456", "def456"),
        ("client_secret: abc123", "abc123"),
        ("AWS_SECRET_ACCESS_KEY=abc123", "abc123"),
        ("/private/7.mp4?X-Amz-Date=20260131&X-Amz-Signature=c2lnbmVk", "c2lnbmVk"),
        ("csrfmiddlewaretoken=abc123", "abc123"),
    ],
)
def test_secrets_and_personal_data_are_hidden(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "[hidden]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "sendGift failed, request 0123abcd",
        "2026-01-31 18:30:00 room 12 ended",
        "HTTP 500 in 12 ms",
        "GET /static/overlays/overlay.css",
        "GET /dashboard/overlays/preview/chat/",
        "overlay ov_Zm9vY... was revoked",
    ],
)
def test_the_rest_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def line(formatter: logging.Formatter, message: str, *args: object, exc_info: Any = None) -> str:
    record = logging.LogRecord("apps.x", logging.ERROR, "x.py", 1, message, args, exc_info)
    Context().filter(record)
    return formatter.format(record)


def test_a_line_for_programs_is_one_json_object_with_the_request() -> None:
    token = request_id.set("req-1")
    try:
        raise ValueError("no user bob@example.com")
    except ValueError:
        text = line(JsonLines(), "%s failed", "sendGift", exc_info=sys.exc_info())
    finally:
        request_id.reset(token)
    assert "\n" not in text
    found = json.loads(text)
    assert (found["level"], found["logger"], found["message"], found["request"]) == (
        *("ERROR", "apps.x"),
        *("sendGift failed", "req-1"),
    )
    assert "ValueError" in found["exc_info"]
    assert "bob@example.com" not in text


def test_a_line_for_people_ends_with_the_request() -> None:
    token = request_id.set("req-1")
    try:
        assert line(PlainFormatter(), "hello").endswith("ERROR apps.x hello [req-1]")
    finally:
        request_id.reset(token)
    assert line(PlainFormatter(), "hello").endswith("hello")


def test_an_answer_carries_the_id_that_its_log_lines_have(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("foreseen by nobody")

    monkeypatch.setattr(endpoints.find("showGifts"), "handle", fail)
    caplog.handler.addFilter(Context())
    answer = client.post("/api/showGifts", headers={"X-Request-ID": "from-the-proxy"})
    assert answer["X-Request-ID"] == "from-the-proxy"
    assert "(Reference from-the-proxy)" in answer.json()["msg"]
    assert caplog.records[-1].request == "from-the-proxy"


@pytest.mark.parametrize("given", ["", "short", "with space", "x" * 65, 'a"b"c"d"e'])
def test_an_odd_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 12


def test_a_failed_sign_in_leaves_nothing_private_in_the_log(
    phone: Phone,
    owner: Person,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(caplog.handler, "formatter", PlainFormatter())
    phone.call("login", {"email": "owner@example.com", "password": "my-own-password"})
    phone.call("showGifts", headers={"Auth-Token": owner.token})
    for private in ("owner@example.com", "my-own-password", owner.token):
        assert private not in caplog.text


@pytest.mark.parametrize("command", [("worker", "-P", "solo"), ("beat", "--schedule", "{}/beat")])
def test_workers_and_beat_write_the_same_lines(command: tuple[str, ...], tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {
        "DEBUG": "false",
        "LOG_FORMAT": "json",
        "SECRET_KEY": "k" * 12 + "0123456789" * 4,
        "ALLOWED_HOSTS": "localhost",
        "PUBLIC_URL": "https://localhost",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"postgres://somebody@127.0.0.1:{port}/nothing",
        "REDIS_URL": f"redis://:hunter22@127.0.0.1:{port}/0",
    }
    words = [word.format(tmp_path) for word in command]
    with subprocess.Popen(
        [sys.executable, "-m", "celery", "-q", "-A", "config", *words, "--loglevel", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        # Nobody listens there: both say so, again and again.
        text = next(line for line in process.stderr if "refused" in line)
        process.kill()
    found = json.loads(text)
    assert (found["level"], found["task"]) == ("ERROR", "")
    assert "hunter22" not in text


def test_a_refused_call_is_named_with_its_code_and_no_other(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    phone.call("showUserDetail")
    phone.call("showGifts")
    assert "showUserDetail: code 401" in caplog.messages
    assert not any(message.startswith("showGifts") for message in caplog.messages)
