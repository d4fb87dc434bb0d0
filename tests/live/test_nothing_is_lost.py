"""Web is killed, Valkey is killed: every comment and gift that was acknowledged is stored once, and
reaches a viewer who follows by the real stream process once."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import transaction

from apps.capture.models import Event, Session
from apps.gifts.models import Gift, SentGift
from apps.live import audience, services
from apps.live.models import Happening, LiveRoom
from config import embedded
from tests.books import broken_rules, give_bought
from tests.capture_edge.stream_client import (
    Refused,
    open_stream,
    stream_process,
)
from tests.cast import Person
from tests.live.media_server import FakeMediaServer
from tests.live.stack import START_S, url_of_test_database, wait_until
from tests.wallet.killing import Web

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 180
A_FEW = 10
BETWEEN_REQUESTS_S = 0.02
EVENTS_A_CONNECTION = 15


class OwnValkey:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = embedded.start_valkey(folder)

    def kill(self) -> None:
        os.kill(int((self.folder / "valkey.pid").read_text()), signal.SIGKILL)
        wait_until(lambda: not embedded.valkey_answers(self.url))

    def restart(self) -> None:
        embedded.start_valkey(self.folder)


class Webs:
    """The web process that runs now."""

    def __init__(self, folder: Path, valkey: OwnValkey) -> None:
        self.folder, self.valkey = folder, valkey
        self.start()

    def start(self) -> None:
        self.now = Web(url_of_test_database(), self.folder, REDIS_URL=self.valkey.url)
        wait_until(self.now.answers, within_s=START_S)

    def accepts(self, endpoint: str, values: dict[str, Any], by: Person) -> bool:
        """Whether it acknowledged the request; there may be no answer."""
        try:
            answer = httpx.post(
                f"{self.now.url}/api/{endpoint}",
                json=values,
                headers={"Auth-Token": by.token},
                timeout=PATIENCE_S,
            ).json()
        except (httpx.HTTPError, ValueError):
            return False
        assert answer["code"] in (200, 503), answer
        return answer["code"] == 200


class Crowd:
    """Somebody who talks, each sentence said once, and somebody who gives, each gift repeated
    with its key until it is acknowledged."""

    def __init__(self, webs: Webs, room: LiveRoom, talker: Person, giver: Person) -> None:
        self.webs, self.talker, self.giver = webs, talker, giver
        self.in_room = {"live_streaming_id": room.pk}
        self.gift = self.in_room | {
            "receiver_id": room.host_id,
            "gift_id": Gift.objects.create(title="Rose", coin=1, image="rose.png").pk,
        }
        self.said: list[str] = []
        self.given: list[str] = []
        self.enough = threading.Event()
        self.threads = [
            threading.Thread(target=does, daemon=True) for does in (self.talk, self.give)
        ]

    def talk(self) -> None:
        while not self.enough.wait(BETWEEN_REQUESTS_S):
            text = uuid.uuid4().hex
            values = self.in_room | {"comment": text}
            if self.webs.accepts("commentOnLiveStream", values, self.talker):
                self.said.append(text)

    def give(self) -> None:
        while not self.enough.is_set():
            key = uuid.uuid4().hex
            values = self.gift | {"idempotency_key": key}
            while not self.webs.accepts("sendGift", values, self.giver):
                time.sleep(BETWEEN_REQUESTS_S)
            self.given.append(key)

    def goes_on(self) -> None:
        """Returns when some more of both have been acknowledged."""
        said, given = len(self.said) + A_FEW, len(self.given) + A_FEW
        wait_until(
            lambda: (len(self.said) >= said and len(self.given) >= given) or not self.is_alive(),
            within_s=PATIENCE_S,
        )
        assert self.is_alive()

    def is_alive(self) -> bool:
        return all(thread.is_alive() for thread in self.threads)

    @contextmanager
    def busy(self) -> Iterator[None]:
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self.enough.set()
            for thread in self.threads:
                thread.join(timeout=PATIENCE_S)


class Follower:
    """Follows a room with an app's token, hangs up every now and then and resumes."""

    def __init__(self, url: str, room: LiveRoom, who: Person) -> None:
        self.url, self.session_id, self.who = url, room.session_id, who
        self.ids: list[int] = []
        self.connections = 0
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def follow(self) -> None:
        while not self.enough.is_set():
            with suppress(httpx.HTTPError, Refused):
                self.read_some()
            self.enough.wait(BETWEEN_REQUESTS_S)

    def read_some(self) -> None:
        last = self.ids[-1] if self.ids else 0
        token = {"auth_token": self.who.token}
        with open_stream(self.url, self.session_id, query=token, last_event_id=last) as stream:
            self.connections += 1
            for frame in stream:  # one each second at least, if only a comment
                if frame.event_id is not None:
                    self.ids.append(frame.event_id)
                if self.enough.is_set() or len(self.ids) > EVENTS_A_CONNECTION * self.connections:
                    return

    @contextmanager
    def following(self) -> Iterator[None]:
        self.thread.start()
        try:
            yield
        finally:
            self.enough.set()
            self.thread.join(timeout=PATIENCE_S)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    folder = tmp_path / "valkey"
    try:
        yield OwnValkey(folder)
    finally:
        embedded.stop_valkey(folder)


