"""Recordings are taken from MediaMTX's folder, kept for a while, and become replays."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from apps.live import hooks, recordings, replays, services, tasks
from apps.live.models import LiveRoom, PublishKey, Recording
from apps.videos import media, processing
from apps.videos.models import Video
from tests.cast import Person
from tests.live.test_hooks import post

pytestmark = pytest.mark.usefixtures("private_folder", "media_folder")
Put = Callable[..., str]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pieces as MediaMTX writes them (fragmented MP4), upright and wide."""
    folder = tmp_path_factory.mktemp("pieces")
    found = {}
    for name, size in (("upright", "90x160"), ("wide", "160x90")):
        found[name] = folder / f"{name}.mp4"
        media.run_ffmpeg(
            *("-f", "lavfi", "-i", f"testsrc=size={size}:rate=10:duration=1"),
            *("-f", "lavfi", "-i", "sine=frequency=440:duration=1"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
            *("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"),
            str(found[name]),
        )
    return found


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.RECORDINGS_ROOT = str(tmp_path / "recordings")
    return tmp_path / "recordings"


@pytest.fixture
def put(folder: Path, films: dict[str, Path]) -> Put:
    """Put a piece where MediaMTX records a stream; its name."""

    def put_piece(path: str, name: str, film: str = "wide", *, settled: bool = True) -> str:
        target = folder / path / f"{name}.mp4"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(films[film], target)
        if settled:
            long_ago = time.time() - 3600 + ord(name[-1])
            os.utime(target, (long_ago, long_ago))
        return f"{path}/{name}.mp4"

    return put_piece


@pytest.fixture
def room(owner: Person) -> LiveRoom:
    return services.open_room(host_id=owner.id, title="Sunset")[0]


def end(room: LiveRoom, **fields: Any) -> None:
    services.end_own_room(host_id=room.host_id, room_id=room.pk)
    ended = timezone.now() - timedelta(minutes=5)
    LiveRoom.objects.filter(pk=room.pk).update(**{"ended_at": ended} | fields)


def test_a_complete_piece_moves_into_the_private_storage(
    room: LiveRoom, folder: Path, put: Put
) -> None:
    name = put(room.path, "a")
    assert recordings.collect() == 1
    kept = Recording.objects.get()
    assert (kept.room, kept.user_id, kept.segment) == (room, room.host_id, name)
    assert kept.size == storages["private"].size(kept.file)
    assert not (folder / name).exists()
    assert recordings.collect() == 0


def test_a_piece_that_is_being_written_stays_until_mediamtx_says_that_it_is_complete(
    room: LiveRoom, folder: Path, put: Put
) -> None:
    name = put(room.path, "a", settled=False)
    assert recordings.collect() == 0
    assert (folder / name).exists()
    assert recordings.collect([name]) == 1


def test_a_co_hosts_piece_is_kept_as_theirs_and_makes_no_replay(
    room: LiveRoom, friend: Person, put: Put
) -> None:
    put(room.seat_path(friend.id), "a")
    recordings.collect()
    assert Recording.objects.get().user_id == friend.id
    end(room)
    assert replays.make_replays() == 0


def test_what_a_crash_left_half_done_is_finished(
    room: LiveRoom, folder: Path, put: Put, films: dict[str, Path]
) -> None:
    """Stored but not noted; noted but not yet removed."""
    recordings.put(films["upright"], f"recordings/{put(room.path, 'a')}")
    recordings.collect()
    kept = Recording.objects.get()
    assert storages["private"].size(kept.file) == films["wide"].stat().st_size == kept.size
    put(room.path, "a")
    recordings.collect()
    assert Recording.objects.count() == 1
    assert list(folder.rglob("*.mp4")) == []


def test_a_storage_that_is_away_loses_nothing(
    room: LiveRoom, folder: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(room.path, "a")

    def away(file: Path, target: str) -> None:
        raise OSError("storage is away")

    with monkeypatch.context() as patch:
        patch.setattr(recordings, "put", away)
        assert recordings.collect() == 0
    assert (folder / name).exists()
    assert recordings.collect() == 1


def test_other_files_are_left_alone(room: LiveRoom, folder: Path, put: Put) -> None:
    names = [put("private", "a"), put("pub/x", "a"), put(f"{room.path}/x/y", "a")]
    lost = put("pub/987654321", "a")
    assert recordings.collect() == 0
    assert all((folder / name).exists() for name in (*names, lost))
    old = time.time() - 30 * 24 * 3600
    os.utime(folder / lost, (old, old))
    recordings.collect()
    assert not (folder / lost).exists()


# --- Replays --------------------------------------------------------------------------------


def test_an_ended_room_becomes_one_video_of_all_its_pieces(
    room: LiveRoom, owner: Person, put: Put
) -> None:
    for name in "ab":
        put(room.path, name)
    recordings.collect()
    assert replays.make_replays() == 0  # it goes on
    end(room)
    assert replays.make_replays() == 1
    video = Video.objects.get()
    assert (video.user_id, video.description, video.privacy) == (owner.id, "Sunset", "public")
    assert set(Recording.objects.values_list("video", flat=True)) == {video.pk}
    assert replays.make_replays() == 0

    processing.process(video.pk)
    video.refresh_from_db()
    assert (video.state, video.width, video.height) == ("ready", 160, 90)
    assert 1.8 < video.duration < 2.4


def test_a_long_replay_is_kept_as_it_was_sent(room: LiveRoom, put: Put, settings: Any) -> None:
    settings.VIDEO_MAX_S = 1
    for name in "ab":
        put(room.path, name)
    recordings.collect()
    end(room)
    replays.make_replays()
    processing.process(Video.objects.get().pk)
    video = Video.objects.get()
    assert (video.state, video.hls, video.sound) == ("ready", "", None)
    assert 1.8 < video.duration < 2.4


def test_another_picture_form_begins_another_part(room: LiveRoom, put: Put) -> None:
    for name, film in (("a", "wide"), ("b", "upright"), ("c", "upright")):
        put(room.path, name, film)
    recordings.collect()
    end(room)
    replays.make_replays()
    titles = Video.objects.order_by("pk").values_list("description", flat=True)
    assert list(titles) == ["Sunset (1/2)", "Sunset (2/2)"]


@pytest.mark.parametrize(
    "change", [{"privacy": "private"}, {"privacy": "followers"}, {"price_coins": 5}]
)
def test_what_was_not_open_to_all_becomes_a_private_video(
    owner: Person, put: Put, change: dict[str, Any]
) -> None:
    room, _ = services.open_room(host_id=owner.id, **change)
    put(room.path, "a")
    recordings.collect()
    end(room)
    replays.make_replays()
    assert Video.objects.get().privacy == "private"


@pytest.mark.parametrize("why", ["switched off", "operator", "banned", "just now", "uncollected"])
def test_there_is_no_replay_of(room: LiveRoom, put: Put, settings: Any, why: str) -> None:
    put(room.path, "a")
    recordings.collect()
    end(room)
    if why == "switched off":
        settings.ROOM_REPLAYS = False
    elif why == "just now":
        LiveRoom.objects.update(ended_at=timezone.now())
    elif why == "uncollected":
        put(room.path, "b", settled=False)
    else:
        LiveRoom.objects.update(end_reason=why)
    assert replays.make_replays() == 0
    assert not Video.objects.exists()


def test_a_piece_that_can_not_be_joined_is_given_up_after_some_tries(
    room: LiveRoom, folder: Path, put: Put
) -> None:
    name = put(room.path, "a")
    (folder / name).write_bytes(b"no film" * 100)
    recordings.collect([name])
    end(room)
    for _ in range(replays.MOST_TRIES + 2):
        replays.make_replays()
    kept = Recording.objects.get()
    assert (kept.attempts, kept.video) == (replays.MOST_TRIES, None)
    assert kept.done_at is not None
    assert kept.detail


def test_a_try_that_came_as_far_as_the_video_makes_no_second_one(room: LiveRoom, put: Put) -> None:
    put(room.path, "a")
    recordings.collect()
    end(room)
    replays.make_replays()
    Recording.objects.update(video=None, done_at=None)
    replays.make_replays()
    assert Video.objects.count() == 1
    assert Recording.objects.get().video == Video.objects.get()


# --- Policy ---------------------------------------------------------------------------------


def test_old_recordings_are_removed_and_replays_stay(
    room: LiveRoom, put: Put, settings: Any
) -> None:
    put(room.path, "a")
    recordings.collect()
    file = Recording.objects.get().file
    end(room)
    replays.make_replays()
    assert recordings.remove_old() == 0
    old = timezone.now() - timedelta(days=settings.ROOM_RECORDING_DAYS, minutes=1)
    Recording.objects.update(created_at=old)
    settings.ROOM_RECORDING_DAYS, days = 0, settings.ROOM_RECORDING_DAYS
    assert recordings.remove_old() == 0
    settings.ROOM_RECORDING_DAYS = days
    assert recordings.remove_old() == 1
    assert not storages["private"].exists(file)
    assert Recording.objects.get().file == ""
    assert Video.objects.exists()


def test_what_a_deleted_account_recorded_is_removed_at_once(
    room: LiveRoom, owner: Person, put: Put
) -> None:
    put(room.path, "a")
    recordings.collect()
    PublishKey.objects.all().delete()
    LiveRoom.objects.all().delete()
    file = Recording.objects.get().file
    assert recordings.remove_old() == 1
    assert not storages["private"].exists(file)


# --- What calls it --------------------------------------------------------------------------


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    names: list[list[str]] = []
    monkeypatch.setattr(tasks.collect_recordings, "delay", names.append)
    return names


def test_mediamtx_alone_says_that_a_piece_is_complete(
    room: LiveRoom, settings: Any, hinted: list[list[str]]
) -> None:
    body = f"path={room.path}&segment=/recordings/{room.path}/a.mp4".encode()
    assert post("/mediamtx/segment", body) == 401
    assert post("/mediamtx/segment", body, bearer="wrong") == 401
    for bad in (b"", b"path=../x&segment=a", f"path={room.path}".encode()):
        assert post("/mediamtx/segment", bad, bearer=settings.MEDIAMTX_SECRET) == 400
    assert hinted == []
    assert post("/mediamtx/segment", body, bearer=settings.MEDIAMTX_SECRET) == 200
    assert hinted == [[f"{room.path}/a.mp4"]]
    assert ("POST", "/mediamtx/segment") in hooks.ROUTES


def test_the_task_does_all_of_it_and_only_one_at_a_time(room: LiveRoom, put: Put) -> None:
    put(room.path, "a")
    end(room)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [tasks.RECORDINGS_LOCK])
            tasks.collect_recordings()
            assert not Recording.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [tasks.RECORDINGS_LOCK])
    finally:
        other.close()
    tasks.collect_recordings()
    assert Video.objects.count() == 1
