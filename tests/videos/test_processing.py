"""From the uploaded file to what the apps play."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.notifications.models import Notification
from apps.users.models import Follow
from apps.videos import media, processing
from apps.videos.models import Sound, Video, VideoUpload
from apps.videos.services import publishing, uploads
from apps.videos.services.uploads import Post
from tests.videos.uploading import ffmpeg, film

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")


def received(by, content: bytes, **said) -> Video:
    file = SimpleUploadedFile("clip.mp4", content, "video/mp4")
    video_id = uploads.receive(user_id=by.id, file=file, key="", post=Post(**said))
    return Video.objects.get(pk=video_id)


def processed(by, content: bytes, **said) -> Video:
    video = received(by, content, **said)
    processing.process(video.pk)
    return Video.objects.select_related("sound", "upload").get(pk=video.pk)


def path_of(name: str) -> Path:
    return Path(default_storage.path(name))


def boxes(path: Path) -> list[bytes]:
    """The kinds of an MP4's outermost boxes, in order."""
    content, found, place = path.read_bytes(), [], 0
    while place < len(content):
        found.append(content[place + 4 : place + 8])
        place += int.from_bytes(content[place : place + 4], "big")
    return found


def test_a_phones_clip_becomes_a_video_that_plays_at_once(owner, filmed):
    video = processed(owner, filmed.read_bytes())

    assert (video.state, video.failure) == ("ready", "")
    assert (video.width, video.height) == (180, 320)
    assert video.duration == pytest.approx(1.5, abs=0.2)
    kinds = boxes(path_of(video.file))
    assert kinds.index(b"moov") < kinds.index(b"mdat"), "the index comes first"
    seen = ffmpeg("-i", str(path_of(video.file)))
    assert "Video: h264 (Main)" in seen
    assert "yuv420p" in seen
    assert "Audio: aac" in seen
    assert path_of(video.thumbnail).read_bytes()[:3] == b"\xff\xd8\xff"
    assert path_of(video.gif).read_bytes()[:6] == b"GIF89a"
    owner.user.refresh_from_db()
    assert owner.user.video_count == 1


def test_where_it_was_filmed_stays_with_its_author(owner, filmed):
    assert b"+52.5200" in filmed.read_bytes(), "the film says where it was made"
    video = processed(owner, filmed.read_bytes())
    made = [path for path in path_of(video.file).parent.rglob("*") if path.is_file()]
    assert len(made) >= 6
    assert not [path for path in made if b"52.5200" in path.read_bytes()]


def test_the_uploaded_file_goes_once_the_video_is_made(owner, filmed):
    video = received(owner, filmed.read_bytes())
    source = video.upload.source
    assert storages["private"].exists(source)
    processing.process(video.pk)
    video.upload.refresh_from_db()
    assert video.upload.source == ""
    assert video.upload.done_at is not None
    assert not storages["private"].exists(source)


def test_a_ladder_for_slow_networks(owner, tmp_path):
    video = processed(owner, film(tmp_path / "tall.mp4", size="720x1280").read_bytes())
    master = path_of(video.hls)
    text = master.read_text()
    assert text.count("#EXT-X-STREAM-INF") == 3
    assert "RESOLUTION=720x1280" in text
    assert "RESOLUTION=360x640" in text
    for rung in range(3):
        seen = ffmpeg("-i", str(master.parent / f"{rung}.m3u8"))
        assert "Video: h264" in seen
        assert "Audio: aac" in seen


def test_a_silent_clip_has_a_ladder_and_no_sound(owner, tmp_path):
    video = processed(owner, film(tmp_path / "silent.mp4", sound=False).read_bytes())
    assert video.state == "ready"
    assert video.sound is None
    assert video.hls


def test_its_sound_can_be_used_by_others(owner, filmed):
    video = processed(owner, filmed.read_bytes())
    assert video.sound.name == "original sound - owner"
    assert video.sound.publish
    assert "Audio: aac" in ffmpeg("-i", str(path_of(video.sound.audio)))


@pytest.mark.parametrize("said", [{"privacy": "private"}, {"is_story": True}])
def test_the_sound_of_what_is_not_for_everyone_is_not_published(owner, filmed, said):
    assert not processed(owner, filmed.read_bytes(), **said).sound.publish


def test_a_chosen_sound_takes_the_place_of_the_clips_own(owner, friend, filmed, tmp_path):
    low = processed(friend, film(tmp_path / "low.mp4", tone=110).read_bytes()).sound
    video = processed(owner, filmed.read_bytes(), sound_id=low.pk)
    assert video.sound == low
    assert Sound.objects.count() == 1
    assert loudness(path_of(video.file), "lowpass=f=200") > -40
    assert loudness(path_of(video.file), "highpass=f=400,highpass=f=400") < -30


def loudness(path: Path, band: str) -> float:
    said = ffmpeg("-i", str(path), "-af", f"{band},volumedetect", "-f", "null", "-")
    return float(said.split("mean_volume:")[1].split()[0])


@pytest.mark.parametrize(("layout", "size"), [("h", (1280, 640)), ("v", (640, 1280))])
def test_a_duet_stands_beside_or_above_the_video_it_answers(owner, friend, filmed, layout, size):
    first = processed(friend, filmed.read_bytes())
    duet = processed(owner, filmed.read_bytes(), duet_of_id=first.pk, layout=layout)
    assert duet.state == "ready", duet.upload.detail
    assert (duet.width, duet.height) == size
    assert duet.duet_of == first
    assert duet.sound == first.sound


