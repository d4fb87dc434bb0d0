"""How fast MediaMTX's auth hook answers, next to a bare WSGI callable and a bare Django view.

    uv run --all-extras python -m benchmarks.hooks

All three run under the same granian, one worker and two threads, in interleaved rounds.
`serial` is what MediaMTX does: one question after the other, a new TCP connection each.
`wrk` is 16 connections at once, where wrk is installed. Read the ratios.
"""

import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.servers import (
    ROOT,
    environment_of,
    migrate,
    postgres,
    set_up_django,
    throwaway_folder,
    web_process,
)

ROUNDS = 3
SERIAL_QUESTIONS = 2_000
WRK_S = 4
OPEN_ROOMS = 1_000
ENDED_ROOMS = 50_000
TARGETS = {
    "bare WSGI callable": "benchmarks.hooks:bare",
    "bare Django view": "benchmarks.bare_view:application",
    "auth hook, publisher admitted": "config.hooks:application",
}


def bare(environ: dict, start_response) -> list[bytes]:
    """Reads the body and says yes."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]


def run() -> list[dict]:
    """One row a target: rates per second, latencies in milliseconds, ratios to the bare ones."""
    with throwaway_folder("hooks") as folder, postgres(folder) as url:
        environment = environment_of(folder, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
        migrate(environment)
        question = json.loads(seed_in_a_process(environment))
        with contextlib.ExitStack() as stack:
            bases = {
                name: stack.enter_context(web_process(environment, application, blocking_threads=2))
                for name, application in TARGETS.items()
            }
            ports = {name: int(base.rpartition(":")[2]) for name, base in bases.items()}
            return rows(measured(ports, json.dumps(question).encode(), folder))


def seed_in_a_process(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "benchmarks.hooks", "seed"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()[-1]


def seed() -> dict:
    """Open and ended rooms, and the question that the publisher of one of them makes."""
    set_up_django()
    from django.db import connection
    from django.utils import timezone

    from apps.live import services
    from apps.live.models import LiveRoom
    from apps.users.models import User

    hosts = User.objects.bulk_create(
        [User(username=f"host{number}") for number in range(OPEN_ROOMS)]
    )
    now = timezone.now()
    ended = [
        LiveRoom(host=hosts[n % OPEN_ROOMS], status="ended", opened_at=now, ended_at=now)
        for n in range(ENDED_ROOMS)
    ]
    LiveRoom.objects.bulk_create(ended, batch_size=5_000)
    for host in hosts:
        room, secret = services.open_room(host_id=host.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    texts = dict.fromkeys(["user", "password"], "")
    return texts | {
        "ip": "192.0.2.1",
        "token": secret,
        "action": "publish",
        "path": room.path,
        "protocol": "rtmp",
        "id": "6b1d0f0e-5c6f-4c9e-9d7e-1f4c0c0f9d11",
        "query": f"token={secret}",
        "userAgent": "OBS",
    }


# --- The measurement ------------------------------------------------------------------------


def measured(ports: dict[str, int], question: bytes, folder: Path) -> dict[str, dict]:
    """The rounds of each target, one after the other so that what disturbs disturbs all."""
    results: dict[str, dict] = {name: {"latencies": [], "rates": []} for name in ports}
    for port in ports.values():
        serial(port, question, 300)
    for _ in range(ROUNDS):
        for name, port in ports.items():
            results[name]["latencies"].append(serial(port, question, SERIAL_QUESTIONS))
            if shutil.which("wrk"):
                results[name]["rates"].append(wrk(port, question, folder))
    return results


def serial(port: int, question: bytes, count: int) -> list[float]:
    """Seconds of each answer, connecting included, as MediaMTX asks."""
    head = (
        "POST /mediamtx/auth HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(question)}\r\n\r\n"
    )
    request, latencies = head.encode() + question, []
    for _ in range(count):
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(request)
            answer = client.recv(4096)
        latencies.append(time.perf_counter() - began)
        assert answer.startswith(b"HTTP/1.1 200"), answer
    return latencies


def wrk(port: int, question: bytes, folder: Path) -> float:
    script = folder / "question.lua"
    body = question.decode().replace("\\", "\\\\").replace("'", "\\'")
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{body}'\n"
        "wrk.headers['Content-Type'] = 'application/json'\n"
        "done = function(s) print('RESULT ' .. s.requests / (s.duration / 1e6)"
        " .. ' ' .. s.errors.status) end\n"
    )
    url = f"http://127.0.0.1:{port}/mediamtx/auth"
    command = ["wrk", "-t1", "-c16", f"-d{WRK_S}s", "-s", str(script), url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, errors = next(line for line in output.splitlines() if "RESULT" in line).split()[1:]
    assert errors == "0", output
    return float(rate)


def rows(results: dict[str, dict]) -> list[dict]:
    table = [{"what": name} | figures(result) for name, result in results.items()]
    callable_floor, view_floor = table[0], table[1]
    for row in table:
        for kind in ("serial", "wrk"):
            rate = row[f"{kind}_per_s"]
            for name, floor in (("callable", callable_floor), ("view", view_floor)):
                ratio = round(rate / floor[f"{kind}_per_s"], 2) if rate else None
                row[f"{kind}_of_bare_{name}"] = ratio
    return table


def figures(result: dict) -> dict:
    """Medians over the rounds."""
    percentiles = [statistics.quantiles(latencies, n=100) for latencies in result["latencies"]]
    serial_rates = [len(latencies) / sum(latencies) for latencies in result["latencies"]]
    return {
        "serial_per_s": round(statistics.median(serial_rates)),
        "p50_ms": round(statistics.median(q[49] for q in percentiles) * 1000, 2),
        "p99_ms": round(statistics.median(q[98] for q in percentiles) * 1000, 2),
        "wrk_per_s": round(statistics.median(result["rates"])) if result["rates"] else None,
    }


def table(results: list[dict]) -> str:
    """The rows as Markdown; the ratios are against the bare Django view."""
    lines = [
        "| target | serial req/s | p50 / p99 ms | wrk req/s | of the bare view, serial / wrk |",
        "|---|---|---|---|---|",
    ]
    for row in results:
        lines.append(
            f"| {row['what']} | {row['serial_per_s']:,} | {row['p50_ms']} / {row['p99_ms']} "
            f"| {row['wrk_per_s']:,} | {row['serial_of_bare_view']} / {row['wrk_of_bare_view']} |"
        )
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:] == ["seed"]:
        print(json.dumps(seed()))
        return
    print(table(run()))


if __name__ == "__main__":
    main()
