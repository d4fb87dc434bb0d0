"""Everything at once through the proxy: does it hold, does it lose anything, does memory stay flat?

    uv run --all-extras python -m benchmarks.load [--minutes 10]

The whole system runs as in production (benchmarks/topology.py). Phones scroll, like, comment, give
and upload (load_phones.py); somebody is live with viewers; two captures run and are followed by
server-sent events; an operator looks at pages. At the end every answer must have been one, what was
acknowledged must be in the database, and the books must add up. Everything shares this machine.
"""

import argparse
import json
import logging
import statistics
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from benchmarks import load_phones as phones
from benchmarks.load_phones import Actors, Ledger, Phone, StreamReader
from benchmarks.servers import throwaway_folder
from benchmarks.topology import NotInTime, Topology, wait_until

PEOPLE = 40
VIDEOS = 300
CAPTURED = 2
MESSAGES_PER_S = 10  # of each captured live
SAMPLE_EVERY_S = 2
WARM_UP_PART = 0.2
GROWTH_MB, GROWTH_PART = 32, 1.3  # more than both is a leak
KEPT_READERS = 3  # of each session
SEED = """
import json
from django.db import connection
from django.test import Client
from apps.access.services import create_key
from apps.users.callers import digest
from apps.users.models import AuthToken, PrivacySetting, PushNotificationSetting, User
from apps.videos.models import Video
ids = range(1, {people} + 1)
User.objects.bulk_create(User(id=n, username=f"person{{n}}", bio="I am here.") for n in ids)
for table in (PrivacySetting, PushNotificationSetting):
    table.objects.bulk_create((table(user_id=n) for n in ids), ignore_conflicts=True)
AuthToken.objects.bulk_create(AuthToken(digest=digest(f"token-{{n}}"), user_id=n) for n in ids)
Video.objects.bulk_create(
    Video(user_id=1 + n % {people}, file="videos/a.mp4", state="ready", description=f"Clip {{n}}")
    for n in range({videos})
)
with connection.cursor() as cursor:
    cursor.execute('''
        SELECT setval(pg_get_serial_sequence('users_user', 'id'), {people} + 1);
        INSERT INTO gifts_gift (title, image, animation, sound, coin, type, "order", active)
            VALUES ('Rose', 'gifts/rose.png', '', '', 1, 'normal', 0, true);
        SELECT wallet_account_id(id, 'earned') FROM users_user;
        SELECT wallet_post('seed:' || id, 'promo', NULL, 0,
            ARRAY[wallet_account_id(id, 'bought')], ARRAY[1000000],
            ARRAY[wallet_account_id(NULL, 'promo')], ARRAY[-1000000]) FROM users_user;
    ''')
operator = User.objects.create_user("desk", is_staff=True, is_superuser=True)
browser = Client()
browser.force_login(operator)
print(json.dumps({{
    "key": create_key(name="load", scope="write")[1],
    "cookie": browser.cookies["sessionid"].value,
    "videos": list(Video.objects.values_list("pk", flat=True)),
}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with throwaway_folder("load") as folder:
        print(run(folder, options.minutes * 60))


def run(folder: Path, seconds: float) -> str:
    """The tables, as Markdown. Raises RuntimeError with all that went wrong."""
    from apps.capture.webcast.recording import recorded_messages
    from apps.capture.webcast.room import AtEnd, Room
    from apps.capture.webcast.server import running

    playlist = recorded_messages()
    lives = [
        Room(f"streamer{n}", messages=playlist, rate=MESSAGES_PER_S, at_end=AtEnd.REPEAT)
        for n in range(CAPTURED)
    ]
    with running(*lives) as webcast:
        places = {
            "TIKTOK_APP_URL": webcast.url,
            "TIKTOK_WEBCAST_URL": f"{webcast.url}/webcast",
            "TIKTOK_SIGN_URL": webcast.url,
        }
        with Topology(folder / "clipcast", places) as clipcast:
            try:
                return Load(clipcast, lives, folder).run(seconds)
            except Exception:
                clipcast.print_logs()
                raise


class Load:
    def __init__(self, clipcast: Topology, lives: list[Any], folder: Path) -> None:
        self.clipcast, self.lives, self.folder = clipcast, lives, folder
        self.ledger = Ledger()
        self.actors = Actors(self.ledger)
        words = {"people": PEOPLE, "videos": VIDEOS}
        self.facts = json.loads(clipcast.shell(SEED.format(**words)).splitlines()[-1])
        self.api = phones.Client(clipcast, self.ledger, {"X-Api-Key": self.facts["key"]})
        self.readers: list[StreamReader] = []
        self.sessions: list[str] = []
        self.room: dict[str, Any] = {}
        self.publisher: subprocess.Popen | None = None

    def run(self, seconds: float) -> str:
        try:
            self.begin()
            memory = self.watch_memory(seconds)
        finally:
            self.end_publisher()
            self.actors.stop()
        found = self.settle()
        for reader in self.readers:
            reader.stop()
        problems = [*self.ledger.failures, *found, *leaks(memory, seconds)]
        if problems:
            raise RuntimeError(f"{len(problems)} problems:\n" + "\n".join(problems[:40]))
        return "\n\n".join([self.summary(seconds), self.table(seconds), memory_table(memory)])

    # --- Who is there ------------------------------------------------------------------------

    def phone(self, user_id: int) -> Phone:
        return Phone(self.clipcast, self.ledger, user_id, f"token-{user_id}")

    def begin(self) -> None:
        self.sessions = [self.start_capture(live.username) for live in self.lives]
        self.go_live()
        for session in (*self.sessions, self.room["session_id"]):
            for _ in range(KEPT_READERS):
                self.follow(session)
        videos, people = self.facts["videos"], list(range(1, PEOPLE + 1))
        add = self.actors.add
        for user in people[:6]:
            add(phones.Scroller(self.phone(user), videos).turn, 1)
        for user in people[6:10]:
            add(phones.Fan(self.phone(user), videos).turn, 1.5)
        for user in people[10:14]:
            add(phones.Giver(self.phone(user), people).turn, 0.5)
        for user in people[14:18]:
            add(phones.Viewer(self.phone(user), self.room).turn, 3)
        add(phones.Uploader([self.phone(user) for user in people[20:]], self.clip()).turn, 8)
        desk = (self.clipcast, self.ledger, self.facts["cookie"], self.facts["key"], self.sessions)
        add(phones.Desk(*desk).turn, 3)

    def start_capture(self, username: str) -> str:
        body = json.dumps({"username": username}).encode()
        headers = {"Content_Type": "application/json"}
        status, content = self.api.ask("start a capture", "POST", "/api/sessions", body, **headers)
        if status != 201:
            raise RuntimeError(f"HTTP {status}: {content!r}")
        return json.loads(content)["id"]

    def go_live(self) -> None:
        host = self.phone(PEOPLE)
        room = host.call("liveStream", {"user_id": host.user_id, "title": "Load"})["msg"]
        self.room = room["LiveStreaming"] | {"user_id": host.user_id}
        if "mediamtx" in self.clipcast.processes:
            self.publisher = publish(self.room["rtmp_url"])
            detail = {"live_streaming_id": self.room["id"]}
            wait_until(lambda: self.status_of_room(host, detail) == "live", "the room is live")
        else:
            raise SystemExit("The load test needs mediamtx on PATH, for the live room.")

    def status_of_room(self, host: Phone, detail: dict[str, Any]) -> str:
        msg = host.call("showLiveStreamDetail", detail)["msg"]
        return msg["LiveStreaming"]["status"] if isinstance(msg, dict) else ""

    def follow(self, session: str) -> None:
        if session in self.sessions:
            reader = StreamReader(self.clipcast, self.ledger, session, key=self.facts["key"])
        else:
            token = f"?auth_token=token-{PEOPLE}"
            reader = StreamReader(self.clipcast, self.ledger, session, query=token)
        self.readers.append(reader)
        threading.Thread(target=reader.run, daemon=True).start()

    def clip(self) -> Path:
        path = self.folder / "clip.mp4"
        ffmpeg(
            *("-f", "lavfi", "-i", "testsrc2=s=180x320:r=24"),
            *("-f", "lavfi", "-i", "sine=frequency=440", "-t", "2"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
            str(path),
        ).wait()
        return path

    def end_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.terminate()
            self.publisher.wait()

    # --- What became of it -------------------------------------------------------------------

    def watch_memory(self, seconds: float) -> dict[str, list[float]]:
        """Private megabytes of each process and its children, every few seconds."""
        found: dict[str, list[float]] = defaultdict(list)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for name, process in self.clipcast.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}")
                found[name].append(private_mb(process.pid))
            time.sleep(min(SAMPLE_EVERY_S, left))
        return found

    def settle(self) -> list[str]:
        """Wait until everything that was taken in is stored, and say what is missing."""
        for live in self.lives:
            live.messages = ()
        problems = []
        for session, live in zip(self.sessions, self.lives, strict=True):
            try:
                wait_until(lambda s=session, v=live: self.stored(s) == v.sent_ids, "all is stored")
            except NotInTime:
                problems.append(
                    f"@{live.username} sent {len(live.sent_ids)} messages, "
                    f"{len(self.stored(session))} are stored, or in another order"
                )
            self.api.ask("end a capture", "DELETE", f"/api/sessions/{session}")
        problems += self.missing("gifts", "SELECT key FROM wallet_transfer WHERE reason = 'gift'")
        problems += self.missing("comments", "SELECT text FROM videos_videocomment")
        problems += self.missing("room_comments", "SELECT text FROM capture_event")
        problems += self.missing("videos", "SELECT id FROM videos_video WHERE state = 'ready'")
        problems += [problem for reader in self.readers for problem in self.unread(reader)]
        try:
            self.clipcast.manage("audit_ledger")
        except RuntimeError as error:
            problems.append(str(error))
        return problems

    def stored(self, session: str) -> list[int]:
        sql = "SELECT message_id FROM capture_event WHERE session_id = %s ORDER BY id"
        return [row[0] for row in self.clipcast.rows(sql, session)]

    def missing(self, kind: str, sql: str) -> list[str]:
        """What was acknowledged and is not there, a while later."""
        wanted: set[Any] = getattr(self.ledger, kind)
        try:
            wait_until(lambda: wanted <= {row[0] for row in self.clipcast.rows(sql)}, kind)
        except NotInTime:
            there = {row[0] for row in self.clipcast.rows(sql)}
            return [f"{len(wanted - there)} acknowledged {kind} are missing"]
        return []

    def unread(self, reader: StreamReader) -> list[str]:
        sql = "SELECT id FROM capture_event WHERE session_id = %s ORDER BY id"
        events = [row[0] for row in self.clipcast.rows(sql, reader.session)]
        try:
            wait_until(lambda: len(reader.found) >= len(events), "readers have all")
        except NotInTime:
            return [f"A reader has {len(reader.found)} of {len(events)} events"]
        return [] if reader.found == events else ["A reader has events twice or out of order"]

    def summary(self, seconds: float) -> str:
        ledger = self.ledger
        asked = sum(ledger.answers.values())
        sent = sum(len(live.sent_ids) for live in self.lives)
        read = sum(len(reader.found) for reader in self.readers)
        return (
            f"{seconds / 60:g} minutes through Caddy with TLS, two web processes, two capture "
            f"workers: {asked:,} requests, none dropped, no HTTP 5xx, no `code` 500. Acknowledged "
            f"and all in the database: {len(ledger.gifts):,} gifts, {len(ledger.comments):,} "
            f"comments, {len(ledger.room_comments):,} comments in a live room, "
            f"{len(ledger.videos):,} videos. {sent:,} messages of {CAPTURED} lives were sent and "
            f"stored, once each; {read:,} events reached {len(self.readers)} readers, none "
            "missing. The ledger was audited: every rule holds."
        )

    def table(self, seconds: float) -> str:
        lines = ["| request | answers | a second | p50 / p99 ms | codes |", "|---|---|---|---|---|"]
        for what, times in sorted(self.ledger.seconds.items(), key=lambda item: -len(item[1])):
            codes = {code: n for (name, code), n in self.ledger.answers.items() if name == what}
            told = ", ".join(f"{code}: {codes[code]:,}" for code in sorted(codes))
            cut = sorted(times)
            p50, p99 = (1000 * cut[int(part * (len(cut) - 1))] for part in (0.5, 0.99))
            speed = len(times) / seconds
            lines.append(
                f"| {what} | {len(times):,} | {speed:.2f} | {p50:.0f} / {p99:.0f} | {told} |"
            )
        return "\n".join(lines)


def private_mb(pid: int) -> float:
    """Memory that the process and its children share with nobody."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in family:
        try:
            memory = member.memory_info()
            total += memory.rss - memory.shared
        except psutil.Error:
            continue  # it has just ended
    return total / 1024 / 1024


