"""Many sessions in one capture worker process: is every message of every room stored, once?

    uv run --all-extras python -m benchmarks.sessions [--sessions 50] [--messages 1598]

The worker runs as in the Procfile. TikTok and the sign server are the local Webcast server in
this process, which sends the recorded messages as fast as the worker takes them. All of them
share this machine's cores with PostgreSQL and Valkey, which are thrown away afterwards.

The second table is per second of one core's CPU time: the worker's whole path from the socket to
committed rows, against the stock client's parsing and emitting of the same recording, which stores
nothing. What PostgreSQL and Valkey use is not in the worker's time.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.capture import known_frames, stock_speed
from benchmarks.servers import ROOT, in_this_process
from benchmarks.stream import cpu_s

PATIENCE_S = 600
STOCK_ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--messages", type=int, default=1_598, help="in each session")
    options = parser.parse_args()
    in_this_process("sessions", lambda folder: run(options.sessions, options.messages))


def run(sessions: int, messages: int) -> str:
    """The table, as Markdown. Raises RuntimeError if a message is missing or there twice."""
    from apps.capture.webcast.recording import recorded_messages
    from apps.capture.webcast.room import Room
    from apps.capture.webcast.server import running

    recorded = recorded_messages()
    playlist = [recorded[index % len(recorded)] for index in range(messages)]
    rooms = [Room(f"streamer{number}", messages=playlist) for number in range(sessions)]
    for room in rooms:
        room.silent = True
    with running(*rooms) as server:
        os.environ |= {
            "TIKTOK_APP_URL": server.url,
            "TIKTOK_WEBCAST_URL": f"{server.url}/webcast",
            "TIKTOK_SIGN_URL": server.url,
        }
        # Celery says good-bye on its standard output, which is ours.
        with subprocess.Popen(worker_command(), cwd=ROOT, stdout=subprocess.DEVNULL) as worker:
            try:
                begun = time.perf_counter()
                ids = [start(room.username) for room in rooms]
                wait_until(lambda: count_live() == sessions)
                live_s, cpu_before = time.perf_counter() - begun, cpu_s(worker.pid)
                begun = time.perf_counter()
                for room in rooms:
                    room.silent = False
                wait_until(lambda: count_events() >= sessions * messages)
                stored_s, used_s = time.perf_counter() - begun, cpu_s(worker.pid) - cpu_before
            finally:
                worker.terminate()
    check(ids, rooms)
    total = sessions * messages
    stock = statistics.median(stock_speed(known_frames()) for _ in range(STOCK_ROUNDS))
    ours = total / used_s
    return (
        "| sessions in one worker | all live in | messages | missing | twice | stored each second "
        f"| worker's CPU |\n|---|---|---|---|---|---|---|\n| {sessions} | {live_s:.1f} s "
        f"| {total:,} | 0 | 0 | {total / stored_s:,.0f} | {used_s / stored_s:.2f} cores |\n\n"
        "| messages for each second of one core | | Clipcast is |\n|---|---|---|\n"
        f"| Clipcast's worker: frame on the socket to committed row | {ours:,.0f} | 1.00x |\n"
        f"| the stock client: frame to emitted event, nothing stored | {stock:,.0f} "
        f"| {ours / stock:.2f}x |"
    )


def worker_command() -> list[str]:
    """The line of the Procfile."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    line = next(line for line in lines if line.startswith("capture:"))
    words = shlex.split(line.removeprefix("capture: exec "))
    return [str(Path(sys.executable).parent / words[0]), *words[1:-1], "CRITICAL"]


def start(username: str) -> Any:
    """A session that waits in the queue until the worker has loaded its library."""
    from apps.capture.models import Session, Streamer
    from apps.capture.tasks import capture_session

    session = Session.objects.create(streamer=Streamer.objects.create(username=username))
    capture_session.apply_async([str(session.pk)])
    return session.pk


def wait_until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{count_live()} sessions are live, {count_events()} events stored")
        time.sleep(0.1)


def count_live() -> int:
    from apps.capture.models import Session

    return Session.objects.filter(status="live").count()


def count_events() -> int:
    from django.db.models import Sum

    from apps.capture.models import Session

    return Session.objects.aggregate(total=Sum("total"))["total"] or 0


def check(ids: list[Any], rooms: list[Any]) -> None:
    from apps.capture.models import Event

    for session_id, room in zip(ids, rooms, strict=True):
        stored = Event.objects.filter(session=session_id).order_by("id")
        if list(stored.values_list("message_id", flat=True)) != room.sent_ids:
            raise RuntimeError(f"What @{room.username} sent is not what was stored")


if __name__ == "__main__":
    main()
