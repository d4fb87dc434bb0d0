"""What the calls that change something cost in queries, however much is there already."""

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from django.test.utils import CaptureQueriesContext

from apps.videos.models import PlaylistVideo
from tests.cast import Person, Phone
from tests.videos.discovering import new_sound, tag, tagged
from tests.videos.scenes import post
from tests.videos.uploading import ffmpeg

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")
PRICES = {
    "addPlaylist": 11,
    "deletePlaylistVideo": 5,
    "deletePlaylist": 6,
    "addStory": 12,
    "deleteStory": 9,
    "addSound": 4,
    "deleteSound": 8,
    "addSoundFavourite": 7,
    "addHashtagFavourite": 7,
}


@pytest.fixture(scope="session")
def tune(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A second of sound, in base64."""
    path = tmp_path_factory.mktemp("tune") / "tune.mp3"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=44100", "-t", "1", str(path))
    return base64.b64encode(path.read_bytes()).decode()


class Till:
    """Calls as somebody, and notes what each costs."""

    def __init__(self, phone: Phone, by: Person) -> None:
        self.phone, self.by = phone, by
        self.prices: dict[str, int] = {}

    def call(self, endpoint: str, values: dict[str, Any]) -> Any:
        with CaptureQueriesContext(connection) as queries:
            answer = self.phone.call(endpoint, values, by=self.by)
        self.prices[endpoint] = len(queries)
        return answer["msg"]

    def send_story(self, content: bytes) -> Any:
        file = SimpleUploadedFile("story.mp4", content, "video/mp4")
        body = encode_multipart("form", {"type": "video", "attachment": file})
        form = "multipart/form-data; boundary=form"
        with CaptureQueriesContext(connection) as queries:
            answer = self.phone.send("/api/addStory", body, by=self.by, content_type=form)
        self.prices["addStory"] = len(queries)
        assert answer["code"] == 200, answer


def spend(till: Till, tune: str, number: int) -> None:
    """Everything once, on `number` things where there may be several."""
    videos = [post(till.by) for _ in range(number)]
    rows = [{"video_id": str(v.pk), "order": n} for n, v in enumerate(videos, start=1)]
    playlist = till.call("addPlaylist", {"name": "Best of", "videos": rows})["Playlist"]
    entry = PlaylistVideo.objects.filter(playlist=playlist["id"]).latest("pk")
    till.call("deletePlaylistVideo", {"id": entry.pk})
    till.call("deletePlaylist", {"id": playlist["id"]})
    till.send_story(f"story {number}".encode())
    till.call("deleteStory", {"id": post(till.by, is_story=True).pk})
    made = till.call("addSound", {"name": f"Tune {number}", "audio": tune})
    till.call("deleteSound", {"sound_id": made["Sound"]["id"]})
    till.call("addSoundFavourite", {"sound_id": new_sound().pk})
    tagged(till.by, f"tag{number}")
    till.call("addHashtagFavourite", {"hashtag_id": tag(f"tag{number}").pk})


def test_each_has_a_fixed_price(phone: Phone, owner: Person, tune: str) -> None:
    for number in (1, 5):
        till = Till(phone, owner)
        spend(till, tune, number)
        assert till.prices == PRICES
