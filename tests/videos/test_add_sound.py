"""addSound and deleteSound"""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from PIL import Image

from apps.users.models import User
from apps.videos import media
from apps.videos.models import FileRemoval, Sound, Video
from apps.videos.services import sounds
from tests.cast import Person, Phone
from tests.videos.discovering import new_sound
from tests.videos.scenes import post
from tests.videos.uploading import ffmpeg

FORM = "multipart/form-data; boundary=form"


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of MP3 with a name in its metadata."""
    path = tmp_path_factory.mktemp("song") / "song.mp3"
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=44100", "-t", "2"),
        *("-metadata", "artist=somebody-private", str(path)),
    )
    return path


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


def add(phone: Phone, by: Person | None, audio: bytes | None, **values: Any) -> Any:
    fields: dict[str, Any] = {"name": "My song", "description": "Sung at home"} | values
    if audio is not None:
        fields["audio"] = SimpleUploadedFile("song.mp3", audio, "audio/mpeg")
    body = encode_multipart("form", fields)
    return phone.send("/api/addSound", body, by=by, content_type=FORM)


def test_an_uploaded_sound_is_decoded_and_offered(
    phone: Phone, owner: Person, song: Path, media_folder: Path
) -> None:
    cover = SimpleUploadedFile("cover.png", picture(), "image/png")
    answer = add(phone, owner, song.read_bytes(), thum=cover)
    assert answer["code"] == 200
    shown = answer["msg"]["Sound"]
    assert (shown["name"], shown["uploaded_by"], shown["publish"]) == ("My song", "user", 1)
    assert shown["duration"] == "00:02"
    assert answer["msg"]["SoundSection"] == {"id": 0, "name": "", "created": ""}
    sound = Sound.objects.get()
    assert sound.user_id == owner.id
    stored = media_folder / sound.audio
    assert media.probe_sound(stored) == pytest.approx(2, abs=0.1)
    assert b"somebody-private" not in stored.read_bytes()
    with Image.open(media_folder / sound.thumbnail) as made:
        assert made.format == "JPEG"


def test_base64_in_json_is_as_good_and_a_private_accounts_sound_is_its_own(
    phone: Phone, owner: Person, song: Path, media_folder: Path
) -> None:
    User.objects.filter(pk=owner.id).update(is_private=True)
    text = base64.b64encode(song.read_bytes()).decode()
    for audio in (text, {"file_data": text}, f"data:audio/mpeg;base64,{text}"):
        answer = phone.call("addSound", {"name": "Mine", "audio": audio}, by=owner)
        assert (answer["code"], answer["msg"]["Sound"]["publish"]) == (200, 0)


def test_what_is_no_sound_is_refused(
    phone: Phone, owner: Person, filmed: Path, media_folder: Path, tmp_path: Path
) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    for content in (b"", b"not a sound", picture(), playlist):
        answer = add(phone, owner, content)
        assert answer["code"] == 201
        assert answer["msg"] in (sounds.NO_SOUND, "The audio file is missing.") or (
            "empty" in answer["msg"]
        )
    for odd in ("!!!", 7, [], {"file_data": 3}):
        answer = phone.call("addSound", {"name": "x", "audio": odd}, by=owner)
        assert answer["code"] == 201
    assert add(phone, owner, None)["msg"] == "The audio file is missing."
    assert add(phone, owner, b"x", name="")["msg"] == "Please give the sound a name."
    assert Sound.objects.count() == 0
    assert not [path for path in media_folder.rglob("*") if path.is_file()]
    # A film has sound too.
    assert add(phone, owner, filmed.read_bytes())["code"] == 200


def test_too_much_of_a_sound_is_refused(
    phone: Phone, owner: Person, song: Path, media_folder: Path, settings: Any, monkeypatch: Any
) -> None:
    settings.VIDEO_MAX_S = 1
    assert add(phone, owner, song.read_bytes())["msg"] == "This sound is longer than 1 seconds."
    monkeypatch.setattr(sounds, "MAX_BYTES", 100)
    assert add(phone, owner, song.read_bytes())["msg"] == sounds.TOO_LARGE
    assert Sound.objects.count() == 0


def test_the_words_of_an_own_sound_are_changed(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    sound = new_sound("Old", user=owner.user, description="Kept")
    answer = phone.call("addSound", {"id": str(sound.pk), "name": "New"}, by=owner)
    assert (answer["code"], answer["msg"]["Sound"]["name"]) == (200, "New")
    for by, sound_id in ((stranger, sound.pk), (owner, 999_999)):
        answer = phone.call("addSound", {"id": sound_id, "name": "Stolen"}, by=by)
        assert answer == {"code": 201, "msg": sounds.NOT_YOURS}
    sound.refresh_from_db()
    assert (sound.name, sound.description) == ("New", "Kept")


def test_a_deleted_sound_leaves_the_videos_that_use_it(
    phone: Phone, owner: Person, friend: Person
) -> None:
    sound = new_sound(user=owner.user, thumbnail="users/1/face.jpg")
    video = post(friend, sound=sound)
    phone.call("addSoundFavourite", {"sound_id": sound.pk}, by=friend)
    answer = phone.call("deleteSound", {"sound_id": str(sound.pk)}, by=owner)
    assert answer == {"code": 200, "msg": "success"}
    assert not Sound.objects.exists()
    assert Video.objects.get().sound_id is None
    assert [row.name for row in FileRemoval.objects.all()] == ["sounds/tune.m4a"]
    assert phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)["code"] == 200
    assert phone.call("deleteSound", {"sound_id": sound.pk}, by=owner)["code"] == 201


def test_nobody_deletes_anothers_sound(phone: Phone, owner: Person, stranger: Person) -> None:
    for sound in (new_sound(user=owner.user), new_sound()):
        answer = phone.call("deleteSound", {"sound_id": sound.pk}, by=stranger)
        assert answer == {"code": 201, "msg": sounds.NOT_YOURS}
    assert Sound.objects.count() == 2
