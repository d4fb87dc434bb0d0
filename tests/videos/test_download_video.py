"""downloadVideo and deleteWaterMarkVideo"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files import File
from django.core.files.storage import default_storage, storages
from django.test import Client
from django.utils import timezone

from apps.contract import guarded
from apps.users.models import PrivacySetting
from apps.videos import media
from apps.videos.models import Video, VideoDownload
from apps.videos.services import downloads, removal
from tests.cast import Person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, hide, post
from tests.videos.uploading import ffmpeg

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")


@pytest.fixture
def video(owner: Person, filmed: Path, media_folder: Path) -> Video:
    with filmed.open("rb") as content:
        default_storage.save("videos/a.mp4", File(content))
    return post(owner)


def ask(phone, video: Video, by: Person | None) -> dict:
    answer = phone.call("downloadVideo", {"video_id": str(video.pk)}, by=by)
    assert_both_clients_parse("downloadVideo", answer)
    return answer


def got(path: str, **headers: str) -> bytes | None:
    response = Client().get(f"/mobileapp_api/{urlsplit(path).path}", headers=headers)
    return b"".join(response) if response.status_code == 200 else None


def test_a_file_with_the_authors_name_is_made_once_and_then_given(phone, video, friend, tmp_path):
    assert (ask(phone, video, friend)["code"], downloads.waiting()) == (201, [])
    downloads.render(video.pk)
    made = VideoDownload.objects.get().file
    path = ask(phone, video, friend)["msg"]
    assert path.startswith("guarded/"), "the Android app puts its base address before it"
    (tmp_path / "got.mp4").write_bytes(got(path))
    probe = media.probe(tmp_path / "got.mp4")
    assert (probe.width, probe.height, probe.has_sound) == (180, 320, True)
    assert corner(tmp_path / "got.mp4") != corner(Path(default_storage.path("videos/a.mp4")))
    assert b"52.5200" not in (tmp_path / "got.mp4").read_bytes()

    downloads.render(video.pk)
    ask(phone, video, None)
    assert VideoDownload.objects.get().file == made, "it is kept"
    video.refresh_from_db()
    assert video.download_count == 2


def corner(path: Path) -> bytes:
    """The part of the first picture where the name stands."""
    picture = path.with_suffix(".corner.png")
    ffmpeg("-i", str(path), "-vf", "crop=60:14:iw-64:ih-20", "-frames:v", "1", str(picture))
    return picture.read_bytes()


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_nobody_downloads_what_they_may_not_see(phone, video, friend, how):
    ask(phone, video, friend)
    downloads.render(video.pk)
    path = ask(phone, video, friend)["msg"]
    hide(video, how, friend)
    assert ask(phone, video, friend)["code"] == 201
    assert got(path) is None, "not by an older link either"


def test_an_author_can_forbid_downloads_but_not_to_oneself(phone, video, owner, friend):
    PrivacySetting.objects.filter(user=owner.id).update(videos_download=False)
    for by in (friend, None):
        assert ask(phone, video, by)["msg"] == downloads.NOT_ALLOWED
    assert ask(phone, video, owner)["msg"] == downloads.COMES_SOON
    assert VideoDownload.objects.count() == 1


def test_a_clip_that_can_not_be_marked_is_given_as_it_is(phone, video, friend, monkeypatch):
    ask(phone, video, friend)
    with monkeypatch.context() as patch:
        patch.setattr(downloads, "watermarked", lambda *_: (_ for _ in ()).throw(OSError("full")))
        downloads.render(video.pk)
        assert ask(phone, video, friend)["code"] == 201, "it is tried again"
        VideoDownload.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        assert downloads.waiting() == [video.pk]
        downloads.render(video.pk)
    assert VideoDownload.objects.get().detail == "full"
    assert got(ask(phone, video, friend)["msg"])[4:8] == b"ftyp"


def test_old_files_go_and_come_again(phone, video, friend, settings):
    ask(phone, video, friend)
    downloads.render(video.pk)
    name = VideoDownload.objects.get().file
    assert downloads.remove_old() == 0
    VideoDownload.objects.update(
        asked_at=timezone.now() - timedelta(days=settings.DOWNLOAD_KEEP_DAYS, hours=1)
    )
    assert downloads.remove_old() == 1
    removal.remove_files()
    assert not storages["private"].exists(name)
    assert ask(phone, video, friend)["msg"] == downloads.COMES_SOON


def test_a_deleted_videos_download_goes_with_it(phone, video, owner):
    ask(phone, video, owner)
    downloads.render(video.pk)
    name = VideoDownload.objects.get().file
    phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
    removal.remove_deleted()
    assert not storages["private"].exists(name)


@pytest.mark.parametrize("values", [{}, {"video_id": "x"}, {"video_id": 10**12}])
def test_bad_ids_are_refused(phone, owner, values):
    assert phone.call("downloadVideo", values, by=owner)["code"] == 201
    assert phone.call("downloadVideo", values, by=Person(owner.user, "wrong"))["code"] == 401


def test_a_link_is_not_made_up(phone, video, friend):
    ask(phone, video, friend)
    downloads.render(video.pk)
    assert got(f"guarded/0.9999999999.{'a' * 32}/downloads/{video.pk}.mp4") is None
    assert got(f"{guarded.path_for(0)}downloads/999.mp4") is None


def test_caddy_is_told_which_file_to_send(phone, video, friend):
    ask(phone, video, friend)
    downloads.render(video.pk)
    path = ask(phone, video, friend)["msg"]
    headers = {"X-Sendfile-Type": "X-Accel-Redirect"}
    response = Client().get(f"/{path}", headers=headers)
    assert response["X-Accel-Redirect"] == f"/{VideoDownload.objects.get().file}"
    assert response.content == b""


def test_a_download_has_a_fixed_price(phone, video, friend, django_assert_num_queries):
    ask(phone, video, friend)
    downloads.render(video.pk)
    with django_assert_num_queries(7):
        ask(phone, video, friend)


def test_the_file_need_not_be_deleted_by_the_app(phone, owner):
    for values in ({"video_url": "/etc/passwd"}, {}):
        answer = phone.call("deleteWaterMarkVideo", values, by=owner)
        assert_both_clients_parse("deleteWaterMarkVideo", answer)
        assert answer == {"code": 200, "msg": "success"}
    assert phone.call("deleteWaterMarkVideo", {}, by=Person(owner.user, "x"))["code"] == 401
