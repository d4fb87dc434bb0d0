"""A local Firebase Cloud Messaging, with Google's token endpoint beside it.

It takes messages as the real one does, and can be slow, fail, cut the line, or know a token to
be dead.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.google_keys import write_key_file

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@dataclass
class Fcm:
    """What it has taken, and how it is to answer."""

    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    dead_tokens: set[str] = field(default_factory=set)
    not_tokens: set[str] = field(default_factory=set)
    failures: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    cut: bool = False
    delay_s: float = 0
    signs_in: bool = True
    accepted_bearers: set[str] = field(default_factory=set)
    sign_ins: int = 0

    def service_account(self, folder: Path) -> Path:
        """A key file like the one that Firebase's console gives out."""
        path = folder / "service-account.json"
        write_key_file(
            path, email="push@clips.iam.gserviceaccount.com", token_url=f"{self.url}/token"
        )
        return path

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict, dict[str, str]]:
        if path == "/token":
            return self.sign_in()
        assert path == "/v1/projects/clips/messages:send"
        if headers["Authorization"].removeprefix("Bearer ") not in self.accepted_bearers:
            return refusal(401, "UNAUTHENTICATED")
        if self.failures:
            status, code, more = self.failures.pop(0)
            return (*refusal(status, code)[:2], more)
        message = json.loads(body)["message"]
        assert all(isinstance(value, str) for value in message["data"].values())
        if message["token"] in self.dead_tokens:
            return refusal(404, "UNREGISTERED")
        if message["token"] in self.not_tokens:
            violation = {"@type": BAD_REQUEST, "fieldViolations": [{"field": "message.token"}]}
            return refusal(400, "INVALID_ARGUMENT", violation)
        self.taken.append(message)
        return 200, {"name": f"projects/clips/messages/{len(self.taken)}"}, {}

    def sign_in(self) -> tuple[int, dict, dict[str, str]]:
        if not self.signs_in:
            return 400, {"error": "invalid_grant"}, {}
        self.sign_ins += 1
        bearer = f"bearer-{self.sign_ins}"
        self.accepted_bearers = {bearer}
        return 200, {"access_token": bearer, "expires_in": 3600, "token_type": "Bearer"}, {}


def refusal(status: int, code: str, *details: dict) -> tuple[int, dict, dict[str, str]]:
    details = ({"@type": FCM_ERROR, "errorCode": code}, *details)
    return status, {"error": {"code": status, "message": "No.", "details": list(details)}}, {}


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # as many as connect at once; the default of 5 drops some


@contextmanager
def serving(fcm: Fcm) -> Iterator[Fcm]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/token":
                time.sleep(fcm.delay_s)
                if fcm.cut:
                    self.connection.close()
                    return
            status, answer, headers = fcm.answer(self.path, self.headers, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fcm.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fcm
    finally:
        server.shutdown()
        server.server_close()
