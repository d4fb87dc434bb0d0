"""The demo's live looks like one of today, and its server runs by a command."""

import signal
import subprocess
import sys
import time
from itertools import count

import httpx
import pytest
from django.conf import settings as django_settings

from apps.capture import demo
from apps.capture.models import Streamer
from apps.capture.normal_form import normalise
from apps.capture.webcast.demo import COMMENTS, demo_rooms
from apps.capture.webcast.room import AtEnd, State
from tests.capture.conftest import wait_for


@pytest.fixture(scope="module")
def forms():
    """The normal forms of the first messages that the demo sends."""
    room = demo_rooms()[0]
    ids = count(1)
    return [
        normalise(message.type, room.rewrite(message, next(ids))) for message in room.messages[:300]
    ]


def test_the_demo_is_live_for_ever_at_a_human_pace():
    rooms = {room.username: room for room in demo_rooms()}
    assert rooms["demo"].state == State.LIVE
    assert rooms["demo"].at_end == AtEnd.REPEAT
    assert 0 < rooms["demo"].rate < 20
    assert rooms["demo_offline"].state == State.OFFLINE
    assert all(name.startswith("demo") for name in rooms)


def test_every_message_of_the_demo_is_parsed_and_of_now(forms):
    assert {form.error for form in forms} == {""}
    now_ms = time.time() * 1000
    assert all(abs(form.happened_ms - now_ms) < 600_000 for form in forms)


def test_the_demo_has_what_a_live_has(forms):
    categories = {form.category for form in forms}
    assert {"chat", "like", "gift", "member", "social", "room_update"} <= categories
    assert {form.text for form in forms if form.category == "chat"} <= set(COMMENTS)


def test_likes_only_grow_and_viewers_are_steady(forms):
    likes = [form.room_likes for form in forms if form.category == "like"]
    assert likes == sorted(likes)
    viewers = [form.viewers for form in forms if form.viewers is not None]
    assert max(viewers) < 3 * min(viewers)


def test_the_demos_streamer_is_created_once_and_only_where_the_demo_runs(settings):
    settings.DEMO_WEBCAST_URL = ""
    demo.create()
    assert not Streamer.objects.exists()
    settings.DEMO_WEBCAST_URL = "http://127.0.0.1:8084"
    demo.create()
    demo.create()
    assert Streamer.objects.get().username == "demo"


def test_the_command_serves_and_ends_on_a_signal():
    process = subprocess.Popen(
        [sys.executable, "manage.py", "webcast_server", "--port", "0"],
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        url = line.split(" on ")[1].split(" with ")[0]
        page = wait_for(lambda: httpx.get(f"{url}/@demo/live"))
        assert '"uniqueId":"demo"' in page.text
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=90) == 0
