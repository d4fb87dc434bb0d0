"""A room's life on the real MediaMTX: the URL that the API answered, ffmpeg, and a viewer."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from apps.live import services, tasks
from apps.live.mediamtx import MediaServerAway
from apps.live.models import LiveRoom
from apps.live.passes import make_pass
from apps.notifications.models import Notification
from apps.users.models import Follow
from apps.videos import processing
from apps.videos.models import Video
from tests.books import give_bought
from tests.cast import Person, Phone
from tests.live.stack import WAIT_S, Stack, has_mediamtx, wait_until

pytestmark = [
    pytest.mark.mediamtx,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not has_mediamtx(),
        reason="no mediamtx on PATH: live rooms were only tested against the double",
    ),
]


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("live"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def stack(processes: Stack, settings) -> Iterator[Stack]:
    settings.MEDIAMTX_RTMP_URL = f"rtmp://127.0.0.1:{processes.rtmp_port}"
    settings.MEDIAMTX_HLS_URL = f"http://127.0.0.1:{processes.hls_port}"
    settings.MEDIAMTX_WEBRTC_URL = f"http://127.0.0.1:{processes.webrtc_port}"
    yield processes
    processes.end_publishers()


def go_live(phone: Phone, host: Person, **values: object) -> dict:
    answer = phone.call("liveStream", values, by=host)
    assert answer["code"] == 200, answer
    return answer["msg"]["LiveStreaming"]


def end(phone: Phone, host: Person, room_id: int) -> None:
    values = {"id": room_id, "ended_at": "2026-01-01 10:00:00"}
    assert phone.call("liveStream", values, by=host)["code"] == 200


def path_of(streaming: dict) -> str:
    return LiveRoom.objects.get(pk=streaming["id"]).path


def on_air(stack: Stack, streaming: dict) -> None:
    """Publishes to the URL that the API answered, until MediaMTX and the room say so."""
    stack.publish(streaming["rtmp_url"])
    wait_until(lambda: stack.is_online(path_of(streaming)))
    assert reconciled(stack, streaming).status == "live"


def reconciled(stack: Stack, streaming: dict) -> LiveRoom:
    services.reconcile_rooms(stack.server)
    return LiveRoom.objects.get(pk=streaming["id"])


def end_publisher(stack: Stack, streaming: dict) -> None:
    stack.end_publishers()
    wait_until(lambda: not stack.is_online(path_of(streaming)))


def is_refused(stack: Stack, url: str) -> bool:
    """Whether ffmpeg had to give up."""
    return stack.publish(url).wait(timeout=WAIT_S) != 0


def watch(url: str) -> tuple[httpx.Client, httpx.Response]:
    """A viewer's first request. MediaMTX answers 404 until its first segments are there."""
    viewer = httpx.Client(follow_redirects=True, timeout=WAIT_S)
    answers: list[httpx.Response] = []
    wait_until(lambda: answers.append(viewer.get(url)) or answers[-1].status_code != 404)
    return viewer, answers[-1]


def child(playlist: httpx.Response, ending: str) -> httpx.URL:
    """The first URI of a playlist that ends so, before its query."""
    lines = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
    return playlist.url.join(next(line for line in lines if line.split("?")[0].endswith(ending)))


def test_the_room_goes_on_air_plays_and_ends(stack: Stack, phone: Phone, owner: Person) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    viewer, playlist = watch(streaming["playback_url"])
    assert playlist.status_code == 200
    assert playlist.text.startswith("#EXTM3U")
    media = viewer.get(child(playlist, ".m3u8"))
    segment = viewer.get(child(media, ".mp4"))
    assert segment.status_code == 200
    assert segment.content[4:8] in (b"styp", b"moof")
    assert reconciled(stack, streaming).viewers_now == 1

    publisher = stack.publishers[-1]
    end(phone, owner, streaming["id"])
    room = reconciled(stack, streaming)
    assert publisher.wait(timeout=WAIT_S) != 0
    wait_until(lambda: not stack.is_online(room.path))
    assert (room.status, room.viewers_now, room.viewers_peak) == ("ended", 0, 1)
    assert is_refused(stack, streaming["rtmp_url"])


