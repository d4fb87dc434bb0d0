"""A line to a server that can be cut, so that a server others use is away for one test alone."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

READ_BYTES = 1 << 16


class Relay:
    """Listens on a free port of 127.0.0.1 and passes everything on to a Unix socket."""

    def __init__(self, target: Path) -> None:
        self.target = str(target)
        self.is_cut = False
        self.lines: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_cut:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
                self.lines |= {client, server}
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(READ_BYTES):
                sink.sendall(data)
        self.hang_up(source, sink)

    def hang_up(self, *lines: socket.socket) -> None:
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
            self.lines.discard(line)

    def cut(self) -> None:
        """End every connection, and each new one as soon as it is made."""
        self.is_cut = True
        self.hang_up(*list(self.lines))

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self.listener.close()
