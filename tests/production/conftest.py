"""The whole system in processes of its own (benchmarks/topology.py), on the test's servers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from apps.access.services import create_key
from apps.capture.webcast.recording import recorded_messages
from apps.capture.webcast.room import AtEnd, Room
from apps.capture.webcast.server import WebcastServer, running
from apps.gifts.models import Gift
from apps.videos.models import Video
from benchmarks.load_phones import Actors, Client, Fan, Giver, Ledger, Phone
from benchmarks.topology import Topology, wait_until
from tests.books import give_bought
from tests.capture.workers import database_url
from tests.cast import make_person

# So long that a session is handed over, or nobody else gets it within a test.
LEASE_S = 600


class Scene:
    """People who use the running system, and what they were told."""

    def __init__(self, clipcast: Topology, webcast: WebcastServer) -> None:
        self.clipcast, self.webcast = clipcast, webcast
        self.ledger = Ledger()
        self.actors = Actors(self.ledger)
        people = [make_person(f"person{number}") for number in range(6)]
        for person in people:
            give_bought(person.user, 100_000)
        rose = Gift.objects.create(title="Rose", image="gifts/rose.png", coin=1)
        videos = [
            Video.objects.create(user=person.user, file="videos/a.mp4", state="ready").pk
            for person in people
        ]
        ids = [person.id for person in people]
        self.phones = [Phone(clipcast, self.ledger, p.id, p.token) for p in people]
        self.fans = [Fan(phone, videos) for phone in self.phones[:2]]
        self.givers = [Giver(phone, ids, gift_id=rose.pk) for phone in self.phones[2:4]]
        self.desk = Client(
            clipcast, self.ledger, {"X-Api-Key": create_key(name="t", scope="write")[1]}
        )
        self.room: Room | None = None
        self.session = ""

    def use_everything(self, pause_s: float) -> None:
        """Until `actors.stop()`: a feed is read, comments and gifts come, REST is asked."""
        scroller, feed = self.phones[4], {"starting_point": 0}
        self.actors.add(lambda: scroller.call("showRelatedVideos", feed), pause_s)
        for each in (*self.fans, *self.givers):
            self.actors.add(each.turn, pause_s * 5)  # below the throttle
        self.actors.add(lambda: self.desk.page("REST", "/api/sessions"), pause_s)

    def capture(self, rate: float) -> None:
        """Returns when a worker has it."""
        room = Room("ada", messages=recorded_messages(), rate=rate, at_end=AtEnd.REPEAT)
        self.room = self.webcast.rooms["ada"] = room
        headers = {"Content_Type": "application/json"}
        body = b'{"username": "ada"}'
        status, content = self.desk.ask("start", "POST", "/api/sessions", body, **headers)
        assert status == 201, content
        self.session = str(self.rows("SELECT id FROM capture_session")[0][0])
        wait_until(lambda: len(room.acknowledged_ids) > 20, "the live is captured")

    def owner_pid(self) -> int:
        """Of the capture worker that holds the session; 0 when none does."""
        owner = self.rows("SELECT lease_owner FROM capture_session")[0][0]
        return int(owner.split(":")[1]) if owner else 0

    def end_capture(self) -> None:
        """Returns when all that was sent is stored, each once and in order."""
        assert self.room is not None
        self.room.messages = ()
        wait_until(lambda: self.stored() == self.room.sent_ids, "all that was sent is stored")

    def stored(self) -> list[int]:
        return [row[0] for row in self.rows("SELECT message_id FROM capture_event ORDER BY id")]

    def rows(self, sql: str) -> list[tuple]:
        """By a connection of its own, beside what a test puts between."""
        return self.clipcast.rows(sql)

    def missing(self) -> dict[str, int]:
        """How much of each kind was acknowledged and is not in the database."""
        there = {
            "gifts": "SELECT key FROM wallet_transfer WHERE reason = 'gift'",
            "comments": "SELECT text FROM videos_videocomment",
        }
        return {
            kind: len(getattr(self.ledger, kind) - {row[0] for row in self.rows(sql)})
            for kind, sql in there.items()
        }


@pytest.fixture
def variables() -> dict[str, str]:
    """What a test file changes in the processes' environment."""
    return {}


@pytest.fixture
def without() -> tuple[str, ...]:
    """The processes that a test file has no need of."""
    return ("mediamtx", "media", "exports", "hooks")


@pytest.fixture
def scene(
    transactional_db: None,
    tmp_path_factory: pytest.TempPathFactory,
    variables: dict[str, str],
    without: tuple[str, ...],
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("clipcast") / "run"
    with running() as webcast:
        places = {
            "DATABASE_URL": database_url(),
            "REDIS_URL": os.environ["REDIS_URL"],
            "SECRET_KEY": settings.SECRET_KEY,
            "CAPTURE_LEASE_S": str(LEASE_S),
            "THROTTLE_ENABLED": "false",  # few people make the load of many
            "TIKTOK_APP_URL": webcast.url,
            "TIKTOK_WEBCAST_URL": f"{webcast.url}/webcast",
            "TIKTOK_SIGN_URL": webcast.url,
        }
        with Topology(folder, places | variables, without) as clipcast:
            scene = Scene(clipcast, webcast)
            try:
                yield scene
            finally:
                scene.actors.stop()
                if scene.room is not None:
                    scene.room.messages = ()
                clipcast.print_logs()
