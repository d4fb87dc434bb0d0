"""Beginning and ending sessions, and who may take them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.capture import leases, services, tasks
from apps.capture.models import Gap, Session, Streamer

Status = Session.Status


@pytest.fixture
def queued(monkeypatch):
    """The session ids that were sent to capture workers."""
    sent = []
    monkeypatch.setattr(
        tasks.capture_session, "apply_async", lambda args, **options: sent.append(args[0])
    )
    return sent


@pytest.mark.parametrize(
    "text",
    [
        "ada.l_1",
        "@Ada.L_1",
        " ada.l_1 ",
        "https://www.tiktok.com/@ada.l_1/live?lang=en",
        "tiktok.com/@ada.l_1",
    ],
)
def test_a_name_is_taken_as_people_paste_it(text):
    assert services.clean_username(text) == "ada.l_1"


@pytest.mark.parametrize("text", ["", "a", "@", "ada lovelace", "ada/../x", "x" * 31, "ädä"])
def test_a_name_that_can_not_be_is_refused_with_a_sentence(text):
    with pytest.raises(services.InvalidUsername, match="A TikTok name has 2 to 30 letters"):
        services.start_session(username=text)
    assert not Streamer.objects.exists()


def test_a_new_session_waits_for_a_worker(queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        session = services.start_session(username="ada")
    assert (session.status, session.status_detail) == (
        Status.WAITING,
        "Waiting for a capture worker.",
    )
    assert queued == [str(session.pk)]


def test_a_streamer_is_captured_once_at_a_time(queued):
    first = services.start_session(username="ada")
    with pytest.raises(services.AlreadyCaptured, match="@ada is being captured already") as refusal:
        services.start_session(username="@ADA")
    assert refusal.value.session == first
    assert Session.objects.count() == 1


def test_a_streamer_is_captured_again_after_the_end(queued):
    services.end_session(services.start_session(username="ada"))
    services.start_session(username="ada")
    assert Streamer.objects.get().sessions.count() == 2


def test_a_session_that_no_worker_took_ends_at_once(queued):
    session = services.end_session(services.start_session(username="ada"))
    assert session.status == Status.ENDED
    assert session.ended_at is not None


def test_a_session_that_a_worker_has_is_asked_to_end(session):
    Session.objects.filter(pk=session.pk).update(
        lease_expires_at=timezone.now() + timedelta(minutes=1)
    )
    services.end_session(session)
    assert session.status == Status.LIVE
    assert session.stop_requested_at is not None
    assert leases.renew(session.lease_owner, [session.pk]) == [(session.pk, True)]


def test_ending_what_has_ended_changes_nothing(queued):
    session = services.end_session(services.start_session(username="ada"))
    before = Session.objects.values().get()
    services.end_session(session)
    assert Session.objects.values().get() == before


def test_a_session_whose_worker_is_gone_is_sent_to_another_once(session, queued, settings):
    settings.CAPTURE_LEASE_S = 0  # PostgreSQL began longer ago than that
    Session.objects.filter(pk=session.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )
    tasks.adopt_sessions()
    tasks.adopt_sessions()
    assert queued == [str(session.pk)]
    assert leases.claim(session.pk, "another worker") == session


def test_a_session_whose_worker_lives_is_left_to_it(session, queued):
    leases.renew(session.lease_owner, [session.pk])
    tasks.adopt_sessions()
    assert queued == []
    assert leases.claim(session.pk, "another worker") is None


def test_a_session_that_ended_can_not_be_claimed(session):
    leases.finish(session.pk, session.lease_owner, Status.ENDED, "Over.")
    assert leases.claim(session.pk, "another worker") is None


def test_who_lost_the_lease_writes_no_status(session):
    assert not leases.set_status(session.pk, "another worker", Status.FAILED, "No.")
    leases.finish(session.pk, "another worker", Status.ENDED, "No.")
    session.refresh_from_db()
    assert session.status == Status.LIVE


def test_an_open_gap_is_closed_with_the_session(session):
    leases.open_gap(session.pk, since=timezone.now(), cause="silence", detail="Quiet.")
    leases.open_gap(session.pk, since=timezone.now(), cause="silence", detail="Quiet.")
    leases.finish(session.pk, session.lease_owner, Status.ENDED, "Over.")
    assert Gap.objects.get().to_at is not None
