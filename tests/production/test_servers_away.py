"""PostgreSQL and Valkey away for a while: everybody hears it in a sentence, and everything comes
back by itself. What captures and streams lose meanwhile, which is nothing: tests/capture."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from django.db import connection
from django.test import Client as Browser

from apps.operations import signs
from benchmarks.load_phones import Client
from benchmarks.topology import wait_until
from config.outages import TRY_AGAIN
from tests.books import broken_rules
from tests.cast import make_person
from tests.production.conftest import Scene
from tests.production.relay import Relay

pytestmark = pytest.mark.django_db(transaction=True)
AWAY_S = 10


@pytest.fixture
def database() -> Iterator[Relay]:
    folder = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0]
    relay = Relay(Path(folder) / ".s.PGSQL.5432")
    yield relay
    relay.close()


@pytest.fixture
def valkey() -> Iterator[Relay]:
    relay = Relay(Path(urlsplit(os.environ["REDIS_URL"]).path))
    yield relay
    relay.close()


@pytest.fixture
def variables(transactional_db: None, database: Relay, valkey: Relay) -> dict[str, str]:
    name = connection.settings_dict["NAME"]
    number = parse_qs(urlsplit(os.environ["REDIS_URL"]).query).get("db", ["0"])[0]
    return {
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{database.port}/{name}",
        "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/{number}",
        "MEDIAMTX_SECRET": "secret-of-the-test-" + "x" * 20,
    }


@pytest.fixture
def without() -> tuple[str, ...]:
    return ("mediamtx", "media", "exports", "capture", "stream")


def test_everything_says_so_and_comes_back(
    scene: Scene, database: Relay, valkey: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test itself looks at the database by the direct way.
    direct = os.environ["DATABASE_URL"]
    name = connection.settings_dict["NAME"]
    monkeypatch.setitem(
        scene.clipcast.environment,
        "DATABASE_URL",
        urlsplit(direct)._replace(path=f"/{name}").geturl(),
    )
    people = scene.phones
    operator = signed_in(scene)
    is_well(scene)
    wait_until(lambda: signs.age_s(signs.HOOKS) is not None, "hooks give a sign of life")

    database.cut()
    for _ in for_as_long_as_it_is_away():
        for phone in people:
            answer = phone.call("showRelatedVideos", {"starting_point": 0})
            assert (answer["code"], answer["msg"]) == (503, TRY_AGAIN)
        assert people[0].call("checkEmail", {"email": "a@example.com"})["code"] == 503
        status, content = scene.desk.ask("REST", "GET", "/api/sessions")
        assert (status, TRY_AGAIN in content.decode()) == (503, True)
        for path in ("/dashboard/", "/admin/", "/api/sessions"):
            status, content = operator.ask("a page", "GET", path)
            assert (path, status, TRY_AGAIN in content.decode()) == (path, 503, True)
        assert b"database" in scene.desk.ask("health", "GET", "/health/ready")[1]
        assert asks_mediamtx(scene) == 503
    database.mend()
    wait_until(lambda: asks_mediamtx(scene) == 401, "hooks are back")
    is_well(scene)

    valkey.cut()
    for _ in for_as_long_as_it_is_away():
        for phone in people:
            assert phone.call("showRelatedVideos", {"starting_point": 0})["code"] == 200
        scene.givers[0].turn()  # nobody counts how often, but money moves
        answer = people[0].call("checkEmail", {"email": "a@example.com"})
        assert (answer["code"], "try again" in answer["msg"]) == (201, True)
        assert scene.desk.ask("REST", "GET", "/api/sessions")[0] == 200
        assert scene.desk.ask("health", "GET", "/health/ready")[0] == 503
    valkey.mend()
    is_well(scene)

    assert all(process.poll() is None for process in scene.clipcast.processes.values())
    assert scene.missing() == {"gifts": 0, "comments": 0}
    assert broken_rules() == []


def for_as_long_as_it_is_away() -> Iterator[None]:
    """Turns, for ten seconds: each process and each of its threads hears of it."""
    until = time.monotonic() + AWAY_S
    while time.monotonic() < until:
        yield
        time.sleep(0.2)


def signed_in(scene: Scene) -> Client:
    """An operator's browser: who it is stands in the database."""
    browser = Browser()
    person = make_person("operator", is_staff=True, is_superuser=True)
    browser.force_login(person.user)
    cookie = browser.cookies["sessionid"].value
    return Client(scene.clipcast, scene.ledger, {"Cookie": f"sessionid={cookie}"})


def is_well(scene: Scene) -> None:
    """Returns when the web, the worker and beat do their work, also what waited for them."""
    phone = scene.phones[0]
    wait_until(lambda: scene.clipcast.is_ready(), "the system is ready")
    wait_until(lambda: phone.call("showRelatedVideos", {})["code"] == 200, "the feed is back")
    scene.fans[0].turn()
    scene.givers[0].turn()
    email = f"{uuid4().hex}@example.com"
    wait_until(lambda: phone.call("checkEmail", {"email": email})["code"] == 200, "a code is sent")
    sent = f"SELECT sent_at FROM users_onetimecode WHERE address = '{email}'"
    wait_until(lambda: scene.rows(sent)[0][0], "the worker has sent the code")
    pending = "SELECT count(*) FROM wallet_pendingentry WHERE settled_by_id IS NULL"
    wait_until(lambda: scene.rows(pending) == [(0,)], "beat and worker settle coins")


def asks_mediamtx(scene: Scene) -> int:
    """Status of the hook that says who may publish, for a stranger."""
    port = scene.clipcast.ports["hooks"]
    asked = {"action": "publish", "path": "pub/1", "query": "token=x", "protocol": "rtmp"}
    return httpx.post(f"http://127.0.0.1:{port}/mediamtx/auth", json=asked).status_code
