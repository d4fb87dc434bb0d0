"""What the doubles of the stores share: a server on loopback that can be slow, fail and lie."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Double:
    """Answers every request with `answer`, unless it is told to lie or to be silent."""

    def __init__(self) -> None:
        self.lie: tuple[int, bytes] | None = None
        self.cut = False  # closes the line instead of answering, after it has done what was asked
        self.silent = threading.Event()
        self.release = threading.Event()
        self.asked: list[str] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            def take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                double.asked.append(f"{self.command} {self.path}")
                if double.silent.is_set():
                    double.release.wait(30)
                    return
                status, answer = double.lie or double.answer(
                    self.command, self.path, body, self.headers
                )
                if double.cut:
                    return
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = take

            def log_message(self, *arguments: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        raise NotImplementedError

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