def thirds(samples: list[float]) -> tuple[float, float]:
    """The middle of the first and of the last third, after the warm-up."""
    warm = samples[int(len(samples) * WARM_UP_PART) :] or samples
    part = max(len(warm) // 3, 1)
    return statistics.median(warm[:part]), statistics.median(warm[-part:])


def leaks(memory: dict[str, list[float]], seconds: float) -> list[str]:
    """Processes that grew; a run of a few minutes is too short to say."""
    if seconds < 300:
        return []
    return [
        f"{name} grew from {first:.0f} to {last:.0f} MB"
        for name, (first, last) in ((name, thirds(samples)) for name, samples in memory.items())
        if last > first + GROWTH_MB and last > first * GROWTH_PART
    ]


def memory_table(memory: dict[str, list[float]]) -> str:
    lines = ["| process | MB, first third after warm-up | MB, last third |", "|---|---|---|"]
    for name, samples in memory.items():
        first, last = thirds(samples)
        lines.append(f"| {name} | {first:.0f} | {last:.0f} |")
    return "\n".join(lines)


def ffmpeg(*words: str) -> subprocess.Popen:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "error", *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def publish(url: str) -> subprocess.Popen:
    """A small test picture with a tone, as the host's phone."""
    return ffmpeg(
        *("-re", "-f", "lavfi", "-i", "testsrc=size=160x90:rate=10"),
        *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10"),
        *("-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", url),
    )


if __name__ == "__main__":
    main()
