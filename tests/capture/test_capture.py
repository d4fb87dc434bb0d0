"""The real TikTokLive client against the local Webcast server: what it gives is stored once."""

import html
from collections import Counter

import pytest
from django.conf import settings as django_settings

from apps.capture import journal, services, valkey
from apps.capture.channel import NEWS, channel_of
from apps.capture.models import Event, Session
from apps.capture.webcast.recording import recorded_messages
from apps.capture.webcast.room import AtEnd, Room, State
from tests.capture.conftest import messages_of, status_of, stored_ids, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

Status = Session.Status
CHATS = messages_of("WebcastChatMessage")


def waiting_frames(session: Session) -> int:
    return valkey.client().xlen(journal.key_of(session.pk))


def test_every_recorded_message_is_stored_and_the_session_ends_with_the_live(
    webcast, room, capture
):
    room.messages = recorded_messages()
    room.at_end = AtEnd.GO_OFFLINE
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.ENDED)
    types = Event.objects.filter(session=session).values_list("type", flat=True)
    assert Counter(types) == Counter(message.type for message in recorded_messages())
    assert stored_ids(session) == room.sent_ids
    assert session.total == 1598
    assert session.status_detail == "The live has ended."
    assert session.room_id == str(room.room_id)
    assert session.started_at < session.ended_at
    assert session.started_at <= session.streamer.last_live_at <= session.ended_at
    assert not session.gaps.exists()
    assert waiting_frames(session) == 0


def test_readers_are_told_once_events_are_committed(webcast, live, room):
    reader = valkey.client().pubsub(ignore_subscribe_messages=True)
    reader.subscribe(channel_of(live.pk))
    reader.get_message(timeout=10)
    webcast.call(room.send_messages(CHATS))
    assert wait_for(lambda: reader.get_message(timeout=10))["data"] == NEWS
    assert stored_ids(live) == room.sent_ids
    services.end_session(live)
    wait_for(lambda: reader.get_message(timeout=10))
    reader.close()


def test_heartbeats_are_sent(live, room):
    wait_for(lambda: room.heartbeats >= 2)


def test_a_session_ends_on_request_with_all_it_received(webcast, live, room):
    webcast.call(room.send_messages(CHATS))
    wait_for(lambda: room.acknowledged_ids == set(room.sent_ids))
    services.end_session(live)
    wait_for(lambda: status_of(live) == Status.ENDED)
    assert live.status_detail == "Ended on request."
    assert stored_ids(live) == room.sent_ids
    assert live.lease_owner == ""


@pytest.mark.parametrize(
    ("state", "problem", "sentence"),
    [
        (State.OFFLINE, "offline", "@ada is not live right now."),
        (State.UNKNOWN, "unknown_user", "TikTok knows no @ada who can go live."),
        (State.AGE_RESTRICTED, "age_restricted", "for adults only"),
        (State.CAPTCHA, "captcha", "behind a check for robots"),
        (State.BLOCKED, "blocked", "as it does for suspected robots"),
        (State.SIGN_DOWN, "sign_server_down", "The sign server did not give access"),
    ],
)
def test_a_live_that_can_not_be_had_fails_with_a_word_and_a_sentence(
    webcast, room, capture, client, operator, state, problem, sentence
):
    room.state = state
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.FAILED)
    assert sentence in session.status_detail
    assert session.ended_at is not None
    assert session.started_at is None
    client.force_login(operator.user)
    shown = client.get(f"/api/sessions/{session.pk}").json()
    assert (shown["status"], shown["problem"]) == ("failed", problem)
    assert sentence in shown["status_detail"]
    for path in (f"/dashboard/sessions/{session.pk}/", "/dashboard/history/"):
        page = html.unescape(client.get(path).content.decode())
        assert f'class="badge {problem}"' in page
        assert sentence in page


def test_a_sign_server_that_is_asked_too_often_is_asked_again_later(webcast, room, capture):
    room.state = State.RATE_LIMITED
    session = services.start_session(username="ada")
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.CONNECTING and "2 s" in session.status_detail)
    assert session.status_detail == (
        "The sign server allows no more connections; trying again in 2 s."
    )
    assert session.problem == "rate_limited"
    room.state = State.LIVE
    wait_for(lambda: status_of(session) == Status.LIVE)
    assert session.problem == ""


def test_names_of_the_demo_go_to_the_demos_server(settings, webcast, capture):
    settings.DEMO_WEBCAST_URL = webcast.url
    settings.TIKTOK_APP_URL = settings.TIKTOK_WEBCAST_URL = "http://127.0.0.1:1"
    settings.TIKTOK_SIGN_URL = "http://127.0.0.1:1"
    webcast.rooms["demo"] = Room("demo")
    demo = services.start_session(username="demo")
    other = services.start_session(username="ada")
    capture.begin(demo)
    capture.begin(other)
    wait_for(lambda: status_of(demo) == Status.LIVE)
    wait_for(lambda: status_of(other) == Status.FAILED)
    assert "can't be reached" in other.status_detail


def test_many_sessions_run_in_one_worker(webcast, capture):
    sessions = []
    for index in range(12):
        name = f"streamer{index}"
        webcast.rooms[name] = Room(name, messages=CHATS, at_end=AtEnd.GO_OFFLINE)
        sessions.append(services.start_session(username=name))
        capture.begin(sessions[-1])
    for session in sessions:
        wait_for(lambda session=session: status_of(session) == Status.ENDED)
        assert session.total == len(CHATS)


def test_a_session_that_another_worker_holds_is_left_alone(webcast, room, capture):
    session = services.start_session(username="ada")
    Session.objects.filter(pk=session.pk).update(lease_owner="another worker")
    capture.worker.capture(session.pk)
    assert status_of(session) == Status.WAITING
    assert room.connections == 0


def test_a_worker_that_lost_its_lease_leaves_the_session_alone(webcast, live, room, capture):
    Session.objects.filter(pk=live.pk).update(lease_owner="another worker")
    capture.wait_until_idle()
    assert status_of(live) == Status.LIVE
    assert live.lease_owner == "another worker"


def test_a_worker_that_stops_hands_its_sessions_over(webcast, live, room, capture):
    webcast.call(room.send_messages(CHATS))
    wait_for(lambda: room.acknowledged_ids == set(room.sent_ids))
    capture.worker.begin_shutdown()
    capture.wait_until_idle()
    assert status_of(live) == Status.RECONNECTING
    assert (live.lease_owner, live.lease_expires_at, live.problem) == ("", None, "worker_lost")
    assert stored_ids(live) == room.sent_ids


def test_what_a_dead_worker_left_in_the_journal_is_stored_by_the_next(webcast, room, capture):
    from tests.capture.conftest import recorded

    session = services.start_session(username="ada")
    left = recorded("WebcastChatMessage")
    pipeline = valkey.client().pipeline()
    journal.append_all(pipeline, session.pk, left)
    pipeline.execute()
    capture.begin(session)
    wait_for(lambda: stored_ids(session) == [message.message_id for message in left])


def test_web_processes_do_not_import_the_library():
    import subprocess
    import sys

    code = (
        "import django, sys; django.setup(); "
        "import apps.capture.tasks, apps.capture.services, apps.capture.admin; "
        "assert not [name for name in sys.modules if name.startswith('TikTokLive')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=django_settings.BASE_DIR)
