"""GET /api/sessions/<id>/stream, under the real server with real PostgreSQL and Valkey."""

import asyncio
import socket
import threading
import time
import uuid
from datetime import date
from urllib.parse import urlsplit

import httpx
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from psycopg_pool import PoolTimeout

from apps.access.services import create_key, revoke_key
from apps.capture import readers
from apps.capture.models import Session
from apps.capture.streaming.application import Stream, watched
from apps.capture.streaming.asking import Asked
from apps.capture.streaming.feed import Feed
from apps.capture.streaming.permission import Pass
from apps.capture.streaming.store import State, Store
from tests.capture.conftest import wait_for
from tests.capture_edge.making import make_event, make_events, make_session
from tests.capture_edge.stream_client import (
    ORIGIN,
    Refused,
    announce,
    open_stream,
    stream_process,
    take_events,
    until,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), stream_process() as url:
        yield url


@pytest.fixture
def key() -> dict[str, str]:
    return {"X-Api-Key": create_key(name="overlay")[1]}


@pytest.fixture
def watch(server, session, key):
    def open_(of=None, **options):
        return open_stream(server, (of or session).id, headers=key, **options)

    return open_


def store(session, count=1, **fields) -> list[int]:
    """Write events as the capture worker does: commit, then a hint."""
    made = [event.id for event in make_events(session, count, **fields)]
    announce(session)
    return made


def stored(frames) -> list[int]:
    return [frame.event_id for frame in frames if frame.event_id is not None]


def position(stream, event_id: int) -> None:
    """Read until the stream says that the reader has got everything up to this event."""
    assert next(frame for frame in stream if frame.get("id") == str(event_id))["event"] == "stats"


def test_a_new_reader_gets_the_state_and_then_what_comes(watch, session):
    store(session)
    with watch() as stream:
        assert until(stream, "stats").json["id"] == str(session.id)
        [made] = store(session, text="hello")
        frame = until(stream, "chat")
        assert int(frame["id"]) == made
        assert frame.json["text"] == "hello"


def test_the_stream_shows_an_event_as_the_rest_api_does(watch, session, client, key):
    with watch() as stream:
        until(stream, "stats")
        store(session, text='"quoted" \\ \n second line', user_id=2**60, data={"a": [1, "é"]})
        streamed = until(stream, "chat").json
    page = client.get(f"/api/sessions/{session.id}/events", headers=key).json()
    assert page["events"] == [streamed]


def test_resuming_gives_what_was_missed_once_and_in_order(watch, session):
    made = store(session, 7)
    with watch(last_event_id=made[2]) as stream:
        later = store(session, 3)
        assert take_events(stream, 7) == made[3:] + later


def test_resuming_by_query_is_the_same(watch, session):
    made = store(session, 3)
    with watch(query={"last_event_id": made[0]}) as stream:
        assert take_events(stream, 2) == made[1:]


def test_a_long_backlog_comes_whole(watch, session):
    made = store(session, 1203)
    with watch(last_event_id=0) as stream:
        assert take_events(stream, 1203) == made


def test_readers_who_come_and_go_while_events_are_written_miss_and_repeat_nothing(
    server, session, key
):
    total, readers = 400, 4
    made: list[int] = []
    seen: dict[int, list[int]] = {number: [] for number in range(readers)}

    def write() -> None:
        for _ in range(total):
            made.extend(store(session))
        connection.close()

    def read(number: int) -> None:
        got = seen[number]
        while len(got) < total:
            last = got[-1] if got else 0
            some = min(37 + 11 * number, total - len(got))
            with open_stream(server, session.id, headers=key, last_event_id=last) as stream:
                got += take_events(stream, some)

    threads = [threading.Thread(target=read, args=[number]) for number in range(readers)]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(made) == total
    assert all(got == made for got in seen.values())


def test_a_reader_who_is_ahead_of_the_stream_gets_no_event_twice(watch, session):
    with watch() as stream:
        until(stream, "stats")
        # Committed but not announced: the feed does not know them yet, the REST API does.
        known = [make_event(session).id for _ in range(2)]
        with watch(last_event_id=known[-1]) as second:
            assert int(until(second, "stats")["id"]) == known[-1]
            frames = []
            new = store(session, 2)
            while len(stored(frames)) < 2:
                frames.append(next(second))
            assert stored(frames) == new
            # It would get again what it has if its position went back to the stream's.
            assert min(int(frame["id"]) for frame in frames if "id" in frame) >= known[-1]
        assert take_events(stream, 4) == known + new


def test_a_lost_hint_delays_events_and_loses_none(watch, session):
    with watch() as stream:
        until(stream, "stats")
        event = make_event(session)
        assert take_events(stream, 1) == [event.id]


def test_types_are_filtered_by_category_or_name(watch, session):
    with watch(query={"types": "gift,WebcastPollMessage"}) as stream:
        until(stream, "stats")
        store(session)
        gift = store(session, category="gift", type="WebcastGiftMessage")
        poll = store(session, category="poll", type="WebcastPollMessage")
        assert take_events(stream, 2) == gift + poll


