"""A real clip, uploaded over HTTP, comes back in another person's feed and plays."""

import httpx
import pytest

from apps.videos import processing
from apps.videos.models import Video
from tests.videos.test_clips_play import CHROMIUM, played
from tests.videos.uploading import android_body


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on PATH")
def test_an_uploaded_clip_plays_in_another_persons_feed(
    live_server, media_folder, private_folder, owner, friend, filmed
):
    body, content_type = android_body(filmed.read_bytes(), user_id=owner.id)
    headers = {"Auth-Token": owner.token, "Content-Type": content_type}
    sent = httpx.post(
        f"{live_server.url}/mobileapp_api/api/postVideo", content=body, headers=headers
    )
    assert sent.json()["code"] == 200, sent.text
    processing.process(Video.objects.get().pk)

    answer = httpx.post(
        f"{live_server.url}/api/showRelatedVideos", headers={"Auth-Token": friend.token}
    ).json()
    (item,) = answer["msg"]
    film = played(item["Video"]["video"])

    assert film["time"] > 0.3, "it moves"
    assert (film["width"], film["height"]) == (180, 320)
    assert film["sound"] > 0
