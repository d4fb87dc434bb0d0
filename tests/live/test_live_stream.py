"""POST /api/liveStream: going live and ending it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.utils import timezone

from apps.live.models import LiveRoom, PublishKey
from apps.users.callers import digest
from tests.cast import Person, Phone

PUBLISHING = ("rtmp_url", "stream_key", "whip_url")


def secret_of(answer: dict) -> str:
    return answer["msg"]["LiveStreaming"]["rtmp_url"].split("?token=")[1]


def start(phone: Phone, host: Person, **values: object) -> dict:
    answer = phone.call("liveStream", {"user_id": host.id} | values, by=host)
    assert answer["code"] == 200, answer
    return answer["msg"]["LiveStreaming"]


def test_starting_answers_the_room_and_its_addresses(phone: Phone, owner: Person) -> None:
    values = {"user_id": str(owner.id), "started_at": "2020-02-31 99:00:00", "title": "Hello"}
    answer = phone.call("liveStream", values, by=owner)
    assert answer["code"] == 200
    room = LiveRoom.objects.get()
    secret = secret_of(answer)
    streaming = answer["msg"]["LiveStreaming"]
    assert streaming == {
        "id": room.id,
        "user_id": owner.id,
        "channel_name": str(room.id),
        "title": "Hello",
        "description": "",
        "privacy": "public",
        "price": 0,
        "status": "created",
        "viewers": 0,
        "viewers_peak": 0,
        "started_at": room.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        "ended_at": "",
        "duration": 0,
        "session_id": str(room.session_id),
        "rtmp_url": f"rtmp://testserver:1935/pub/{room.id}?token={secret}",
        "rtmp_server": "rtmp://testserver:1935/pub",
        "stream_key": f"{room.id}?token={secret}",
        "whip_url": f"http://testserver:8889/pub/{room.id}/whip?token={secret}",
        "srt_url": "",
        "playback_url": f"http://testserver:8888/pub/{room.id}/index.m3u8",
        "hls_url": f"http://testserver:8888/pub/{room.id}/index.m3u8",
        "whep_url": f"http://testserver:8889/pub/{room.id}/whep",
    }
    assert answer["msg"]["User"]["id"] == owner.id
    assert answer["msg"]["User"]["username"] == "owner"
    assert isinstance(answer["msg"]["User"]["wallet"], int)


def test_the_app_cannot_choose_when_it_started(phone: Phone, owner: Person) -> None:
    start(phone, owner, started_at="2001-01-01 00:00:00")
    assert LiveRoom.objects.get().opened_at > timezone.now() - timedelta(minutes=1)


def test_only_a_digest_of_the_secret_is_kept(phone: Phone, owner: Person) -> None:
    secret = secret_of(phone.call("liveStream", by=owner))
    key = PublishKey.objects.get()
    assert len(secret) == 32
    assert bytes(key.digest) == digest(secret)
    assert key.user_id == owner.id


@override_settings(
    MEDIAMTX_RTMP_URL="rtmps://in.example.com:1936",
    MEDIAMTX_HLS_URL="https://hls.example.com",
    MEDIAMTX_WEBRTC_URL="https://rtc.example.com",
)
def test_addresses_come_from_the_settings(phone: Phone, owner: Person) -> None:
    streaming = start(phone, owner)
    name = f"pub/{streaming['id']}"
    assert streaming["rtmp_url"].startswith(f"rtmps://in.example.com:1936/{name}?token=")
    assert streaming["rtmp_server"] == "rtmps://in.example.com:1936/pub"
    assert streaming["playback_url"] == f"https://hls.example.com/{name}/index.m3u8"
    assert streaming["whep_url"] == f"https://rtc.example.com/{name}/whep"


@override_settings(ALLOWED_HOSTS=["[::1]", "192.168.1.5"])
@pytest.mark.parametrize(
    ("host", "written"), [("192.168.1.5:8080", "192.168.1.5"), ("[::1]:8080", "[::1]")]
)
def test_addresses_follow_the_host_that_the_phone_uses(
    phone: Phone, owner: Person, host: str, written: str
) -> None:
    answer = phone.call("liveStream", by=owner, headers={"Host": host})
    assert answer["msg"]["LiveStreaming"]["rtmp_server"] == f"rtmp://{written}:1935/pub"


@pytest.mark.parametrize("privacy", ["followers", "private"])
def test_a_room_that_is_not_public_has_a_path_that_is_always_asked_about(
    phone: Phone, owner: Person, privacy: str
) -> None:
    streaming = start(phone, owner, privacy=privacy)
    assert streaming["privacy"] == privacy
    assert f"/prv/{streaming['id']}/" in streaming["playback_url"]


def test_starting_again_hands_out_the_same_room_with_a_fresh_secret(
    phone: Phone, owner: Person
) -> None:
    first = phone.call("liveStream", {"title": "One"}, by=owner)
    second = phone.call("liveStream", {"privacy": "private"}, by=owner)
    assert second["msg"]["LiveStreaming"]["id"] == first["msg"]["LiveStreaming"]["id"]
    assert second["msg"]["LiveStreaming"]["title"] == "One"
    assert second["msg"]["LiveStreaming"]["privacy"] == "private"
    key = PublishKey.objects.get()
    assert bytes(key.digest) == digest(secret_of(second)) != digest(secret_of(first))


def test_starting_again_while_interrupted_gives_a_whole_grace(phone: Phone, owner: Person) -> None:
    room_id = start(phone, owner)["id"]
    long_ago = timezone.now() - timedelta(seconds=80)
    LiveRoom.objects.update(status="interrupted", started_at=long_ago, interrupted_at=long_ago)
    assert start(phone, owner)["id"] == room_id
    assert LiveRoom.objects.get().interrupted_at > long_ago


def test_a_live_room_keeps_its_audience(phone: Phone, owner: Person) -> None:
    start(phone, owner)
    LiveRoom.objects.update(status="live", started_at=timezone.now())
    answer = phone.call("liveStream", {"privacy": "private"}, by=owner)
    assert answer["code"] == 201
    assert LiveRoom.objects.get().privacy == "public"


def test_after_the_end_a_new_room_is_opened(phone: Phone, owner: Person) -> None:
    first = start(phone, owner)["id"]
    phone.call("liveStream", {"id": first, "ended_at": "2026-01-01 10:00:00"}, by=owner)
    assert start(phone, owner)["id"] != first


def test_ending_stamps_the_time_and_kills_the_secret(phone: Phone, owner: Person) -> None:
    room_id = start(phone, owner)["id"]
    began = timezone.now() - timedelta(seconds=50)
    LiveRoom.objects.update(status="live", started_at=began, viewers_now=3, viewers_peak=4)
    values = {"id": str(room_id), "ended_at": "1999-01-01 00:00:00", "duration": 7}
    streaming = phone.call("liveStream", values, by=owner)["msg"]["LiveStreaming"]
    room = LiveRoom.objects.get()
    assert (room.status, room.end_reason) == ("ended", "host")
    assert room.ended_at > began
    assert streaming["status"] == "ended"
    assert streaming["ended_at"] == room.ended_at.strftime("%Y-%m-%d %H:%M:%S")
    assert 50 <= streaming["duration"] < 100
    assert (streaming["viewers"], streaming["viewers_peak"]) == (0, 4)
    assert [streaming[name] for name in PUBLISHING] == ["", "", ""]
    assert not PublishKey.objects.exists()


def test_a_room_that_never_started_lasted_no_time(phone: Phone, owner: Person) -> None:
    room_id = start(phone, owner)["id"]
    answer = phone.call("liveStream", {"id": room_id, "ended_at": "2026-01-01 10:00:00"}, by=owner)
    assert answer["msg"]["LiveStreaming"]["duration"] == 0


def test_ending_twice_changes_nothing(phone: Phone, owner: Person) -> None:
    values = {"id": start(phone, owner)["id"], "ended_at": "2026-01-01 10:00:00"}
    phone.call("liveStream", values, by=owner)
    ended_at = LiveRoom.objects.get().ended_at
    assert phone.call("liveStream", values, by=owner)["code"] == 200
    assert LiveRoom.objects.get().ended_at == ended_at


def test_ending_without_an_id_ends_the_open_room(phone: Phone, owner: Person) -> None:
    start(phone, owner)
    assert phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)["code"] == 200
    assert LiveRoom.objects.get().status == "ended"
    answer = phone.call("liveStream", {"ended_at": "2026-01-01 10:00:00"}, by=owner)
    assert answer == {"code": 201, "msg": "You have no such live stream."}


@pytest.mark.parametrize("ended_at", ["", "0", None, "0000-00-00 00:00:00"])
def test_an_empty_end_is_no_end(phone: Phone, owner: Person, ended_at: str | None) -> None:
    room_id = start(phone, owner)["id"]
    assert start(phone, owner, id=room_id, ended_at=ended_at)["status"] == "created"


def test_a_stranger_ends_nothing_and_gets_no_secret(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    room_id = start(phone, owner)["id"]
    before = PublishKey.objects.get().digest
    end = {"id": room_id, "ended_at": "2026-01-01 10:00:00"}
    assert phone.call("liveStream", end, by=stranger)["code"] == 201
    assert phone.call("liveStream", {"id": room_id}, by=stranger)["code"] == 201
    assert phone.call("liveStream", end | {"user_id": owner.id}, by=stranger)["code"] == 201
    room = LiveRoom.objects.get()
    assert room.status == "created"
    assert PublishKey.objects.get().digest == before


def test_nobody_goes_live_as_somebody_else(phone: Phone, owner: Person, stranger: Person) -> None:
    answer = phone.call("liveStream", {"user_id": owner.id}, by=stranger)
    assert answer["code"] == 201
    assert not LiveRoom.objects.exists()


def test_guests_wrong_tokens_and_the_banned_do_not_go_live(
    phone: Phone, owner: Person, banned: Person
) -> None:
    assert phone.call("liveStream", {"user_id": owner.id})["code"] == 401
    assert phone.call("liveStream", headers={"Auth-Token": "wrong"})["code"] == 401
    assert phone.call("liveStream", by=banned)["code"] == 501
    assert not LiveRoom.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"id": "abc"},
        {"id": -1},
        {"id": 2**70},
        {"id": [1]},
        {"id": 999_999},
        {"id": True},
        {"ended_at": "yesterday"},
        {"title": "x" * 101},
        {"description": "x" * 501},
        {"title": "a\x00b"},
        {"privacy": "everyone"},
        {"privacy": {"a": 1}},
    ],
)
def test_bad_input_is_refused_and_opens_nothing(phone: Phone, owner: Person, values: dict) -> None:
    answer = phone.call("liveStream", values, by=owner)
    assert answer["code"] == 201, answer
    assert isinstance(answer["msg"], str)
    assert not LiveRoom.objects.exists()


@override_settings(GO_LIVE="verified")
def test_verified_accounts_only(phone: Phone, owner: Person) -> None:
    assert phone.call("liveStream", by=owner)["code"] == 201
    owner.user.verified = True
    owner.user.save(update_fields=["verified"])
    assert phone.call("liveStream", by=owner)["code"] == 200


@override_settings(GO_LIVE="permission")
def test_those_with_the_permission_only(phone: Phone, owner: Person) -> None:
    assert phone.call("liveStream", by=owner)["code"] == 201
    owner.user.user_permissions.add(Permission.objects.get(codename="go_live"))
    assert phone.call("liveStream", by=owner)["code"] == 200


def test_starting_and_ending_cost_a_fixed_number_of_queries(
    phone: Phone, owner: Person, django_assert_num_queries
) -> None:
    # Who asks; savepoint, host, room, new room, streamer, session, link, key, release; answer.
    with django_assert_num_queries(11):
        room_id = start(phone, owner)["id"]
    with django_assert_num_queries(8):
        start(phone, owner)
    # The session follows: what waits for it, its state.
    with django_assert_num_queries(12):
        start(phone, owner, id=room_id, ended_at="2026-01-01 10:00:00")