def test_a_large_picture_is_made_smaller_and_keeps_its_shape(owner, tmp_path):
    video = processed(owner, film(tmp_path / "wide.mp4", size="1920x1080").read_bytes())
    assert (video.width, video.height) == (1280, 720)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, this is no film" * 50,
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
def test_what_is_no_film_fails_with_a_reason(owner, content):
    video = processed(owner, content or b"\x00")
    assert video.state == "failed"
    assert video.failure == "This file is not a video."
    assert video.file == ""


def test_a_playlist_in_disguise_opens_nothing(owner, tmp_path):
    secret = film(tmp_path / "secret.ts")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.5,\n{secret}\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(playlist)
    assert "Video: h264" in ffmpeg("-i", str(tmp_path / "list.m3u8")), "an open ffmpeg follows it"
    assert processed(owner, playlist.encode()).state == "failed"


def test_a_film_that_is_cut_short_fails_or_plays_but_never_hangs(owner, filmed):
    video = processed(owner, filmed.read_bytes()[:3000])
    assert video.state == "failed"
    assert video.failure


def test_a_film_that_is_too_long_or_too_large_fails(owner, filmed, settings):
    settings.VIDEO_MAX_S = 0
    video = processed(owner, filmed.read_bytes())
    assert video.failure == "This video is longer than 0 seconds."
    settings.VIDEO_MAX_S, settings.VIDEO_MAX_PIXELS = 60, 100 * 100
    video = processed(owner, filmed.read_bytes(), description="again")
    assert video.state == "failed"


def test_ffmpeg_gets_no_more_memory_and_time_than_allowed(filmed, settings, tmp_path):
    settings.MEDIA_MEMORY_MB = 20
    with pytest.raises(media.MediaError):
        media.run_ffmpeg("-i", str(filmed), str(tmp_path / "out.mp4"))
    settings.MEDIA_MEMORY_MB = 2048
    endless = ("-f", "lavfi", "-i", "testsrc2=s=1280x720", "-f", "null", "-")
    with pytest.raises(media.MediaError) as error:
        media.run_ffmpeg(*endless, timeout_s=1)
    assert "longer than 1 seconds" in error.value.detail


def test_ffmpeg_runs_behind_everything_else():
    own = subprocess.run(["nice"], capture_output=True, text=True)
    fence = ["/bin/sh", "-c", media.FENCE, "sh", "1000000", "10", "1000", "nice"]
    fenced = subprocess.run(fence, capture_output=True, text=True)
    assert int(fenced.stdout) == min(int(own.stdout) + 10, 19)


def test_two_workers_make_a_video_once(owner, filmed):
    video = received(owner, filmed.read_bytes())
    assert uploads.claim(video.pk) is not None
    assert uploads.claim(video.pk) is None
    video.refresh_from_db()
    assert video.state == "processing"


def test_a_killed_workers_video_is_taken_over(owner, filmed):
    video = received(owner, filmed.read_bytes())
    late = uploads.claim(video.pk)
    VideoUpload.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert uploads.waiting() == [video.pk]
    processing.process(video.pk)
    video.refresh_from_db()
    assert video.state == "ready"
    assert uploads.waiting() == []

    uploads.fail(upload=late, reason="too late", detail="")
    video.refresh_from_db()
    assert video.state == "ready", "the first worker has no say any more"


def test_a_storage_that_is_away_costs_time_and_not_the_video(owner, filmed, monkeypatch):
    video = received(owner, filmed.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(processing, "put", lambda path, name: (_ for _ in ()).throw(OSError("away")))
        processing.process(video.pk)
    video.refresh_from_db()
    assert video.state == "processing"
    assert video.upload.detail == "OSError: away"
    VideoUpload.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    processing.process(video.pk)
    video.refresh_from_db()
    assert video.state == "ready"


def test_after_three_tries_it_is_given_up_and_can_be_retried(owner, filmed):
    video = received(owner, filmed.read_bytes())
    VideoUpload.objects.update(attempts=3, claimed_until=timezone.now() - timedelta(seconds=1))
    processing.process(video.pk)
    video.refresh_from_db()
    assert (video.state, video.failure) == ("failed", uploads.NOT_PREPARED)

    assert uploads.retry([video.pk]) == 1
    processing.process(video.pk)
    video.refresh_from_db()
    assert (video.state, video.failure) == ("ready", "")


def test_files_of_failed_uploads_are_kept_for_a_while(owner, settings):
    video = processed(owner, b"no film")
    source = video.upload.source
    assert processing.remove_old_sources() == 0
    old = timezone.now() - timedelta(days=settings.UPLOAD_KEEP_DAYS, hours=1)
    VideoUpload.objects.update(done_at=old)
    assert processing.remove_old_sources() == 1
    assert not storages["private"].exists(source)
    assert uploads.retry([video.pk]) == 0


def test_tagged_people_and_bells_hear_of_it(owner, friend, stranger, filmed):
    Follow.objects.create(follower=stranger.user, followed=owner.user, bell=True)
    processed(owner, filmed.read_bytes(), mentioned=[friend.id])
    assert publishing.ring_bells() == 1
    assert publishing.ring_bells() == 0
    told = set(Notification.objects.values_list("receiver_id", "type"))
    assert told == {(friend.id, "video_tag"), (stranger.id, "video_updates")}


@pytest.mark.parametrize("said", [{"privacy": "private"}, {"is_story": True}])
def test_nobody_hears_of_what_they_can_not_see(owner, friend, filmed, said):
    Follow.objects.create(follower=friend.user, followed=owner.user, bell=True)
    processed(owner, filmed.read_bytes(), mentioned=[friend.id], **said)
    assert publishing.ring_bells() == 0
    assert not Notification.objects.exists()
