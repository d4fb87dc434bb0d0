"""The cast and the tools that every test may use. tests/cast.py describes them."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from apps.users import senders
from config import health
from config.celery import app as celery_app
from tests.cast import Inbox, Person, Phone, make_person

# A machine that is busy with tests is slow, and that is no news.
health.TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def _clean_slate(db: None) -> None:
    """An empty Valkey database; the database's changes are rolled back by pytest-django."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    cache.clear()
    health.LOOKS.clear()


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def owner() -> Person:
    """Whose things a test is about."""
    return make_person("owner", email="owner@example.com", phone="+15550000001")


@pytest.fixture
def friend() -> Person:
    """Somebody else who may do things with the owner."""
    return make_person("friend", email="friend@example.com")


@pytest.fixture
def stranger() -> Person:
    """Somebody who has no business with the owner's things."""
    return make_person("stranger", email="stranger@example.com")


@pytest.fixture
def banned() -> Person:
    person = make_person("banned")
    person.user.status = "banned"
    person.user.save(update_fields=["status"])
    return person


@pytest.fixture
def operator() -> Person:
    return make_person("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(operator: Person) -> Client:
    """The operator's browser."""
    client = Client()
    client.force_login(operator.user)
    return client


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """The codes that are sent while it is used, by address. Tasks run at once."""
    inbox = Inbox()
    monkeypatch.setitem(senders.SENDERS, "console", lambda: inbox)
    celery_app.conf.task_always_eager = True
    yield inbox
    celery_app.conf.task_always_eager = False


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3-compatible store; tests.objectstore.use_s3 puts the files there."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
