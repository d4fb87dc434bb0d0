"""/overlay/<token>/, its state, and the streams that its token opens"""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import RequestFactory
from django.utils import timezone

from apps.capture.models import Gift, Session
from apps.capture.streaming.permission import Grant
from apps.overlays import selectors, services
from apps.overlays.models import Overlay
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import (
    READ_TIMEOUT_S,
    Refused,
    announce,
    open_stream,
    stream_process,
    take_events,
    until,
)


@pytest.fixture
def overlay(session) -> tuple[Overlay, str]:
    return services.create_overlay(kind="chat", streamer=session.streamer)


def may_watch(token: str, session) -> Grant | bool:
    return selectors.may_watch(RequestFactory().get("/", {"overlay": token}), session.pk)


def test_only_the_digest_of_a_token_is_kept(overlay):
    row, token = overlay
    assert token.startswith("ov_")
    assert len(token) > 40
    assert token.encode() not in bytes(row.digest)
    assert row.hint == token[:8]


@pytest.mark.parametrize("kind", Overlay.Kind.values)
def test_the_page_needs_nothing_but_the_token(client, session, kind):
    _, token = services.create_overlay(kind=kind, session=session)
    response = client.get(f"/overlay/{token}/")
    assert response.status_code == 200
    assert f'data-kind="{kind}"' in response.content.decode()
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "<script>" not in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_the_state_names_the_open_session_and_then_the_next_one(client, overlay, session):
    _, token = overlay
    path = f"/overlay/{token}/state"
    assert client.get(path).json()["session"]["id"] == str(session.id)
    Session.objects.filter(pk=session.pk).update(status="ended", ended_at=timezone.now())
    assert client.get(path).json()["session"]["id"] == str(session.id)
    later = make_session("ada")
    assert client.get(path).json()["session"]["id"] == str(later.id)
    make_session("ada", status="ended")
    assert client.get(path).json()["session"]["id"] == str(later.id)


def test_a_streamer_without_a_session_has_a_state(client, overlay, session):
    _, token = overlay
    session.delete()
    assert client.get(f"/overlay/{token}/state").json()["session"] is None


def test_an_overlay_of_one_session_stays_with_it(client, session):
    _, token = services.create_overlay(kind="goal", session=session, target=50, metric="likes")
    make_session("ada", status="ended")
    found = client.get(f"/overlay/{token}/state").json()
    assert (found["session"]["id"], found["metric"], found["target"]) == (
        str(session.id),
        "likes",
        50,
    )


def test_gifters_are_those_with_the_most_diamonds(client, session):
    now = timezone.now()
    for user, count in ((1, 2), (2, 9), (1, 3)):
        Gift.objects.create(
            session=session,
            key=str(uuid4()),
            user_id=user,
            nickname=f"user {user}",
            gift_id=1,
            count=count,
            diamonds_each=10,
            closed=True,
            first_at=now,
            last_at=now,
        )
    _, token = services.create_overlay(kind="gifters", session=session)
    found = client.get(f"/overlay/{token}/state").json()["gifters"]
    assert [(each["nickname"], each["diamonds"]) for each in found] == [
        ("user 2", 90),
        ("user 1", 50),
    ]


@pytest.mark.parametrize("token", ["nonsense", "ov_unknown", "ov_" + "x" * 300])
def test_an_unknown_token_shows_nothing(client, token):
    page = client.get(f"/overlay/{token}/")
    assert page.status_code == 404
    assert "<script" not in page.content.decode()
    assert client.get(f"/overlay/{token}/state").status_code == 404


def test_a_revoked_token_shows_nothing(client, overlay, session):
    row, token = overlay
    assert may_watch(token, session)
    services.revoke_overlay(overlay_id=row.pk)
    assert client.get(f"/overlay/{token}/").status_code == 404
    assert client.get(f"/overlay/{token}/state").status_code == 404
    assert not may_watch(token, session)