def test_the_backlog_is_filtered_too(watch, session):
    store(session, 3)
    gifts = store(session, 2, category="gift")
    store(session, 3)
    with watch(query={"types": "gift"}, last_event_id=0) as stream:
        assert take_events(stream, 2) == gifts


def test_a_reader_of_rare_types_resumes_where_it_was_not_where_it_saw_an_event(watch, session):
    begun = store(session)[-1]
    with watch(query={"types": "goal"}) as stream:
        position(stream, begun)
        later = store(session, 3)[-1]
        position(stream, later)


def test_a_backlog_of_a_rare_type_is_not_looked_for_among_the_others(watch, session):
    gifts = store(session, 2, category="gift", type="WebcastGiftMessage")
    last = store(session, 1100)[-1]
    with watch(query={"types": "WebcastGiftMessage"}, last_event_id=0) as stream:
        assert "id" not in until(stream, "stats")
        assert take_events(stream, 2) == gifts
        assert until(stream, "stats")["id"] == str(last)  # in one page


def test_the_types_of_other_apps_are_known(watch, session):
    with watch(query={"types": "room.comment"}) as stream:
        until(stream, "stats")
        store(session)
        comment = store(session, type="room.comment")
        assert take_events(stream, 1) == comment


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"last_event_id": "abc"}, "Last-Event-ID must be the id of an event, a whole number."),
        ({"last_event_id": "-1"}, "Last-Event-ID must be the id of an event, a whole number."),
        ({"last_event_id": 2**63}, "Last-Event-ID must be the id of an event, a whole number."),
        ({"query": {"last_event_id": "1e3"}}, "Last-Event-ID must be the id of an event"),
        ({"query": {"types": "chat,nonsense"}}, "types: 'nonsense' is no category"),
        ({"query": {"types": ",".join(f"Webcast{n}" for n in range(21))}}, "types: At most 20"),
    ],
)
def test_what_can_not_be_understood_is_refused(watch, asked, sentence):
    with pytest.raises(Refused) as refusal, watch(**asked):
        pass
    status, content = refusal.value.args
    assert status == 400
    assert content["detail"].startswith(sentence)


def test_a_stream_ends_if_the_database_goes_away_while_it_catches_up(caplog):
    class Away(Store):
        def __init__(self) -> None:
            pass

        async def events(self, *args) -> list:
            raise PoolTimeout("no connection within 3 s")

    sent = []

    async def send(message) -> None:
        sent.append(message)

    feed = Feed(Away(), uuid.uuid4(), State(date(2026, 1, 31), True, "{}"), 10)
    pass_ = Pass({"headers": [], "query_string": b""}, feed.session_id)
    asked = Asked(types=frozenset(), after=3, most_back=None)
    asyncio.run(Stream({"headers": []}, send, feed, pass_, asked).run())
    assert [message.get("more_body") for message in sent] == [None, True, False]
    assert [line.message for line in caplog.records] == [
        "A stream ends while it catches up: no connection within 3 s"
    ]


def test_pages_of_other_origins_may_read_if_the_setting_names_them(server, session, key):
    url = f"{server}/api/sessions/{session.id}/stream"
    ours, other = {"Origin": ORIGIN}, {"Origin": "https://other.example"}
    with httpx.stream("GET", url, headers=key | ours, timeout=60) as allowed:
        assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Retry-After" in allowed.headers["Access-Control-Expose-Headers"]
        assert allowed.headers["Vary"] == "Origin"
    for origin in (other, {}):
        with httpx.stream("GET", url, headers=key | origin, timeout=60) as refused:
            assert "Access-Control-Allow-Origin" not in refused.headers
            assert refused.headers["Vary"] == "Origin"


def test_their_browsers_are_told_before(server, session):
    url = f"{server}/api/sessions/{session.id}/stream"
    asking = {"Origin": ORIGIN, "Access-Control-Request-Headers": "x-api-key"}
    told = httpx.options(url, headers=asking, timeout=60)
    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "GET" in told.headers["Access-Control-Allow-Methods"]
    for name in ("x-api-key", "authorization", "last-event-id"):
        assert name in told.headers["Access-Control-Allow-Headers"]
    other = httpx.options(url, headers={"Origin": "https://other.example"}, timeout=60)
    assert "Access-Control-Allow-Origin" not in other.headers
    assert other.headers["Vary"] == "Origin"


def test_stats_follow_the_session(watch, session):
    with watch() as stream:
        until(stream, "stats")
        Session.objects.filter(pk=session.pk).update(viewers=42, counters={"chat": 9})
        announce(session)
        shown = until(stream, "stats").json
        assert (shown["viewers"], shown["counters"]) == (42, {"chat": 9})


def test_the_end_of_the_session_ends_the_stream_after_its_last_event(watch, session):
    with watch() as stream:
        until(stream, "stats")
        last = make_event(session)
        Session.objects.filter(pk=session.pk).update(status="ended", ended_at=timezone.now())
        announce(session)
        rest = list(stream)
        assert stored(rest) == [last.id]
        assert rest[-1]["event"] == "end"
        assert rest[-1].json["status"] == "ended"


