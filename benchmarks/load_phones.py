"""Who asks what in the load test: phones, readers of streams, and an operator's browser.

Each actor is a thread with a connection of its own and a pause after every turn, so that the load
is what people make and not what the machine can bear.
"""

import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.topology import Topology

BROKEN = (500, 503)  # of the envelope: our fault, or a server of ours is away
TIMEOUT_S = 60
LONGEST_REST_S = 60


class Ledger:
    """What was asked, what came back, and what the servers have acknowledged."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.answers: Counter[tuple[str, int]] = Counter()
        self.failures: list[str] = []
        self.gifts: set[str] = set()  # keys of the transfers
        self.comments: set[str] = set()
        self.room_comments: set[str] = set()
        self.videos: set[int] = set()

    def note(self, what: str, code: int, took_s: float) -> None:
        with self.lock:
            self.seconds[what].append(took_s)
            self.answers[what, code] += 1

    def fail(self, what: str, sentence: str) -> None:
        with self.lock:
            self.failures.append(f"{time.strftime('%H:%M:%S')} {what}: {sentence}"[:400])

    def acknowledge(self, kind: str, value: Any) -> None:
        with self.lock:
            getattr(self, kind).add(value)


class Client:
    """One kept connection through the entry, as a phone or a browser holds it."""

    def __init__(self, clipcast: Topology, ledger: Ledger, headers: dict[str, str]) -> None:
        self.clipcast = clipcast
        self.ledger = ledger
        self.headers = headers
        self.connection = clipcast.connection(TIMEOUT_S)
        self.used_at = time.monotonic()
        self.location = ""  # where the last answer led to

    def ask(
        self, what: str, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, bytes]:
        """Status and body; 0 and nothing if there was no answer, which is a failure."""
        began = time.perf_counter()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection = self.kept_connection()
            connection.request(method, path, body or None, self.headers | named)
            response = connection.getresponse()
            content = response.read()
            self.location = response.headers.get("Location", "")
        except (OSError, HTTPException) as error:
            self.connection.close()
            self.ledger.fail(what, f"no answer ({type(error).__name__}: {error})")
            return 0, b""
        self.ledger.note(what, response.status, time.perf_counter() - began)
        if response.status >= 500:
            self.ledger.fail(what, f"HTTP {response.status} {content[:200]!r}")
        return response.status, content

    def kept_connection(self) -> HTTPSConnection:
        """Made anew after a long rest, as phones do: the entry ends it after five minutes."""
        now = time.monotonic()
        if now - self.used_at > LONGEST_REST_S:
            self.connection.close()
        self.used_at = now
        return self.connection

    def page(self, what: str, path: str) -> bytes:
        return self.ask(what, "GET", path)[1]


class Phone(Client):
    """A person's app."""

    def __init__(self, clipcast: Topology, ledger: Ledger, user_id: int, token: str) -> None:
        super().__init__(clipcast, ledger, {"Auth-Token": token})
        self.user_id = user_id

    def call(self, endpoint: str, values: dict[str, Any], **headers: str) -> dict[str, Any]:
        """The envelope; what is broken is told to the ledger."""
        body = json.dumps(values).encode()
        return self.post(endpoint, body, Content_Type="application/json", **headers)

    def post(self, endpoint: str, body: bytes, **headers: str) -> dict[str, Any]:
        began = time.perf_counter()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection = self.kept_connection()
            connection.request("POST", f"/api/{endpoint}", body, self.headers | named)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            self.connection.close()
            self.ledger.fail(endpoint, f"no answer ({type(error).__name__}: {error})")
            return {"code": 0}
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {"code": 0}
        self.ledger.note(endpoint, answer["code"], time.perf_counter() - began)
        if response.status != 200 or answer["code"] in (0, *BROKEN, 429, 401, 501):
            self.ledger.fail(endpoint, f"HTTP {response.status} {content[:200]!r}")
        return answer


