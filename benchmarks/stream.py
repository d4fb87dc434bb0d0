"""How many readers of one session the stream process serves, and how late events reach them.

    uv run --all-extras python -m benchmarks.stream [--readers 9500] [--rate 10] [--seconds 30]

The stream process runs as in the Procfile, on an embedded PostgreSQL and Valkey that are thrown
away afterwards. This process stores events as the capture worker does; a third process reads
(stream_readers.py). All of them share this machine's cores. Time is taken from before an event's
transaction until a reader has it.
"""

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.servers import ROOT, free_port, in_this_process, wait_for

WARM_UP_S = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=9_500)
    parser.add_argument("--rate", type=float, default=10, help="events a second")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    allow_many_sockets(options.readers)
    in_this_process("stream", lambda folder: run(options.readers, options.rate, options.seconds))


def allow_many_sockets(readers: int) -> None:
    """For this process and its children. Raises SystemExit if the system allows too few."""
    hard, needed = resource.getrlimit(resource.RLIMIT_NOFILE)[1], readers + 200
    if hard < needed:
        raise SystemExit(f"{readers} readers need `ulimit -n {needed}`; this shell has {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run(readers: int, rate: float, seconds: float) -> str:
    """The table, as Markdown. Raises RuntimeError if a reader missed an event."""
    from apps.access.services import create_key
    from benchmarks.capture import new_session

    session = new_session()
    session.status = "live"
    session.save(update_fields=["status"])
    return measure_stream(
        path=f"/api/sessions/{session.pk}/stream",
        key=create_key(name="bench")[1],
        readers=readers,
        rate=rate,
        seconds=seconds,
        happen=partial(store_events, session),
    )


def measure_stream(
    *,
    path: str,
    key: str,
    readers: int,
    rate: float,
    seconds: float,
    happen: Callable[[float, int], None],
) -> str:
    """Start the stream process and its readers, let events happen at a rate, and see them come.

    The events' texts are what benchmarks/stream_readers.py wants.
    """
    warm_up, last = int(rate * WARM_UP_S), int(rate * (WARM_UP_S + seconds))
    with subprocess.Popen(stream_command(port := free_port()), cwd=ROOT) as server:
        try:
            wait_for(port, server)
            command = [
                *(sys.executable, "-m", "benchmarks.stream_readers", "--port", str(port)),
                *("--path", path, "--key", key, "--readers", str(readers)),
                *("--last", str(last), "--warm-up", str(warm_up)),
            ]
            begun = time.perf_counter()
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as reading:
                if not reading.stdout or not reading.stdout.readline().startswith("connected"):
                    raise RuntimeError("the readers did not connect")
                connected_s = time.perf_counter() - begun
                before = cpu_s(server.pid)
                happen(rate, last)
                result = json.loads(reading.stdout.readline())
            result |= {"connected_s": connected_s, "server_cpu_s": cpu_s(server.pid) - before}
        finally:
            server.terminate()
    if result["incomplete_readers"] or result["faults"]:
        raise RuntimeError(f"Readers missed events: {result}")
    return table(result, rate, seconds + WARM_UP_S)


def table(result: dict[str, Any], rate: float, seconds: float) -> str:
    cells = [
        f"{result['readers']:,}",
        f"{rate:g}",
        f"{result['connected_s']:.1f} s",
        f"{result['p50_ms']} / {result['p99_ms']} / {result['max_ms']} ms",
        "0",
        f"{result['server_cpu_s'] / seconds:.2f}",
        f"{result['cpu_s'] / seconds:.2f}",
    ]
    return (
        "| readers of one session | events a second | connected in | p50 / p99 / latest | missed "
        "| server's cores | readers' cores |\n|---|---|---|---|---|---|---|\n"
        f"| {' | '.join(cells)} |"
    )


def stream_command(port: int) -> list[str]:
    """The line of the Procfile."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    line = next(line for line in lines if line.startswith("stream:"))
    words = shlex.split(line.removeprefix("stream: exec ").replace("$STREAM_PORT", str(port)))
    return [str(Path(sys.executable).parent / words[0]), *words[1:]]


def cpu_s(pid: int) -> float:
    """CPU that the process and its children have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for each in [str(pid), *children]:
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def store_events(session: Any, rate: float, last: int) -> None:
    """One event at a time, as the capture worker stores and announces a quiet live's."""
    from apps.capture.channel import publish
    from apps.capture.storing import decode, store
    from benchmarks.capture import fresh_messages

    chats = [message for message in fresh_messages(1_600) if message.type == "WebcastChatMessage"]
    begun, first = time.monotonic(), time.time_ns()
    for number in range(1, last + 1):
        time.sleep(max(begun + number / rate - time.monotonic(), 0))
        message = chats[number % len(chats)]._replace(message_id=first + number)
        event = decode(session.pk, message)
        event.form.text = f"{number} {time.time()}"
        store([event], owner="bench")
        publish(session.pk)


if __name__ == "__main__":
    main()
