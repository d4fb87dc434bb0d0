"""The watch list: who is looked at when, and what is captured without being asked for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.capture import services, tasks, watching
from apps.capture.models import Session, Streamer
from apps.capture.webcast.room import State
from tests.capture.conftest import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queued(monkeypatch):
    """The session ids that were sent to capture workers."""
    sent: list[str] = []
    monkeypatch.setattr(
        tasks.capture_session, "apply_async", lambda args, **options: sent.append(args[0])
    )
    return sent


@pytest.fixture
def ada(room) -> Streamer:
    return watching.watch(username="@Ada")


def due(streamer: Streamer) -> None:
    """Let the time until the next look pass."""
    long_ago = timezone.now() - timedelta(minutes=5)
    Streamer.objects.filter(pk=streamer.pk).update(
        watch_next_at=long_ago, watch_checked_at=long_ago
    )


def look_again(streamer: Streamer) -> Streamer:
    due(streamer)
    tasks.watch_streamers()
    streamer.refresh_from_db()
    return streamer


def test_a_live_is_captured_as_it_begins_and_once(webcast, ada, room, queued):
    room.state = State.OFFLINE
    assert look_again(ada).watch_status == "offline"
    assert queued == []
    room.state = State.LIVE
    assert look_again(ada).watch_detail == "@ada is live."
    session = Session.objects.get()
    assert (session.automatic, queued) == (True, [str(session.pk)])
    look_again(ada)
    assert Session.objects.count() == 1
    # Looking costs no signature.
    assert set(webcast.requests) == {"/api-live/user/room/"}


def test_the_worker_captures_what_the_watch_list_began(ada, room, queued, capture):
    look_again(ada)
    capture.begin(Session.objects.get())
    wait_for(lambda: Session.objects.filter(status="live", automatic=True).exists())


def test_who_is_captured_already_is_not_looked_at(webcast, ada, queued):
    services.start_session(username="ada")
    look_again(ada)
    assert webcast.requests == []


def test_one_who_begins_a_session_meanwhile_is_not_captured_twice(ada, queued):
    services.start_session(username="ada")
    watching.note_live(ada, "123")
    assert Session.objects.count() == 1


def test_a_session_that_was_ended_by_hand_is_not_begun_again_in_the_same_live(ada, room, queued):
    look_again(ada)
    services.end_session(Session.objects.get())
    Session.objects.update(status="ended", room_id=str(room.room_id))
    assert look_again(ada).watch_detail == "@ada is live; capturing it was ended by hand."
    room.room_id += 1
    look_again(ada)
    assert Session.objects.count() == 2


@pytest.mark.parametrize(
    ("state", "status", "sentence"),
    [
        (State.UNKNOWN, "unknown_user", "TikTok knows no @ada who can go live."),
        (State.CAPTCHA, "captcha", "behind a check for robots"),
    ],
)
def test_what_goes_wrong_is_told_and_looked_at_later_each_time(
    ada, room, queued, state, status, sentence
):
    room.state = state
    waits = []
    for _ in range(3):
        look_again(ada)
        waits.append((ada.watch_next_at - ada.watch_checked_at).total_seconds())
    assert ada.watch_status == status
    assert sentence in ada.watch_detail
    assert waits == sorted(waits)
    assert ada.watch_failures == 3
    room.state = State.OFFLINE
    assert look_again(ada).watch_failures == 0


def test_tiktok_that_is_away_is_a_state_too(settings, ada, queued):
    settings.TIKTOK_APP_URL = "http://127.0.0.1:1"
    assert look_again(ada).watch_status == "unreachable"


def test_captures_that_fail_are_begun_later_each_time(ada, queued):
    for failures in range(3):
        look_again(ada)
        assert ada.watch_failures == failures
        Session.objects.update(status="failed")
    assert Session.objects.count() == 3


def test_the_wait_doubles_up_to_an_hour():
    assert all(48 <= watching.wait_s(0) <= 72 for _ in range(20))
    assert 96 <= watching.wait_s(1) <= 144
    assert watching.wait_s(100) <= 1.2 * 3600


def test_looks_a_minute_are_bounded_and_those_who_waited_longest_come_first(settings, queued):
    settings.CAPTURE_WATCH_LOOKS_PER_MINUTE = 2
    settings.TIKTOK_APP_URL = "http://127.0.0.1:1"
    for age, name in enumerate(["third", "second", "first"]):
        streamer = watching.watch(username=name)
        at = timezone.now() - timedelta(minutes=age + 2)
        Streamer.objects.filter(pk=streamer.pk).update(watch_next_at=at)
    assert watching.look() == 2
    assert set(
        Streamer.objects.filter(watch_checked_at__isnull=False).values_list("username", flat=True)
    ) == {"first", "second"}
    assert watching.look() == 0


def test_automatic_captures_an_hour_are_bounded(settings, ada, queued):
    settings.CAPTURE_WATCH_STARTS_PER_HOUR = 1
    look_again(ada)
    Session.objects.update(status="ended")
    assert "limit of automatic captures" in look_again(ada).watch_detail
    assert Session.objects.count() == 1


def test_who_is_not_watched_is_not_looked_at(webcast, ada, queued):
    watching.unwatch(username="ada")
    assert look_again(ada).watch_status == ""
    assert webcast.requests == []


def test_watching_twice_keeps_the_moment_of_the_next_look(ada, queued, room):
    room.state = State.OFFLINE
    before = look_again(ada).watch_next_at
    watching.watch(username="ada")
    ada.refresh_from_db()
    assert ada.watch_next_at == before