class Actors:
    """Threads that go on until `stop`."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.ended = threading.Event()
        self.threads: list[threading.Thread] = []

    def add(self, turn: Callable[[], Any], pause_s: float) -> None:
        """Take turns, with about so long a pause after each."""

        def go() -> None:
            chance = random.Random(len(self.threads))
            while not self.ended.wait(pause_s * chance.uniform(0.5, 1.5)):
                try:
                    turn()
                except Exception as error:
                    self.ledger.fail(turn.__qualname__, f"{type(error).__name__}: {error}")

        self.run(go)

    def run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self.threads.append(thread)
        thread.start()

    def stop(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(TIMEOUT_S + 30)


class Scroller:
    """Looks at the feed, at comments and at profiles."""

    def __init__(self, phone: Phone, videos: list[int]) -> None:
        self.phone, self.videos = phone, videos
        self.chance = random.Random(phone.user_id)

    def turn(self) -> None:
        phone, chance = self.phone, self.chance
        me = {"user_id": phone.user_id}
        phone.call("showRelatedVideos", me | {"starting_point": chance.randint(0, 3)})
        video = chance.choice(self.videos)
        phone.call("showVideoDetail", me | {"video_id": video})
        phone.call("watchVideo", {"video_id": video})
        phone.call("showVideoComments", me | {"video_id": video, "starting_point": 0})
        if chance.random() < 0.3:
            phone.call("showVideosAgainstUserID", me | {"starting_point": 0})
            phone.call("search", me | {"type": "user", "keyword": "person", "starting_point": 0})


class Fan:
    """Likes and comments."""

    def __init__(self, phone: Phone, videos: list[int]) -> None:
        self.phone, self.videos = phone, videos
        self.chance = random.Random(phone.user_id)

    def turn(self) -> None:
        video = self.chance.choice(self.videos)
        self.phone.call("likeVideo", {"user_id": self.phone.user_id, "video_id": video})
        text = f"comment {uuid4().hex}"
        values = {"user_id": self.phone.user_id, "video_id": video, "comment": text}
        if self.phone.call("postCommentOnVideo", values)["code"] == 200:
            self.phone.ledger.acknowledge("comments", text)


class Giver:
    """Sends a rose to anybody, every time with a key of its own."""

    def __init__(self, phone: Phone, people: list[int], gift_id: int = 1) -> None:
        self.phone, self.gift_id = phone, gift_id
        self.people = [person for person in people if person != phone.user_id]
        self.chance = random.Random(phone.user_id)

    def turn(self) -> None:
        self.give({"receiver_id": self.chance.choice(self.people)})

    def give(self, values: dict[str, Any]) -> None:
        key = uuid4().hex
        values = {
            "sender_id": self.phone.user_id,
            "gift_id": self.gift_id,
            "gift_count": 1,
        } | values
        if self.phone.call("sendGift", values, Idempotency_Key=key)["code"] == 200:
            self.phone.ledger.acknowledge("gifts", f"gift-key:{self.phone.user_id}:{key}")


class Uploader:
    """Posts a clip with one phone after the other, as each may only so many in an hour."""

    def __init__(self, phones: list[Phone], clip: Path) -> None:
        self.phones, self.content, self.number = phones, clip.read_bytes(), 0

    def turn(self) -> None:
        self.number += 1
        phone = self.phones[self.number % len(self.phones)]
        values = {"description": f"clip {uuid4().hex}", "privacy_type": "public"}
        body, content_type = multipart(values, self.content)
        answer = phone.post("postVideo", body, Content_Type=content_type)
        if answer["code"] == 200:
            phone.ledger.acknowledge("videos", int(answer["msg"]["Video"]["id"]))


def multipart(values: dict[str, str], content: bytes) -> tuple[bytes, str]:
    parts = [
        f'--bound\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values.items()
    ]
    head = b'--bound\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n'
    parts.append(head + b"Content-Type: video/mp4\r\n\r\n" + content + b"\r\n--bound--\r\n")
    return b"".join(parts), "multipart/form-data; boundary=bound"


class Viewer(Giver):
    """Watches a live room: comes in, talks, taps the heart, gives."""

    def __init__(self, phone: Phone, room: dict[str, Any]) -> None:
        super().__init__(phone, [])
        self.room = room
        self.me = {"user_id": phone.user_id, "live_streaming_id": room["id"]}
        self.hls_url = ""

    def turn(self) -> None:
        if not self.hls_url:
            msg = self.phone.call("watchLiveStream", self.me)["msg"]
            self.hls_url = msg["LiveStreaming"]["hls_url"]
        text = f"room {uuid4().hex}"
        if self.phone.call("commentOnLiveStream", self.me | {"comment": text})["code"] == 200:
            self.phone.ledger.acknowledge("room_comments", text)
        self.phone.call("likeLiveStream", self.me | {"count": 7})
        self.give({"receiver_id": self.room["user_id"], "live_streaming_id": self.room["id"]})
        self.watch()

    def watch(self) -> None:
        """One look at the playlist; MediaMTX leads a new viewer once around, to count them."""
        url, path = self.phone.clipcast.url, self.hls_url
        for _ in range(3):
            status, content = self.phone.ask("HLS playlist", "GET", path.removeprefix(url))
            if status != 302:
                break
            path = self.phone.location
        if not content.startswith(b"#EXTM3U"):
            self.phone.ledger.fail("HLS playlist", f"HTTP {status} {content[:200]!r}")


class Desk(Client):
    """An operator's browser, and a program with a key."""

    def __init__(
        self, clipcast: Topology, ledger: Ledger, cookie: str, key: str, sessions: list[str]
    ) -> None:
        super().__init__(clipcast, ledger, {"Cookie": f"sessionid={cookie}", "X-Api-Key": key})
        self.sessions = sessions
        self.chance = random.Random(5)

    def turn(self) -> None:
        session = self.chance.choice(self.sessions)
        for path in (
            "/dashboard/",
            f"/dashboard/sessions/{session}/",
            "/dashboard/history/",
            "/dashboard/rooms/",
            "/admin/",
            "/admin/users/user/",
            "/admin/videos/video/",
        ):
            self.page("pages of operators", path)
        for path in ("", "/stats", "/events?limit=100", "/participants", "/words", "/viewers"):
            self.page("REST of captures", f"/api/sessions/{session}{path}")
        self.page("health", "/health/ready")


