"""GET /metrics"""

import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.capture import readers
from apps.contract.endpoint import all_endpoints
from apps.live.models import LiveRoom
from apps.moderation.models import HeldVideo
from apps.operations import signs, state
from apps.videos.models import Video, VideoUpload
from apps.wallet.models import AuditRun
from config import health
from config.celery import app
from config.queues import QUEUES
from tests.cast import Person, Phone

MONITORING = Path(__file__).resolve().parents[2] / "monitoring"


def scrape(client: Client, token: str = "scraper") -> dict[tuple, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture(autouse=True)
def _token(settings) -> None:
    settings.METRICS_TOKEN = "scraper"


def test_requests_are_counted_by_endpoint_and_code(client: Client, phone: Phone) -> None:
    before = scrape(client)
    phone.call("showTopics")
    phone.call("showUserDetail")
    phone.call("showGifts", {"x": "y"})
    after = scrape(client)
    for endpoint, code in (("showTopics", "200"), ("showUserDetail", "401")):
        name = ("clipcast_mobile_requests_total", code, endpoint)
        assert after[name] - before.get(name, 0) == 1
    assert after[("clipcast_mobile_request_seconds_count", "showGifts")] > 0


def test_the_state_is_as_it_is_now(client: Client, owner: Person) -> None:
    video = Video.objects.create(user=owner.user, state="processing")
    upload = VideoUpload.objects.create(
        video=video, user=owner.user, key="k", size=1, folder="f", claimed_until=timezone.now()
    )
    VideoUpload.objects.filter(pk=upload.pk).update(
        created_at=timezone.now() - timedelta(minutes=10)
    )
    LiveRoom.objects.create(
        host=owner.user, status="live", viewers_now=7, viewers_peak=7, opened_at=timezone.now()
    )
    found = scrape(client)
    assert found[("clipcast_uploads", "processing")] == 1
    assert found[("clipcast_upload_oldest_waiting_seconds",)] >= 590
    assert found[("clipcast_live_rooms", "live")] == 1
    assert found[("clipcast_live_viewers",)] == 7
    assert found[("clipcast_database_up",)] == found[("clipcast_valkey_up",)] == 1
    assert found[("clipcast_open", "reports")] == 0


def test_pages_are_counted_by_pattern_and_status(client: Client, friend: Person) -> None:
    before = scrape(client)
    client.get(f"/u/{friend.user.username}/")
    client.get("/u/nobody-of-that-name/")
    client.get("/no/such/page/")
    after = scrape(client)
    for labels in (
        ("GET", "u/<str:username>/", "200"),
        ("GET", "u/<str:username>/", "404"),
        ("GET", "(none)", "404"),
    ):
        name = ("clipcast_http_requests_total", *labels)
        assert after[name] - before.get(name, 0) == 1


def test_a_mobile_call_is_counted_once(client: Client, phone: Phone) -> None:
    def pages(found: dict[tuple, float]) -> float:
        return sum(
            found[name] for name in found if name[:2] == ("clipcast_http_requests_total", "POST")
        )

    before = pages(scrape(client))
    phone.call("showTopics")
    assert pages(scrape(client)) == before


def test_the_books_last_proof(client: Client) -> None:
    assert ("clipcast_ledger_proof_age_seconds",) not in scrape(client)
    for broken, hours in ((0, 30), (2, 5)):
        then = timezone.now() - timedelta(hours=hours)
        AuditRun.objects.create(started_at=then, finished_at=then, broken=broken, results=[])
    found = scrape(client)
    assert found[("clipcast_ledger_broken_rules",)] == 2
    assert 4 * 3600 <= found[("clipcast_ledger_proof_age_seconds",)] < 30 * 3600


def test_signs_of_beat_and_backup(client: Client) -> None:
    assert ("clipcast_beat_age_seconds",) not in scrape(client)
    signs.note(signs.BEAT)
    signs.valkey.client().set(signs.key_of(signs.BACKUP), time.time() - 7200)
    found = scrape(client)
    assert found[("clipcast_beat_age_seconds",)] < 3600
    assert found[("clipcast_backup_age_seconds",)] >= 7200


def test_readers_of_streams_by_process(client: Client) -> None:
    told = {"stream1:7": readers.entry(9_500), "stream2:7": readers.entry(12), "dead:7": "3 1000"}
    signs.valkey.client().hset(readers.KEY, mapping=told)
    found = scrape(client)
    shown = {name[1:]: found[name] for name in found if name[0] == "clipcast_stream_readers"}
    assert shown == {("stream1:7",): 9_500, ("stream2:7",): 12}
    assert signs.valkey.client().hlen(readers.KEY) == 2


def test_a_queue_shows_its_length_and_the_age_of_its_oldest_task(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.queues.time.time", lambda: 1_000.0)
    # A connection of its own: one that was used before doesn't declare its queues again, and
    # every test begins with an empty Valkey.
    with app.connection_for_write() as connection:
        for _ in range(2):
            app.send_task("apps.live.tasks.reconcile", queue="media", connection=connection)
    monkeypatch.undo()
    found = scrape(client)
    assert found[("clipcast_queue_messages", "media")] == 2
    assert found[("clipcast_queue_oldest_seconds", "media")] > 1_000_000
    assert found[("clipcast_queue_oldest_seconds", "default")] == 0


def test_without_valkey_what_needs_it_is_left_out_and_not_tried(
    client: Client, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    times: list[int] = []
    monkeypatch.setattr(state.valkey, "client", lambda: times.append(1))
    found = scrape(client)
    assert times == []
    assert (found[("clipcast_valkey_up",)], found[("clipcast_database_up",)]) == (0, 1)
    assert ("clipcast_queue_messages", "default") not in found
    assert ("clipcast_audio_rooms",) in found


def test_without_postgresql_what_needs_it_is_left_out_and_not_tried(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    """Also one that was cut off while this process held an open connection to it."""
    monkeypatch.setitem(health.CHECKS, "database", (cut_off, "PostgreSQL does not answer."))
    with django_assert_num_queries(0):
        found = scrape(client)
    assert (found[("clipcast_valkey_up",)], found[("clipcast_database_up",)]) == (1, 0)
    assert ("clipcast_audio_rooms",) not in found
    assert found[("clipcast_queue_messages", "default")] == 0


def cut_off() -> None:
    raise OperationalError("the connection is lost")


def test_a_server_that_goes_away_during_a_scrape_is_tried_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []

    def lose() -> list[state.Sample]:
        times.append(1)
        raise OperationalError("the connection is lost")

    families = [
        replace(family, read=lose) if family.needs == (state.DATABASE,) else family
        for family in state.FAMILIES
    ]
    monkeypatch.setattr(state, "FAMILIES", families)
    assert scrape(client)[("clipcast_queue_messages", "default")] == 0
    assert times == [1]


def test_failures_of_every_endpoint_begin_at_nothing(client: Client) -> None:
    """Prometheus sees no increase in a series that begins at 1."""
    found = scrape(client)
    for endpoint in all_endpoints():
        assert ("clipcast_mobile_requests_total", "500", endpoint.name) in found


def test_the_sign_of_hooks(client: Client) -> None:
    """That a hooks process gives it: tests/production/test_servers_away.py"""
    assert ("clipcast_hooks_age_seconds",) not in scrape(client)
    signs.note(signs.HOOKS)
    assert scrape(client)[("clipcast_hooks_age_seconds",)] < 3600


def test_what_waits_for_operators(client: Client, owner: Person, friend: Person) -> None:
    for person, held in ((owner, "waiting"), (friend, "approved")):
        video = Video.objects.create(user=person.user, file="a.mp4", state="ready")
        HeldVideo.objects.create(video=video, state=held)
    found = scrape(client)
    kinds = ("reports", "verifications", "payouts", "held videos", "promotions")
    assert {kind: found[("clipcast_open", kind)] for kind in kinds} == dict.fromkeys(kinds, 0) | {
        "held videos": 1
    }


@pytest.mark.parametrize("token", ["", "wrong", "Bearer"])
def test_nobody_else_reads_them(client: Client, token: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert b"clipcast_" not in answer.content


def test_without_a_token_in_the_settings_they_are_closed(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 403
    settings.DEBUG = True
    assert client.get("/metrics").status_code == 200


def test_reading_costs_a_fixed_number_of_statements(
    client: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(3 * len(state.FAMILIES)):
        scrape(client)


def test_every_queue_has_a_worker() -> None:
    procfile = (MONITORING.parent / "Procfile").read_text()
    assert set(re.findall(r"worker -Q (\w+)", procfile)) == set(QUEUES)
    routed = {route["queue"] for route in django_settings.CELERY_TASK_ROUTES.values()}
    assert routed <= set(QUEUES)
