"""What the tests of capture share."""

import threading
import time

import pytest

from apps.capture import services
from apps.capture.models import Event, Session, Streamer
from apps.capture.runner import Timing
from apps.capture.sources import RawMessage
from apps.capture.webcast.recording import RecordedMessage, recorded_messages
from apps.capture.webcast.room import Room
from apps.capture.webcast.server import running
from apps.capture.worker import CaptureWorker

OWNER = "worker-of-the-test"


@pytest.fixture
def session() -> Session:
    """A live session of @ada, whose lease the test holds."""
    return Session.objects.create(
        streamer=Streamer.objects.create(username="ada"),
        status=Session.Status.LIVE,
        lease_owner=OWNER,
    )


def recorded(*types: str, first_id: int = 1) -> list[RawMessage]:
    """Recorded messages of the types (all if none is named), each with an id of its own."""
    now = time.time_ns() // 1000
    return [
        RawMessage(message.type, message.payload, first_id + index, now + index)
        for index, message in enumerate(recorded_messages())
        if not types or message.type in types
    ]


def wait_for(condition, *, seconds: float = 90):
    """The first true value of `condition()`, which is asked again and again."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{condition} did not come true in {seconds} s"
        time.sleep(0.02)


@pytest.fixture
def webcast(settings):
    """The local Webcast server, in place of TikTok and the sign server."""
    with running() as server:
        settings.TIKTOK_APP_URL = server.url
        settings.TIKTOK_WEBCAST_URL = f"{server.url}/webcast"
        settings.TIKTOK_SIGN_URL = server.url
        yield server


class InProcess:
    """A capture worker in the test's own process, with short waits."""

    def __init__(self) -> None:
        self.worker = CaptureWorker(timing=Timing(first_delay_s=0.1, attempts_before_live=2))
        self.worker.start()
        self.threads: list[threading.Thread] = []

    def begin(self, session: Session) -> None:
        thread = threading.Thread(target=self.worker.capture, args=[session.pk], daemon=True)
        self.threads.append(thread)
        thread.start()

    def wait_until_idle(self) -> None:
        for thread in self.threads:
            thread.join(timeout=90)
            assert not thread.is_alive()


@pytest.fixture
def capture(transactional_db):
    in_process = InProcess()
    yield in_process
    in_process.worker.close()
    in_process.wait_until_idle()


@pytest.fixture
def room(webcast) -> Room:
    """The live of @ada, who says nothing yet."""
    room = webcast.rooms["ada"] = Room("ada")
    return room


@pytest.fixture
def live(webcast, room, capture) -> Session:
    """An open session of @ada that is connected."""
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Session.Status.LIVE)
    return session


def status_of(session: Session) -> str:
    session.refresh_from_db()
    return session.status


def stored_ids(session: Session) -> list[int]:
    return list(
        Event.objects.filter(session=session).order_by("id").values_list("message_id", flat=True)
    )


def messages_of(*types: str) -> list[RecordedMessage]:
    return [message for message in recorded_messages() if message.type in types]