class StreamReader:
    """Follows a session by server-sent events from its first event, and comes back after a cut."""

    def __init__(
        self, clipcast: Topology, ledger: Ledger, session: str, *, query: str = "", key: str = ""
    ) -> None:
        self.clipcast, self.ledger = clipcast, ledger
        self.session, self.query = session, query
        self.headers = {"X-Api-Key": key} if key else {}
        self.ended = threading.Event()
        self.found: list[int] = []
        self.connections = 0

    def run(self) -> None:
        while not self.ended.is_set():
            connection = self.clipcast.connection(TIMEOUT_S)
            try:
                self.follow(connection)
            except (OSError, HTTPException) as error:
                if not self.ended.is_set():
                    self.ledger.fail("SSE", f"{type(error).__name__}: {error}")
            finally:
                connection.close()
            self.ended.wait(0.5)

    def follow(self, connection: HTTPSConnection) -> None:
        """One connection to its end. Raises OSError or HTTPException for one that breaks."""
        last = {"Last-Event-ID": str(self.found[-1] if self.found else 0)}
        path = f"/api/sessions/{self.session}/stream{self.query}"
        connection.request("GET", path, headers=self.headers | last)
        response = connection.getresponse()
        self.connections += 1
        if response.status != 200:
            raise HTTPException(f"HTTP {response.status} {response.read(200)!r}")
        while line := response.readline():
            if line.startswith(b"id: "):
                self.found.append(int(line[4:]))
            elif line.startswith(b"event: end"):
                self.ended.set()
            if self.ended.is_set():
                return

    def stop(self) -> None:
        self.ended.set()
