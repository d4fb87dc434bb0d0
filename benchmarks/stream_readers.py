"""Many readers of one stream, in a process of their own: `python -m benchmarks.stream_readers`.

Sockets and epoll, and each text that the server sends to all is parsed once, so that the readers
cost far less than the server that is measured. Each event's text is "<number> <moment it was
stored>"; a reader knows from the number whether one is missing, repeated or out of order.

Prints `connected <n>` when every reader has its first frame, and when the event with the number
given by --last has reached all, or --patience has passed, a JSON object.
"""

import argparse
import json
import re
import resource
import select
import socket
import time
from collections import Counter

EVENT = re.compile(rb'"text" : "(\d+) ([\d.]+)"|"text": ?"(\d+) ([\d.]+)"')
AT_ONCE = 256  # connections that are being opened
READ_BYTES = 1 << 18
LINE_END = b"\r\n"


class Part:
    """What a piece of the stream holds, and when readers got it."""

    def __init__(self, data: bytes) -> None:
        found = [(int(m[1] or m[3]), float(m[2] or m[4])) for m in EVENT.finditer(data)]
        self.numbers = [number for number, _ in found]
        self.stored_at = [moment for _, moment in found]
        first = self.numbers[0] if found else 0
        self.in_order = self.numbers == list(range(first, first + len(found)))
        self.arrivals: list[float] = []


class Readers:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.address = (options.host, options.port)
        self.request = (
            f"GET {options.path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {options.key}\r\n\r\n"
        ).encode()
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.rests: dict[int, bytes] = {}
        self.next_number: dict[int, int] = {}
        self.greeted: set[int] = set()
        self.done: set[int] = set()
        self.parts: dict[bytes, Part] = {}
        self.history: list[Part] = []
        self.faults = Counter[str]()

    def run(self) -> dict:
        while len(self.greeted) < self.options.readers:
            while (
                len(self.sockets) < self.options.readers
                and len(self.sockets) - len(self.greeted) < AT_ONCE
            ):
                self.connect()
            self.step()
        print(f"connected {len(self.greeted)}", flush=True)
        end = time.monotonic() + self.options.patience
        while len(self.done) < len(self.sockets) and time.monotonic() < end:
            self.step()
        return self.summary()

    def connect(self) -> None:
        connection = socket.create_connection(self.address)
        connection.sendall(self.request)
        connection.setblocking(False)
        number = connection.fileno()
        self.sockets[number] = connection
        self.rests[number] = b""
        self.poll.register(number, select.EPOLLIN)

    def step(self) -> None:
        for number, _ in self.poll.poll(0.5, 2048):
            try:
                data = self.sockets[number].recv(READ_BYTES)
            except BlockingIOError:
                continue
            if not data:
                self.faults["closed by the server"] += 1
                self.poll.unregister(number)
                self.done.add(number)
                self.greeted.add(number)
                continue
            self.take(number, data)

    def take(self, number: int, data: bytes) -> None:
        now = time.time()
        if number not in self.greeted:
            data = self.rests[number] + data
            if b"event: stats" not in data:
                self.rests[number] = data
                return
            if not data.startswith(b"HTTP/1.1 200"):
                raise SystemExit(data[:500].decode())
            self.greeted.add(number)
            data = data[data.index(b"event: stats") :]
        elif self.rests[number]:
            data = self.rests[number] + data
        if data.endswith(b"\n\n\r\n"):
            self.rests[number] = b""
        else:
            end = data.rfind(b"\n\n") + 2
            data, rest = (data[:end], data[end:]) if end > 1 else (b"", data)
            self.rests[number] = rest
        if data:
            self.note(number, data, now)

    def note(self, number: int, data: bytes, now: float) -> None:
        part = self.parts.get(data)
        if part is None:
            if len(self.parts) > 2000:
                self.parts.clear()
            part = self.parts[data] = Part(data)
            self.history.append(part)
        if not part.numbers:
            return
        part.arrivals.append(now)
        expected = self.next_number.get(number, 1)
        if not part.in_order or part.numbers[0] != expected:
            self.faults["missing, repeated or out of order"] += 1
        self.next_number[number] = part.numbers[-1] + 1
        if part.numbers[-1] >= self.options.last:
            self.done.add(number)

    def summary(self) -> dict:
        latencies: Counter[int] = Counter()
        for part in self.history:
            for number, moment in zip(part.numbers, part.stored_at, strict=True):
                if number > self.options.warm_up:
                    for arrival in part.arrivals:
                        latencies[int((arrival - moment) * 1000)] += 1
        late = [n for n in self.sockets if self.next_number.get(n, 1) <= self.options.last]
        return {
            "readers": len(self.sockets),
            "received": sum(latencies.values()),
            "incomplete_readers": len(late),
            "faults": dict(self.faults),
            "p50_ms": percentile(latencies, 0.5),
            "p99_ms": percentile(latencies, 0.99),
            "max_ms": max(latencies, default=0),
            "cpu_s": round(time.process_time(), 1),
        }


def percentile(counts: Counter[int], part: float) -> int:
    wanted, seen = part * sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--readers", type=int, required=True)
    parser.add_argument("--last", type=int, required=True, help="the number of the last event")
    parser.add_argument("--warm-up", type=int, default=0, help="events whose time is not counted")
    parser.add_argument("--patience", type=float, default=120)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(json.dumps(Readers(options).run()))


if __name__ == "__main__":
    main()
