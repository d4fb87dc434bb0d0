"""Videos' files in a local folder and in S3 (moto's server), by the same tests."""

import base64
import io
import json
import re
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.test import Client

from apps.contract import guarded
from apps.moderation.services import operators
from apps.users.models import Follow
from apps.videos import processing
from apps.videos.models import Sound, Video, VideoUpload
from apps.videos.services import direct, moving, removal
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.objectstore import use_s3
from tests.videos.scenes import post
from tests.videos.uploading import upload


@pytest.fixture(params=["folders", "s3"])
def kept_in(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    settings.PUBLIC_URL = "http://testserver"
    if request.param == "s3":
        use_s3(settings, request.getfixturevalue("s3_server"))
    else:
        request.getfixturevalue("media_folder")
        request.getfixturevalue("private_folder")
    return request.param


@pytest.fixture
def in_s3(settings: Any, s3_server: str) -> None:
    settings.PUBLIC_URL = "http://testserver"
    use_s3(settings, s3_server)


def files_in(alias: str, folder: str = "") -> set[str]:
    storage = storages[alias]
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return set()
    inner = {name for each in folders if each for name in files_in(alias, f"{folder}{each}/")}
    return {f"{folder}{name}" for name in files if name} | inner


def kinds(names: set[str]) -> set[str]:
    return {name.rpartition("/")[2] for name in names}


MADE = {"video.mp4", "thumbnail.jpg", "preview.gif", "sound.m4a", "master.m3u8", "0.m3u8", "0.mp4"}


def made(phone: Phone, by: Person, content: bytes, **said: Any) -> Video:
    answer = upload(phone, by, content, **said)
    processing.process(answer["msg"]["Video"]["id"])
    moving.move_files()
    removal.remove_files()
    return Video.objects.select_related("upload", "sound").get(pk=answer["msg"]["Video"]["id"])


def address(phone: Phone, video: Video, by: Person | None, key: str = "video") -> str:
    answer = phone.call("showVideoDetail", {"video_id": video.pk}, by=by)
    assert_both_clients_parse("showVideoDetail", answer)
    return answer["msg"]["Video"][key]


def got(url: str, **headers: str) -> bytes | None:
    """What a player gets: from us by the test client, from a bucket over the wire."""
    if not url.startswith("http://testserver"):
        answer = httpx.get(url, headers=headers)
        return answer.content if answer.status_code in (200, 206) else None
    response = Client().get(urlsplit(url).path, headers=headers)
    if response.status_code == 302:
        return got(response["Location"], **headers)
    if response.status_code not in (200, 206):
        return None
    return b"".join(response) if response.streaming else response.content


def test_a_video_is_made_shown_and_deleted(phone, owner, filmed, kept_in):
    video = made(phone, owner, filmed.read_bytes())
    assert kinds(files_in("default")) == MADE
    assert files_in("private") == set()
    if kept_in == "s3":
        assert got(address(phone, video, None))[4:8] == b"ftyp"
    phone.call("deleteVideo", {"video_id": video.pk}, by=owner)
    removal.remove_deleted()
    assert files_in("default") == set()
    assert not VideoUpload.objects.exists()


def test_a_private_videos_links_are_its_owners_and_end(
    phone, owner, friend, filmed, kept_in, settings, monkeypatch
):
    video = made(phone, owner, filmed.read_bytes(), privacy_type="private")
    assert files_in("default") == set()
    assert kinds(files_in("private")) == MADE
    url = address(phone, video, owner)
    assert re.fullmatch(
        r"http://testserver/guarded/\d+\.\d+\.[0-9a-f]{32}/videos/.+/video.mp4", url
    )
    whole = got(url)
    assert whole[4:8] == b"ftyp"
    assert got(url, Range="bytes=4-7") == b"ftyp"
    playlist = got(address(phone, video, owner, "hls"))
    assert playlist.startswith(b"#EXTM3U")
    assert got(address(phone, video, owner, "hls").replace("master.m3u8", "0.mp4"))

    for other in (friend.id, 0):
        mine, theirs = guarded.path_for(owner.id), guarded.path_for(other)
        assert got(url.replace(mine, theirs)) is None, "a link of one's own opens nobody's files"
    assert got(url.replace(guarded.path_for(owner.id), "guarded/1.999999999.abc/")) is None
    hours = guarded.LASTS_HOURS * guarded.HOUR_S
    later = guarded.time.time() + hours
    monkeypatch.setattr(guarded.time, "time", lambda: later)
    assert got(url) is None, "it ends"


@pytest.mark.parametrize(
    "name", ["../secret.mp4", "videos/x/../../a.mp4", "verification/1.jpg", "uploads/a.mp4", "x"]
)
def test_no_link_leads_to_other_private_files(owner, operator, kept_in, name):
    for viewer in (owner.id, guarded.DESK):
        path = f"/{guarded.path_for(viewer)}{name}"
        assert Client().get(path).status_code == 404


def test_an_address_dies_when_a_video_becomes_private_and_comes_back_anew(
    phone, owner, friend, filmed, kept_in
):
    video = made(phone, owner, filmed.read_bytes())
    before = files_in("default")
    for privacy in ("private", "public"):
        phone.call("editVideo", {"video_id": video.pk, "privacy_type": privacy}, by=owner)
        assert moving.move_files() == 1
        removal.remove_files()
        public, private = files_in("default"), files_in("private")
        assert kinds(private if privacy == "private" else public) == MADE
        assert not (public if privacy == "private" else private)
    assert not before & files_in("default"), "under a new name"
    video.refresh_from_db()
    assert storages["default"].exists(video.file)
    assert storages["default"].exists(Sound.objects.get().audio)
    assert moving.move_files() == 0


def test_while_files_move_everybody_who_may_still_sees_them(phone, owner, friend, filmed, kept_in):
    video = made(phone, owner, filmed.read_bytes(), privacy_type="private")
    phone.call("editVideo", {"video_id": video.pk, "privacy_type": "public"}, by=owner)
    for by in (owner, friend, None):
        assert got(address(phone, video, by))[4:8] == b"ftyp"


def test_a_held_videos_files_are_its_owners_and_the_operators(
    phone, desk, operator, owner, filmed, kept_in
):
    video = made(phone, owner, filmed.read_bytes())
    operators.set_video_hidden(operator_id=operator.id, video_id=video.pk, hidden=True, reason="")
    assert moving.move_files() == 1
    assert kinds(files_in("private")) == MADE
    assert got(address(phone, video, owner))
    page = desk.get(f"/admin/videos/video/{video.pk}/change/").content.decode()
    (source,) = re.findall(r'<video src="([^"]+)"', page)
    assert got(f"http://testserver{source}")[4:8] == b"ftyp"


def test_a_sound_that_others_use_stays_where_it_is(phone, owner, friend, filmed, kept_in):
    video = made(phone, owner, filmed.read_bytes())
    post(friend, sound=video.sound)
    phone.call("editVideo", {"video_id": video.pk, "privacy_type": "private"}, by=owner)
    moving.move_files()
    removal.remove_files()
    assert kinds(files_in("default")) == {"sound.m4a"}
    assert storages["default"].exists(Sound.objects.get().audio)


def test_a_move_that_breaks_off_is_made_again(phone, owner, filmed, kept_in, monkeypatch):
    video = made(phone, owner, filmed.read_bytes())
    phone.call("editVideo", {"video_id": video.pk, "privacy_type": "private"}, by=owner)
    with monkeypatch.context() as patch:
        patch.setattr(moving, "put", lambda *_: (_ for _ in ()).throw(OSError("away")))
        assert moving.move_files() == 0
    assert got(address(phone, video, owner)) or kept_in == "folders"
    assert moving.move_files() == 1


def test_a_private_accounts_followers_see_a_guarded_file_and_lose_it_with_the_right(
    phone, owner, friend, filmed, kept_in
):
    video = made(phone, owner, filmed.read_bytes(), privacy_type="private")
    Video.objects.filter(pk=video.pk).update(privacy="public")
    type(owner.user).objects.filter(pk=owner.id).update(is_private=True)
    follow = Follow.objects.create(follower=friend.user, followed=owner.user)
    url = address(phone, video, friend)
    assert got(url)
    follow.delete()
    assert got(url) is None


class Watched(io.FileIO):
    """A file that knows how much of it was read at once, and by which threads."""

    largest = 0
    by: set[int] = set()

    def read(self, size: int = -1) -> bytes:
        content = super().read(size)
        self.largest = max(self.largest, len(content))
        self.by = self.by | {threading.get_ident()}
        return content


def test_a_large_file_goes_to_s3_in_pieces_and_without_threads(in_s3, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    with Watched(path) as content:
        name = storages["private"].save("large", File(content))
        assert content.largest <= 8 * 1024 * 1024
        assert content.by == {threading.get_ident()}
    assert storages["private"].size(name) == 20 * 1024 * 1024


# --- straight to the bucket ---------------------------------------------------------------------


def begun(phone: Phone, by: Person, size: int = 1000) -> dict[str, Any]:
    answer = phone.call("createUpload", {"size": size, "content_type": "video/mp4"}, by=by)
    assert_both_clients_parse("createUpload", answer)
    assert answer["code"] == 200, answer
    return answer["msg"]


def sent(form: dict[str, Any], content: bytes, **changed: str) -> int:
    fields = form["fields"] | changed
    return httpx.post(form["url"], data=fields, files={"file": content}).status_code


def test_an_app_sends_a_file_straight_to_the_bucket(phone, owner, filmed, in_s3):
    form = begun(phone, owner, filmed.stat().st_size)
    early = phone.call("finishUpload", {"upload_id": form["upload_id"]}, by=owner)
    assert (early["code"], early["msg"]) == (201, direct.NOT_THERE)
    assert sent(form, filmed.read_bytes()) in (200, 204)
    assert files_in("default") == set(), "nothing is public before it was looked at"

    values = {"upload_id": form["upload_id"], "description": "Direct", "hashtags_json": "[]"}
    answers = [phone.call("finishUpload", values, by=owner) for _ in range(2)]
    assert_both_clients_parse("finishUpload", answers[0])
    assert {answer["msg"]["Video"]["id"] for answer in answers} == {Video.objects.get().pk}
    processing.process(Video.objects.get().pk)
    video = Video.objects.get()
    assert (video.state, video.description) == ("ready", "Direct")


def test_what_is_no_film_is_found_out(phone, owner, in_s3):
    form = begun(phone, owner)
    sent(form, b"no film at all")
    phone.call("finishUpload", {"upload_id": form["upload_id"]}, by=owner)
    processing.process(Video.objects.get().pk)
    assert Video.objects.get().state == "failed"
    assert files_in("default") == set()


def test_an_upload_is_its_owners_alone(phone, owner, stranger, in_s3):
    form = begun(phone, owner)
    sent(form, b"film")
    for by, upload_id, code in (
        (stranger, form["upload_id"], 201),
        (owner, form["upload_id"][:-1] + "x", 201),
        (owner, "made-up", 201),
        (owner, "", 201),
        (None, form["upload_id"], 401),
        (Person(owner.user, "wrong"), form["upload_id"], 401),
    ):
        assert phone.call("finishUpload", {"upload_id": upload_id}, by=by)["code"] == code
    assert not Video.objects.exists()
    assert phone.call("createUpload", {"size": 5})["code"] == 401
    values = {"size": 5, "user_id": owner.id}
    assert phone.call("createUpload", values, by=stranger)["code"] == 201


def test_the_address_is_for_one_name_type_and_size(phone, owner, in_s3, settings):
    settings.VIDEO_MAX_BYTES = 10
    policy = begun(phone, owner, 10)
    said = json.loads(base64.b64decode(policy["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 10] in said
    assert {"Content-Type": "video/mp4"} in said
    assert {"key": policy["fields"]["key"]} in said
    assert policy["fields"]["key"].startswith(f"uploads/direct-{owner.id}/")
    assert policy["expires_in"] <= 3600


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"size": 0},
        {"size": "x"},
        {"size": 10**13},
        {"size": 600 * 2**20},
        {"size": 5, "content_type": "text/html"},
    ],
)
def test_bad_requests_for_an_address_are_refused(phone, owner, in_s3, values):
    assert phone.call("createUpload", values, by=owner)["code"] == 201


def test_a_server_without_a_bucket_says_so(phone, owner, private_folder):
    answer = phone.call("createUpload", {"size": 5}, by=owner)
    assert (answer["code"], answer["msg"]) == (201, direct.UNSUPPORTED)


def test_files_that_never_became_a_video_go_after_a_day(phone, owner, in_s3, monkeypatch):
    forms = [begun(phone, owner) for _ in range(2)]
    for form in forms:
        sent(form, b"film")
    phone.call("finishUpload", {"upload_id": forms[0]["upload_id"]}, by=owner)
    assert direct.remove_strays() == 0
    monkeypatch.setattr(direct, "KEPT", -direct.KEPT)
    assert direct.remove_strays() == 1
    removal.remove_files()
    assert files_in("private") == {VideoUpload.objects.get().source}


def test_making_an_address_has_a_fixed_price(phone, owner, in_s3, django_assert_num_queries):
    with django_assert_num_queries(1):
        begun(phone, owner)


def test_media_may_have_an_address_of_its_own(phone, owner, in_s3, settings):
    settings.S3_MEDIA_URL = "https://cdn.example.com/"
    video = post(owner)
    assert address(phone, video, None) == "https://cdn.example.com/videos/a.mp4"