@pytest.fixture
def webs(tmp_path: Path, valkey: OwnValkey) -> Iterator[Webs]:
    webs = Webs(tmp_path, valkey)
    yield webs
    webs.now.kill()


@pytest.fixture
def room(owner: Person, friend: Person, stranger: Person) -> LiveRoom:
    room, _ = services.open_room(host_id=owner.id)
    services.publisher_came(path=room.path, publisher_id="p")
    for viewer in (friend, stranger):
        audience.enter(room_id=room.pk, user_id=viewer.id, agreed_coins=None)
    give_bought(stranger.user, 100_000)
    return room


def test_what_was_acknowledged_is_stored_and_reaches_a_viewer_once(
    webs: Webs, valkey: OwnValkey, room: LiveRoom, friend: Person, stranger: Person
) -> None:
    media = FakeMediaServer()
    media.publish(room.path)
    crowd = Crowd(webs, room, talker=friend, giver=stranger)
    places = {"DATABASE_URL": url_of_test_database(), "REDIS_URL": valkey.url}
    with stream_process(places) as url:
        follower = Follower(url, room, friend)
        with follower.following():
            with crowd.busy():
                crowd.goes_on()
                kill_between_commit_and_delivery(webs, room, media)
                webs.start()
                crowd.goes_on()
                valkey.kill()
                crowd.goes_on()
                valkey.restart()
                crowd.goes_on()
            services.reconcile_rooms(media)
            stored = list(Event.objects.filter(session=room.session_id).order_by("id"))
            wait_until(lambda: stored[-1].id in follower.ids, within_s=PATIENCE_S)
    texts = [event.text for event in stored if event.category == "chat"]
    assert len(texts) == len(set(texts))
    assert set(crowd.said) <= set(texts)
    gifts = [event for event in stored if event.category == "gift"]
    assert len(gifts) == len(crowd.given) == SentGift.objects.count()
    assert follower.ids == [event.id for event in stored]
    assert follower.connections > 1
    assert broken_rules() == []


def kill_between_commit_and_delivery(webs: Webs, room: LiveRoom, media: FakeMediaServer) -> None:
    """Whoever delivers waits for the session's row, which is held here until web is dead."""
    with transaction.atomic():
        Session.objects.select_for_update(no_key=True).get(pk=room.session_id)
        wait_until(both_kinds_wait, within_s=PATIENCE_S)
        webs.now.kill()
    assert both_kinds_wait()
    services.reconcile_rooms(media)
    assert not Happening.objects.exists()


def both_kinds_wait() -> bool:
    kinds = set(Happening.objects.values_list("type", flat=True))
    return kinds >= {"room.comment", "room.gift"}