def test_its_use_is_noted_now_and_then(client, overlay, django_assert_num_queries):
    row, token = overlay
    client.get(f"/overlay/{token}/")
    row.refresh_from_db()
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)
    with django_assert_num_queries(1):
        client.get(f"/overlay/{token}/")


def test_a_token_opens_the_stream_of_its_streamer_s_latest_live_only(overlay, session):
    _, token = overlay
    assert may_watch(token, session)
    assert not may_watch(token, make_session("ada", status="ended"))
    assert not may_watch(token, make_session("bob"))
    assert not may_watch("ov_" + "x" * 40, session)
    Session.objects.filter(pk=session.pk).update(status="ended", ended_at=timezone.now())
    later = make_session("ada")
    assert may_watch(token, later)
    assert not may_watch(token, session)


@pytest.mark.parametrize("kind", Overlay.Kind.values)
def test_a_token_opens_the_events_of_its_kind_only(session, kind):
    _, token = services.create_overlay(kind=kind, session=session)
    grant = may_watch(token, session)
    assert grant.categories == set(Overlay.CATEGORIES[kind])
    assert grant.most_back == selectors.MOST_BACK


def test_a_token_of_a_session_opens_that_one_only(session):
    _, token = services.create_overlay(kind="chat", session=session)
    assert may_watch(token, session)
    assert not may_watch(token, make_session("ada", status="ended"))


def test_a_token_opens_nothing_else(client, overlay, session):
    _, token = overlay
    for path in (f"/api/sessions/{session.id}", f"/api/sessions/{session.id}/export"):
        assert client.get(path, {"overlay": token}).status_code == 401


def test_an_overlay_has_one_scope(session):
    with pytest.raises(IntegrityError):
        services.create_overlay(kind="chat", session=session, streamer=session.streamer)


def test_operators_see_and_revoke_overlays_in_the_admin(desk, overlay):
    row, _ = overlay
    assert desk.get("/admin/overlays/overlay/").status_code == 200
    body = {"action": "revoke", "_selected_action": [row.pk], "confirmed": "yes", "reason": "x"}
    desk.post("/admin/overlays/overlay/", body)
    row.refresh_from_db()
    assert row.revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_stream_shows_what_the_overlay_shows_and_no_history():
    session = make_session("ada")
    _, token = services.create_overlay(kind="chat", streamer=session.streamer)
    make_events(session, 20, category="moderation", type="WebcastImDeleteMessage")
    made = [event.id for event in make_events(session, selectors.MOST_BACK + 5)]
    with stream_process() as url:
        query = {"overlay": token}
        with open_stream(url, session.id, query=query, last_event_id=0) as stream:
            assert take_events(stream, selectors.MOST_BACK) == made[5:]
            make_event(session, category="moderation", type="WebcastImDeleteMessage")
            last = make_event(session, "hello")
            announce(session)
            assert take_events(stream, 1) == [last.id]
        for types in ("moderation", "chat,gift", "WebcastGiftMessage"):
            asked = query | {"types": types}
            with pytest.raises(Refused) as refusal, open_stream(url, session.id, query=asked):
                pass
            assert refusal.value.args[0] == 403


@pytest.mark.django_db(transaction=True)
def test_the_stream_ends_when_the_token_is_revoked():
    session = make_session("ada")
    row, token = services.create_overlay(kind="chat", streamer=session.streamer)
    query = {"overlay": token, "types": "chat"}
    with stream_process() as url:
        with open_stream(url, session.id, query=query) as stream:
            until(stream, "stats")
            event = make_event(session, "hello")
            announce(session)
            assert take_events(stream, 1) == [event.id]
            services.revoke_overlay(overlay_id=row.pk)
            deadline = time.monotonic() + READ_TIMEOUT_S
            for _ in stream:
                assert time.monotonic() < deadline, "the stream goes on"
        with pytest.raises(Refused), open_stream(url, session.id, query=query):
            pass
