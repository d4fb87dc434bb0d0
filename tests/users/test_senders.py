"""The senders of codes against local doubles: a mail server and Twilio Verify"""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import override_settings

from apps.users import senders
from apps.users.models import OneTimeCode
from apps.users.senders import NotSent
from config.celery import app as celery_app
from tests.cast import Phone

PHONE, EMAIL = "+15551230000", "ann@example.com"


@pytest.fixture(autouse=True)
def _tasks_run_at_once() -> Iterator[None]:
    celery_app.conf.task_always_eager = True
    yield
    celery_app.conf.task_always_eager = False


class MailServer(socketserver.StreamRequestHandler):
    """Enough SMTP to take one mail; `mails` keeps them."""

    mails: list[str] = []
    answer_to_data = b"250 ok\r\n"

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.strip().upper().split(b" ")[0]
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                type(self).mails.append(b"".join(lines).decode())
                self.wfile.write(self.answer_to_data)
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@contextmanager
def mail_server(answer_to_data: bytes = b"250 ok\r\n") -> Iterator[list[str]]:
    handler = type("Handler", (MailServer,), {"mails": [], "answer_to_data": answer_to_data})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with override_settings(
            EMAIL_CODE_SENDER="smtp",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=server.server_address[1],
            EMAIL_USE_TLS=False,
        ):
            yield handler.mails
        server.shutdown()


class Twilio(BaseHTTPRequestHandler):
    """Twilio Verify with one service; its code is always 4711."""

    calls: list[tuple[str, dict[str, list[str]]]] = []
    is_broken = False

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        type(self).calls.append((self.path, form))
        status, answer = self.answer(form)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def answer(self, form: dict[str, list[str]]) -> tuple[int, dict]:
        if self.is_broken or not self.headers["Authorization"].startswith("Basic "):
            return 503, {}
        if self.path.endswith("/Verifications"):
            return 201, {"status": "pending"}
        if form["Code"] == ["gone"]:
            return 404, {"code": 20404}
        return 200, {"status": "approved" if form["Code"] == ["4711"] else "pending"}

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def twilio(*, is_broken: bool = False) -> Iterator[list[tuple[str, dict]]]:
    handler = type("Handler", (Twilio,), {"calls": [], "is_broken": is_broken})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with override_settings(
        SMS_CODE_SENDER="twilio",
        TWILIO_ACCOUNT_SID="AC1",
        TWILIO_AUTH_TOKEN="secret",
        TWILIO_VERIFY_SERVICE="VA1",
        TWILIO_VERIFY_URL=f"http://127.0.0.1:{server.server_address[1]}",
    ):
        yield handler.calls
    server.shutdown()
    server.server_close()


def test_a_code_comes_by_mail_and_is_taken(phone: Phone) -> None:
    with mail_server() as mails:
        assert phone.call("checkEmail", {"email": EMAIL})["code"] == 200
    subject = next(line for line in mails[0].splitlines() if line.startswith("Subject: "))
    code = subject.split()[1]
    assert f"To: {EMAIL}" in mails[0]
    values = {"email": EMAIL, "code": code}
    assert phone.call("verifyRegisterEmailCode", values)["code"] == 200


def test_a_mail_server_that_refuses_or_is_away_is_noted_for_the_operator(phone: Phone) -> None:
    with mail_server(b"554 no\r\n"):
        assert phone.call("checkEmail", {"email": EMAIL})["code"] == 200
    assert "554" in OneTimeCode.objects.get().problem
    with (
        override_settings(EMAIL_CODE_SENDER="smtp", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1),
        pytest.raises(NotSent),
    ):
        senders.for_address(EMAIL).send(address=EMAIL, code="1")


def test_twilio_sends_and_checks(phone: Phone) -> None:
    with twilio() as calls:
        assert phone.call("verifyPhoneNo", {"phone": PHONE, "verify": "0"})["code"] == 200
        wrong = {"phone": PHONE, "verify": "1", "code": "1234"}
        assert phone.call("verifyPhoneNo", wrong)["code"] == 201
        assert phone.call("verifyPhoneNo", wrong | {"code": "gone"})["code"] == 201
        assert phone.call("verifyPhoneNo", wrong | {"code": "4711"})["code"] == 200
        assert phone.call("verifyPhoneNo", wrong | {"code": "4711"})["code"] == 201
    path, form = calls[0]
    assert (path, form) == (
        "/v2/Services/VA1/Verifications",
        {"To": [PHONE], "Channel": ["sms"]},
    )
    assert len(calls) == 4  # the used-up code is not asked about


def test_a_broken_twilio_is_a_sentence_and_a_note(phone: Phone) -> None:
    with twilio(is_broken=True):
        assert phone.call("verifyPhoneNo", {"phone": PHONE, "verify": "0"})["code"] == 200
        assert "503" in OneTimeCode.objects.get().problem
        values = {"phone": PHONE, "verify": "1", "code": "4711"}
        answer = phone.call("verifyPhoneNo", values)
    assert (answer["code"], "at the moment" in answer["msg"]) == (201, True)


def test_the_console_writes_the_code_to_the_log(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    phone.call("verifyPhoneNo", {"phone": PHONE, "verify": "0"})
    assert f"The code for {PHONE} is " in caplog.text