def test_only_the_rooms_own_secret_publishes(
    stack: Stack, phone: Phone, owner: Person, stranger: Person
) -> None:
    streaming = go_live(phone, owner)
    others = go_live(phone, stranger)
    bare = streaming["rtmp_url"].split("?")[0]
    secret_of_another = others["rtmp_url"].split("?")[1]
    assert is_refused(stack, bare)
    assert is_refused(stack, f"{bare}?token=wrong")
    assert is_refused(stack, f"{bare}?{secret_of_another}")
    assert is_refused(stack, f"rtmp://127.0.0.1:{stack.rtmp_port}/studio?{secret_of_another}")
    assert reconciled(stack, streaming).status == "created"
    on_air(stack, streaming)


def test_a_lost_publisher_comes_back_into_the_same_room(
    stack: Stack, phone: Phone, owner: Person
) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    started_at = LiveRoom.objects.get().started_at
    end_publisher(stack, streaming)
    assert reconciled(stack, streaming).status == "interrupted"
    on_air(stack, streaming)
    assert LiveRoom.objects.get().started_at == started_at


def test_a_followers_room_plays_for_followers_only(
    stack: Stack, phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    Follow.objects.create(follower=friend.user, followed=owner.user)
    streaming = go_live(phone, owner, privacy="followers")
    on_air(stack, streaming)
    url = streaming["playback_url"]
    _, playlist = watch(f"{url}?token={friend.token}")
    assert playlist.status_code == 200
    assert watch(url)[1].status_code == 401
    assert watch(f"{url}?token={stranger.token}")[1].status_code == 401


def test_who_is_thrown_out_of_a_public_room_is_cut_off(
    stack: Stack, phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    screens = {}
    for person in (friend, stranger):
        values = {"live_streaming_id": streaming["id"]}
        answer = phone.call("watchLiveStream", values, by=person)
        viewer, playlist = watch(answer["msg"]["LiveStreaming"]["hls_url"])
        screens[person.id] = (viewer, child(playlist, ".m3u8"))
    assert reconciled(stack, streaming).viewers_now == 2

    values = {"live_streaming_id": streaming["id"], "target_id": friend.id, "action": "kick"}
    assert phone.call("moderateLiveStream", values, by=owner)["code"] == 200
    assert reconciled(stack, streaming).viewers_now == 1
    viewer, media = screens[friend.id]
    wait_until(lambda: viewer.get(media).status_code == 401)
    viewer, media = screens[stranger.id]
    assert viewer.get(media).status_code == 200


def test_a_ticket_opens_the_video_of_a_room_with_a_price(
    stack: Stack, phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    give_bought(friend.user, 10)
    streaming = go_live(phone, owner, price=10)
    on_air(stack, streaming)
    values = {"live_streaming_id": streaming["id"]}
    answer = phone.call("watchLiveStream", values, by=friend)
    assert answer["msg"]["User"]["wallet"] == 0
    url = answer["msg"]["LiveStreaming"]["hls_url"]
    assert watch(url)[1].status_code == 200
    assert phone.call("watchLiveStream", values, by=stranger)["code"] == 201
    unpaid = make_pass(room_id=streaming["id"], user_id=stranger.id)
    assert watch(f"{url.split('?')[0]}?viewer={unpaid}")[1].status_code == 401
    assert reconciled(stack, streaming).viewers_now == 1


def test_a_browser_publishes_by_the_whip_address_and_no_other(
    stack: Stack, phone: Phone, owner: Person
) -> None:
    """No offer of a real browser: who is let in is told that this one is none."""
    streaming = go_live(phone, owner)
    asked = {"content": "no offer", "headers": {"Content-Type": "application/sdp"}}
    assert httpx.post(streaming["whip_url"], timeout=WAIT_S, **asked).status_code == 400
    bare = streaming["whip_url"].split("?")[0]
    assert httpx.post(f"{bare}?token=wrong", timeout=WAIT_S, **asked).status_code == 401


def test_strangers_do_not_use_the_control_api(stack: Stack) -> None:
    assert httpx.get(f"{stack.api_url}/v3/paths/list", timeout=WAIT_S).status_code == 401
    assert stack.server.streams() == stack.server.streams()


def test_mediamtx_killed_in_the_middle_is_recovered_from(
    stack: Stack, phone: Phone, owner: Person
) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    stack.kill_media()
    with pytest.raises(MediaServerAway):
        stack.server.streams()
    assert reconciled(stack, streaming).status == "live"
    stack.start_media()
    assert reconciled(stack, streaming).status == "interrupted"
    on_air(stack, streaming)


def test_while_our_hooks_are_away_a_room_goes_on_and_nobody_new_gets_in(
    stack: Stack, phone: Phone, owner: Person, stranger: Person
) -> None:
    """MediaMTX tells us nothing in these tests, so its words are lost too."""
    streaming, others = go_live(phone, owner), go_live(phone, stranger)
    on_air(stack, streaming)
    stack.kill_hooks()
    try:
        assert is_refused(stack, others["rtmp_url"])
        assert watch(streaming["hls_url"])[1].status_code == 200
    finally:
        stack.start_hooks()
    assert reconciled(stack, streaming).status == "live"
    on_air(stack, others)


def test_a_co_host_publishes_with_an_own_secret_and_no_other(
    stack: Stack, phone: Phone, owner: Person, friend: Person
) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    users = [{"user_id": friend.id}]
    values = {"live_streaming_id": streaming["id"], "users": users, "type": "single"}
    assert phone.call("inviteUserToStreaming", values, by=owner)["code"] == 200
    invitation = {"id": Notification.objects.get().pk, "status": 1}
    seat = phone.call("acceptStreamingInvite", invitation, by=friend)["msg"]["LiveStreaming"]
    address, secret = seat["rtmp_url"].split("?")
    assert is_refused(stack, f"{address}?{streaming['rtmp_url'].split('?')[1]}")
    assert is_refused(stack, f"{streaming['rtmp_url'].split('?')[0]}?{secret}")
    stack.publish(seat["rtmp_url"])
    path = LiveRoom.objects.get().seat_path(friend.id)
    wait_until(lambda: stack.is_online(path))
    end(phone, owner, streaming["id"])
    reconciled(stack, streaming)
    wait_until(lambda: not stack.is_online(path))
    assert is_refused(stack, seat["rtmp_url"])


def filled(folder: Path) -> list[Path]:
    """The recordings that have a good second in them."""
    return [file for file in folder.glob("*.mp4") if file.stat().st_size > 30_000]


def test_an_interrupted_room_becomes_one_replay(
    stack: Stack, phone: Phone, owner: Person, settings, private_folder, media_folder
) -> None:
    settings.RECORDINGS_ROOT = str(stack.recordings)
    streaming = go_live(phone, owner, title="Twice")
    pieces = stack.recordings / path_of(streaming)
    for number in (1, 2):
        on_air(stack, streaming)
        wait_until(lambda number=number: len(filled(pieces)) == number)
        end_publisher(stack, streaming)
    end(phone, owner, streaming["id"])
    LiveRoom.objects.update(ended_at=timezone.now() - timedelta(minutes=5))
    tasks.collect_recordings([f"{path_of(streaming)}/{p.name}" for p in pieces.glob("*.mp4")])
    video = Video.objects.get()
    assert (video.description, video.user_id) == ("Twice", owner.id)
    processing.process(video.pk)
    video.refresh_from_db()
    assert (video.state, video.width, video.height) == ("ready", 320, 180)


def test_an_encoder_publishes_by_srt_where_it_is_switched_on(
    stack: Stack, phone: Phone, owner: Person, settings
) -> None:
    settings.MEDIAMTX_SRT, settings.SRT_PORT = True, stack.srt_port
    streaming = go_live(phone, owner)
    address = streaming["srt_url"]
    secret = streaming["rtmp_url"].split("token=")[1]
    assert is_refused(stack, address.replace(secret, "wrong"))
    stack.publish(address)
    wait_until(lambda: stack.is_online(path_of(streaming)))


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl for MediaMTX to notify us with")
def test_notifications_come_without_a_look(stack: Stack, phone: Phone, owner: Person) -> None:
    stack.kill_media()
    stack.start_media(notifies=True)
    streaming = go_live(phone, owner)
    stack.publish(streaming["rtmp_url"])
    room = LiveRoom.objects.filter(pk=streaming["id"])
    wait_until(lambda: room.get().status == "live")
    assert room.get().publisher_id == stack.server.streams()[0].publisher.id
    end_publisher(stack, streaming)
    wait_until(lambda: room.get().status == "interrupted")
    stack.kill_media()
    stack.start_media()


def test_no_secret_is_logged(stack: Stack, phone: Phone, owner: Person, settings) -> None:
    streaming = go_live(phone, owner)
    on_air(stack, streaming)
    secret = streaming["rtmp_url"].split("?token=")[1]
    assert is_refused(stack, streaming["rtmp_url"].replace(secret, "wrong-secret-of-a-stranger"))
    assert "is publishing to path" in stack.logs()
    for text in (secret, "wrong-secret-of-a-stranger", settings.MEDIAMTX_SECRET):
        assert text not in stack.logs()
