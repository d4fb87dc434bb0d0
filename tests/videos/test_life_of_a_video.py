"""A real clip: uploaded over HTTP, fed to another person, played in a browser, liked, commented,
reposted, reported and removed."""

from typing import Any

import httpx
import pytest

from apps.moderation.models import Report
from apps.videos import processing
from apps.videos.models import Video
from apps.videos.services import removal
from tests.cast import Person
from tests.videos.test_clips_play import CHROMIUM, played
from tests.videos.uploading import android_body

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on PATH"),
]


class App:
    """A phone that speaks HTTP with a running server."""

    def __init__(self, url: str, person: Person) -> None:
        self.url, self.headers = url, {"Auth-Token": person.token}

    def call(self, endpoint: str, **values: Any) -> Any:
        url = f"{self.url}/api/{endpoint}"
        answer = httpx.post(url, json=values, headers=self.headers, timeout=60).json()
        assert answer["code"] == 200, (endpoint, answer)
        return answer["msg"]

    def post_video(self, content: bytes, user_id: int) -> int:
        body, content_type = android_body(content, user_id=user_id)
        headers = self.headers | {"Content-Type": content_type}
        url = f"{self.url}/mobileapp_api/api/postVideo"
        answer = httpx.post(url, content=body, headers=headers, timeout=60).json()
        assert answer["code"] == 200, answer
        return answer["msg"]["Video"]["id"]


def test_from_the_camera_to_the_end(
    live_server,
    media_folder,
    private_folder,
    owner,
    friend,
    filmed,
):
    author, viewer = App(live_server.url, owner), App(live_server.url, friend)
    video_id = author.post_video(filmed.read_bytes(), owner.id)
    (waiting,) = author.call("showVideosAgainstUserID")["public"]
    assert waiting["Video"]["aws_label"] == "Being prepared"
    processing.process(video_id)

    (item,) = viewer.call("showRelatedVideos")
    film = played(item["Video"]["video"])
    assert film["time"] > 0.3, "it moves"
    assert (film["width"], film["height"]) == (180, 320)
    assert film["sound"] > 0

    viewer.call("likeVideo", video_id=video_id)
    viewer.call("postCommentOnVideo", video_id=video_id, comment="Lovely")
    viewer.call("repostVideo", video_id=video_id)
    viewer.call("reportVideo", video_id=str(video_id), description="spam")
    shown = viewer.call("showVideoDetail", video_id=video_id)["Video"]
    assert (shown["like"], shown["like_count"], shown["comment_count"]) == (1, 1, 1)
    assert shown["repost"] == 1
    assert Report.objects.get().target_id == video_id
    told = {row["Notification"]["type"] for row in author.call("showAllNotifications")}
    assert told == {"video_like", "video_comment", "video_reposted"}

    author.call("deleteVideo", video_id=video_id)
    assert author.call("showVideosAgainstUserID") == {"public": [], "private": []}
    removal.remove_deleted()
    assert not Video.objects.exists()
    assert not [path for path in media_folder.rglob("*") if path.is_file()]
