"""What could not be received is on record, also when the live is over by the time we are back."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.capture import services, tiktok
from apps.capture.models import Session
from apps.capture.webcast.room import State
from tests.capture.conftest import messages_of, status_of, stored_ids, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

Status = Session.Status
CHATS = messages_of("WebcastChatMessage")


def has_open_gap(session: Session) -> bool:
    return session.gaps.filter(to_at=None).exists()


def has_ended(session: Session) -> bool:
    return status_of(session) == Status.ENDED


def test_a_live_that_ends_while_the_network_is_away_keeps_its_gap(webcast, live, room):
    webcast.call(webcast.go_away())
    wait_for(lambda: has_open_gap(live))
    room.state = State.OFFLINE
    webcast.call(webcast.come_back())
    wait_for(lambda: has_ended(live))
    assert live.status_detail == "The live has ended."
    gap = live.gaps.get()
    assert gap.cause == "connection_lost"
    assert gap.from_at < gap.to_at <= live.ended_at
    assert gap.detail == "The connection to TikTok was lost. The live ended meanwhile."


def test_a_connection_that_is_cut_as_the_live_ends_keeps_its_gap(webcast, live, room):
    room.state = State.OFFLINE
    webcast.call(room.cut())
    wait_for(lambda: has_ended(live))
    assert live.gaps.get().cause == "connection_lost"


def test_a_connection_that_tiktok_closes_as_the_live_ends_leaves_no_gap(webcast, live, room):
    room.state = State.OFFLINE
    webcast.call(room.close(1000))
    wait_for(lambda: has_ended(live))
    assert not live.gaps.exists()


def test_a_closed_connection_that_can_not_be_opened_again_at_once_keeps_its_gap(
    webcast, live, room, monkeypatch
):
    room.state = State.SIGN_DOWN
    webcast.call(room.close(1000))
    wait_for(lambda: status_of(live) and live.problem == "sign_server_down")
    room.state = State.OFFLINE
    wait_for(lambda: has_ended(live))
    gap = live.gaps.get()
    assert (gap.cause, gap.to_at is not None) == ("connection_closed", True)
    assert gap.detail.endswith("The live ended meanwhile.")


def test_a_live_that_ends_while_no_worker_is_there_keeps_its_gap(webcast, room, capture):
    session = services.start_session(username="ada")
    last_seen = timezone.now() - timedelta(minutes=10)
    Session.objects.filter(pk=session.pk).update(
        status="live",
        room_id=str(room.room_id),
        started_at=last_seen - timedelta(hours=1),
        last_event_at=last_seen,
        lease_owner="a dead worker",
        lease_expires_at=last_seen,
    )
    room.state = State.OFFLINE
    capture.begin(session)
    wait_for(lambda: has_ended(session))
    gap = session.gaps.get()
    assert (gap.cause, gap.from_at) == ("worker_lost", last_seen)
    assert gap.to_at > last_seen
    assert gap.detail.endswith("The live ended meanwhile.")


def test_a_server_that_takes_the_connection_and_never_answers_is_a_gap(
    webcast, live, room, settings, monkeypatch
):
    sentence = "TikTok or the sign server did not answer in time."
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as patch:
        patch.setattr(tiktok, "CONNECT_TIMEOUT_S", 0.3)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings.TIKTOK_APP_URL = settings.TIKTOK_SIGN_URL = url
        settings.TIKTOK_WEBCAST_URL = f"{url}/webcast"
        webcast.call(room.cut())
        wait_for(lambda: status_of(live) and live.status_detail == sentence)
        assert (live.status, live.problem) == (Status.RECONNECTING, "unreachable")
        assert has_open_gap(live)
    settings.TIKTOK_APP_URL = settings.TIKTOK_SIGN_URL = webcast.url
    settings.TIKTOK_WEBCAST_URL = f"{webcast.url}/webcast"
    wait_for(lambda: status_of(live) == Status.LIVE)
    webcast.call(room.send_messages(CHATS[:3]))
    wait_for(lambda: stored_ids(live) == room.sent_ids)
    assert live.gaps.get().to_at is not None


# --- Another live ------------------------------------------------------------------------------


def test_another_live_of_the_streamer_is_a_session_of_its_own(
    webcast, live, room, capture, monkeypatch
):
    begun = []
    monkeypatch.setattr(services, "enqueue", begun.append)
    webcast.call(room.send_messages(CHATS[:3]))
    first_ids = list(room.sent_ids)
    wait_for(lambda: stored_ids(live) == first_ids)
    wait_for(lambda: room.acknowledged_ids == set(first_ids))
    room.history = CHATS[10:12]  # the sign server's answer brings what is said in the other live
    room.room_id += 1_000
    webcast.call(room.cut())
    wait_for(lambda: has_ended(live))
    assert live.status_detail == "The live has ended; another one has begun."
    assert live.gaps.get().detail.endswith("The live ended meanwhile.")
    other = Session.objects.exclude(pk=live.pk).get()
    assert (other.streamer, other.status, begun) == (live.streamer, Status.WAITING, [other])
    capture.begin(other)
    wait_for(lambda: status_of(other) == Status.LIVE)
    webcast.call(room.send_messages(CHATS[3:5]))
    wait_for(lambda: len(stored_ids(other)) == 4)
    assert stored_ids(other)[2:] == room.sent_ids[-2:]
    assert stored_ids(live) == first_ids
    assert room.acknowledged_ids <= set(stored_ids(live) + stored_ids(other))
    assert (live.room_id, other.room_id) == (str(room.room_id - 1_000), str(room.room_id))


def test_another_live_is_not_captured_if_the_end_was_asked_for(session, monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)
    Session.objects.filter(pk=session.pk).update(stop_requested_at=timezone.now())
    services.follow_with_another(session, session.lease_owner)
    assert Session.objects.get().status == Status.ENDED


def test_a_worker_that_lost_the_session_begins_no_other(session, monkeypatch):
    monkeypatch.setattr(services, "enqueue", lambda session: None)
    services.follow_with_another(session, "another worker")
    assert Session.objects.get().status == Status.LIVE
