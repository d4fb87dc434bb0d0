"""Old events go by weeks; what was counted of them stays."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.capture import retention
from apps.capture.models import Event, Minute, Participant, Session, Streamer
from apps.capture.partitions import make_partitions, partition_name, partition_names, week_start
from apps.capture.storing import decode, store
from tests.capture.conftest import OWNER, recorded

pytestmark = pytest.mark.django_db


def session_of(username: str, *, weeks_ago: int) -> Session:
    """One with events, which has ended."""
    day = timezone.now().date() - timedelta(weeks=weeks_ago)
    make_partitions(since=day)
    session = Session.objects.create(
        streamer=Streamer.objects.create(username=username), day=day, lease_owner=OWNER
    )
    store([decode(session.pk, message) for message in recorded("WebcastChatMessage")], owner=OWNER)
    Session.objects.filter(pk=session.pk).update(status=Session.Status.ENDED)
    return session


def week_of(session: Session) -> str:
    return partition_name(week_start(session.day))


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        return partition_names(cursor)


def test_old_weeks_go_and_the_counts_stay(client, settings):
    settings.CAPTURE_OPEN_API = True
    old, recent = session_of("ada", weeks_ago=10), session_of("bob", weeks_ago=1)
    number = Event.objects.filter(session=recent).count()
    assert week_of(old) in retention.drop_old_events(keep_days=30)
    assert set(Event.objects.values_list("session_id", flat=True)) == {recent.pk}
    old.refresh_from_db()
    recent.refresh_from_db()
    assert old.total == number
    assert old.events_dropped_at is not None
    assert recent.events_dropped_at is None
    assert Participant.objects.filter(session=old).exists()
    assert Minute.objects.filter(session=old).exists()
    shown = client.get(f"/api/sessions/{old.pk}").json()
    assert shown["events_dropped_at"] is not None
    assert client.get(f"/api/sessions/{old.pk}/events").json()["events"] == []
    statistics = client.get(f"/api/sessions/{old.pk}/stats").json()
    assert statistics["total"] == number
    assert statistics["top_chatters"]
    assert client.get("/api/streamers/ada").json()["history"][0]["total"] == number


def test_the_week_of_an_open_session_is_kept():
    old = session_of("ada", weeks_ago=10)
    Session.objects.filter(pk=old.pk).update(status=Session.Status.LIVE)
    assert week_of(old) not in retention.drop_old_events(keep_days=30)
    assert Event.objects.filter(session=old).exists()


def test_a_week_is_kept_until_its_last_day_is_too_old():
    old = session_of("ada", weeks_ago=10)
    sunday = week_start(old.day) + timedelta(days=6)
    age = (timezone.now().date() - sunday).days
    assert week_of(old) not in retention.drop_old_events(keep_days=age)
    assert week_of(old) in retention.drop_old_events(keep_days=age - 1)


def test_without_a_policy_everything_is_kept(settings):
    old = session_of("ada", weeks_ago=10)
    assert settings.CAPTURE_KEEP_DAYS == 0
    assert retention.drop_old_events() == []
    settings.CAPTURE_KEEP_DAYS = 30
    assert week_of(old) in retention.drop_old_events()


def test_the_command_says_what_went():
    out = StringIO()
    call_command("drop_old_events", days=30, stdout=out)
    assert out.getvalue() == "Nothing is too old.\n"
    old = session_of("ada", weeks_ago=10)
    call_command("drop_old_events", days=30, stdout=out)
    assert week_of(old) in out.getvalue()
    assert week_of(old) not in partitions()
