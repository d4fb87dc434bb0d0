"""Every open session has a worker that captures it, or says that it has none."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from redis import ConnectionError as ValkeyGone

from apps.capture import leases, services, tasks, worker
from apps.capture.models import Gap, Session
from tests.capture.conftest import OWNER, status_of, wait_for
from tests.capture.test_outages import fill_journal

pytestmark = pytest.mark.django_db(transaction=True)

Status = Session.Status


@pytest.fixture(autouse=True)
def queued(monkeypatch, settings):
    """The session ids that were sent to capture workers."""
    settings.CAPTURE_LEASE_S = 0  # PostgreSQL began longer ago than that
    sent: list[str] = []
    monkeypatch.setattr(
        tasks.capture_session, "apply_async", lambda args, **options: sent.append(args[0])
    )
    return sent


def changed(session: Session, **fields) -> Session:
    Session.objects.filter(pk=session.pk).update(**fields)
    session.refresh_from_db()
    return session


def ago(seconds: float):
    return timezone.now() - timedelta(seconds=seconds)


def adopt_again(session: Session) -> Session:
    """What beat does, after the message to the workers has run out."""
    changed(session, lease_expires_at=ago(1))
    tasks.adopt_sessions()
    session.refresh_from_db()
    return session


@pytest.fixture
def orphan(session) -> Session:
    """A session that was live until its worker died."""
    return changed(
        session, started_at=ago(600), last_event_at=ago(60), lease_expires_at=ago(1), room_id="7"
    )


# --- Taking a session --------------------------------------------------------------------------


def test_a_claim_whose_answer_was_lost_is_done_again(room, capture, settings, monkeypatch):
    settings.CAPTURE_LEASE_S = 60
    session = services.start_session(username="ada")
    claim, owners = leases.claim, []

    def lose_first_answer(session_id, owner):
        claimed = claim(session_id, owner)
        owners.append(owner)
        if len(owners) == 1:
            raise OperationalError("the connection was lost")
        return claimed

    monkeypatch.setattr(leases, "claim", lose_first_answer)
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.LIVE)
    assert len(owners) == 2


def test_a_lease_of_which_the_worker_knows_nothing_runs_out(session):
    other = Session.objects.create(streamer=services.Streamer.objects.create(username="bob"))
    changed(other, lease_owner=OWNER, lease_expires_at=ago(-5))
    before = other.lease_expires_at
    assert leases.renew(OWNER, [session.pk]) == [(session.pk, False)]
    other.refresh_from_db()
    assert other.lease_expires_at == before


def test_a_session_that_a_worker_can_not_begin_is_given_back(capture, monkeypatch):
    def broken():
        raise RuntimeError("the library can't be imported")

    session = services.start_session(username="ada")
    monkeypatch.setattr(worker, "load_tiktok", broken)
    with pytest.raises(RuntimeError):
        capture.worker.capture(session.pk)
    session.refresh_from_db()
    assert (session.status, session.lease_owner) == (Status.WAITING, "")
    assert session.unowned_since is not None


def test_leases_are_renewed_after_postgres_was_away_before_others_get_them(
    orphan, settings, queued
):
    settings.CAPTURE_LEASE_S = 10**9  # longer than PostgreSQL runs
    tasks.adopt_sessions()
    assert (status_of(orphan), queued) == (Status.LIVE, [])
    assert leases.renew(OWNER, [orphan.pk]) == [(orphan.pk, False)]


# --- A session that nobody has -----------------------------------------------------------------


def test_a_live_session_without_a_worker_says_so_and_has_a_gap(orphan, queued):
    tasks.adopt_sessions()
    orphan.refresh_from_db()
    assert (orphan.status, orphan.problem) == (Status.RECONNECTING, "worker_lost")
    assert orphan.status_detail == "Waiting for another worker to go on."
    gap = orphan.gaps.get()
    assert (gap.cause, gap.from_at, gap.to_at) == ("worker_lost", orphan.last_event_at, None)
    assert queued == [str(orphan.pk)]
    adopt_again(orphan)
    assert Gap.objects.count() == 1


def test_a_gap_that_is_open_keeps_its_cause_when_the_worker_dies_too(orphan):
    leases.open_gap(orphan.pk, since=ago(90), cause="silence", detail="Quiet.")
    tasks.adopt_sessions()
    assert orphan.gaps.get().cause == "silence"


def test_a_session_that_was_never_live_waits_again_without_a_gap(session):
    changed(session, status="connecting", problem="rate_limited", lease_expires_at=ago(1))
    tasks.adopt_sessions()
    session.refresh_from_db()
    assert (session.status, session.problem) == (Status.WAITING, "")
    assert not Gap.objects.exists()


def test_without_any_capture_worker_a_new_session_says_so(queued):
    session = services.start_session(username="ada")
    adopt_again(session)
    assert (session.status_detail, session.problem) == ("Waiting for a capture worker.", "")
    changed(session, unowned_since=ago(31))
    adopt_again(session)
    assert session.status == Status.WAITING
    assert (session.status_detail, session.problem) == (
        "No capture worker is running.",
        "no_worker",
    )


def test_without_any_capture_worker_a_session_that_was_live_says_so(orphan):
    tasks.adopt_sessions()
    changed(orphan, unowned_since=ago(31))
    adopt_again(orphan)
    assert (orphan.status, orphan.problem) == (Status.RECONNECTING, "no_worker")
    assert orphan.gaps.get().cause == "worker_lost"


def test_if_the_workers_are_full_a_session_says_that(session):
    changed(session, lease_expires_at=ago(-60))
    waiting = services.start_session(username="bob")
    changed(waiting, unowned_since=ago(31))
    adopt_again(waiting)
    assert waiting.status_detail == "No capture worker has room for it; start another."


def test_a_worker_that_comes_takes_what_waited_for_one(room, capture, settings):
    settings.CAPTURE_LEASE_S = 60
    session = services.start_session(username="ada")
    changed(session, unowned_since=ago(31))
    adopt_again(session)
    capture.begin(session)
    wait_for(lambda: status_of(session) == Status.LIVE)
    assert (session.problem, session.unowned_since) == ("", None)


# --- Ending a session that nobody has ----------------------------------------------------------


def test_a_session_that_no_worker_takes_ends_on_request(orphan):
    tasks.adopt_sessions()
    services.end_session(orphan)
    assert adopt_again(orphan).status == Status.RECONNECTING
    assert orphan.status_detail.startswith("Ending")
    changed(orphan, unowned_since=ago(31))
    assert adopt_again(orphan).status == Status.ENDED
    assert orphan.status_detail == "Ended on request."
    assert orphan.gaps.get().to_at is not None
    services.start_session(username="ada")  # which can be captured again


def test_it_does_not_end_while_its_journal_holds_something(orphan):
    fill_journal(orphan)
    tasks.adopt_sessions()
    services.end_session(orphan)
    changed(orphan, unowned_since=ago(31))
    assert adopt_again(orphan).status == Status.RECONNECTING
    assert orphan.status_detail == "Ending, once a capture worker has stored what was received."


def test_it_does_not_end_while_valkey_can_not_say_what_its_journal_holds(orphan, monkeypatch):
    def away(session_id):
        raise ValkeyGone("away")

    monkeypatch.setattr("apps.capture.journal.is_empty", away)
    tasks.adopt_sessions()
    services.end_session(orphan)
    changed(orphan, unowned_since=ago(31))
    assert adopt_again(orphan).status == Status.RECONNECTING


def test_a_worker_that_took_it_meanwhile_ends_it(orphan):
    tasks.adopt_sessions()
    services.end_session(orphan)
    changed(orphan, unowned_since=ago(31))
    assert leases.claim(orphan.pk, "another worker") is not None
    services.end_unowned()
    assert status_of(orphan) == Status.RECONNECTING