def test_an_ended_session_gives_what_was_missed_and_ends(watch):
    session = make_session("bob", status="ended")
    made = store(session, 3)
    with watch(session, last_event_id=made[0]) as stream:
        rest = list(stream)
    assert stored(rest) == made[1:]
    assert rest[-1]["event"] == "end"


def test_a_stream_begins_with_a_hint_when_to_reconnect(watch):
    with watch() as stream:
        assert next(stream)["retry"] == "2000"


@pytest.mark.parametrize("session_id", ["nonsense", uuid.UUID(int=0)])
def test_an_unknown_session_is_a_404(server, key, session_id):
    with pytest.raises(Refused) as refusal, open_stream(server, session_id, headers=key):
        pass
    assert refusal.value.args == (404, {"detail": "There is no such session."})


def status_of(server, session, headers) -> int:
    try:
        with open_stream(server, session.id, headers=headers):
            return 200
    except Refused as refusal:
        return refusal.args[0]


def test_only_operators_and_keys_may_watch(server, session, key, browser_of, operator, stranger):
    def cookie(person) -> dict[str, str]:
        return {"Cookie": f"sessionid={browser_of(person).cookies['sessionid'].value}"}

    assert status_of(server, session, {}) == 401
    assert status_of(server, session, {"X-Api-Key": "ck_wrong"}) == 401
    assert status_of(server, session, {"Cookie": "sessionid=wrong"}) == 401
    assert status_of(server, session, cookie(stranger)) == 403
    assert status_of(server, session, cookie(operator)) == 200
    assert status_of(server, session, key) == 200


def test_a_slow_reader_is_dropped_and_catches_up(server, session, key, watch):
    text = "x" * 60_000
    with socket.create_connection((urlsplit(server).hostname, urlsplit(server).port)) as slow:
        request = f"GET /api/sessions/{session.id}/stream HTTP/1.1\r\nHost: localhost\r\n"
        slow.sendall(f"{request}X-Api-Key: {key['X-Api-Key']}\r\n\r\n".encode())
        assert b"text/event-stream" in slow.recv(1000)
        made = []
        with watch() as quick:  # is not held up by the slow one
            until(quick, "stats")
            for _ in range(20):
                made += store(session, 10, text=text)
                assert take_events(quick, 10) == made[-10:]
        received = drain(slow)
    assert len(received) < 200 * 60_000
    last = max(
        (int(line[4:]) for line in received.split(b"\n") if line.startswith(b"id: ")), default=0
    )
    with watch(last_event_id=last) as stream:
        assert take_events(stream, len([i for i in made if i > last])) == [
            i for i in made if i > last
        ]


def drain(connection_: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    connection_.settimeout(120)
    received = b""
    while chunk := connection_.recv(1_000_000):
        received += chunk
    return received


def test_a_reader_who_hangs_up_ends_its_stream():
    ended = []

    async def stream() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def receive() -> dict:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    asyncio.run(watched(stream(), receive))
    assert ended == [True]


def test_a_quiet_stream_is_kept_alive_by_comments(watch):
    with watch() as stream:
        until(stream, "stats")
        assert next(frame for frame in stream if "comment" in frame)["comment"] == "still here"


def test_operators_are_told_how_many_read(server, watch):
    def number() -> int:
        return sum(readers.by_process(redis.Redis.from_url(settings.REDIS_URL)).values())

    with watch() as stream, watch() as second:
        until(stream, "stats")
        until(second, "stats")
        wait_for(lambda: number() == 2)
    wait_for(lambda: number() == 0)


def test_a_revoked_key_ends_the_streams_that_were_opened_with_it(server, session):
    revoked, secret = create_key(name="overlay")
    other = {"X-Api-Key": create_key(name="game")[1]}
    with (
        open_stream(server, session.id, headers={"X-Api-Key": secret}) as closing,
        open_stream(server, session.id, headers=other) as staying,
    ):
        revoke_key(key_id=revoked.pk)
        assert "end" not in [frame.get("event") for frame in closing]
        made = store(session)
        assert take_events(staying, 1) == made
    assert status_of(server, session, {"X-Api-Key": secret}) == 401


def test_who_is_an_operator_no_longer_is_not_shown_more(server, session, browser_of, operator):
    cookie = {"Cookie": f"sessionid={browser_of(operator).cookies['sessionid'].value}"}
    with open_stream(server, session.id, headers=cookie) as stream:
        until(stream, "stats")
        type(operator.user).objects.filter(pk=operator.user.pk).update(is_staff=False)
        list(stream)
    assert status_of(server, session, cookie) == 403


def test_stats_come_at_most_once_a_second(watch, session):
    with watch() as stream:
        until(stream, "stats")
        begun, seen = time.monotonic(), 0
        while time.monotonic() - begun < 2:
            Session.objects.filter(pk=session.pk).update(viewers=F("viewers") + 1)
            store(session)
            time.sleep(0.05)
        last = store(session)[0]
        elapsed = 0.0
        for frame in stream:
            seen += frame.get("event") == "stats"
            if frame.get("id") == str(last):
                elapsed = time.monotonic() - begun
                break
    assert 1 <= seen <= elapsed + 2
