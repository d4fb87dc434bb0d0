"""Demo clips over HTTP, from the feed's answer to moving pictures in a browser."""

import shutil
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from apps.videos import demo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PLAY = """
    async url => {
        const video = document.createElement('video');
        video.src = url;
        video.muted = true;
        document.body.append(video);
        await video.play();
        await new Promise(moved => video.addEventListener('timeupdate', () => {
            if (video.currentTime > 0.3) moved();
        }));
        return {
            ready: video.readyState, time: video.currentTime, duration: video.duration,
            width: video.videoWidth, height: video.videoHeight,
            sound: video.webkitAudioDecodedByteCount,
        };
    }
"""


@pytest.fixture
def stored_clips(monkeypatch, media_folder, short_clip) -> None:
    monkeypatch.setattr(demo, "render", lambda folder, clip: short_clip("northern-lights"))
    demo.create()


def played(url: str) -> dict[str, Any]:
    """What Chromium says of the film at `url` after a moment's playing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        page = browser.new_page()
        try:
            return page.evaluate(PLAY, url)
        finally:
            browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on PATH")
def test_a_clip_of_the_feed_plays_in_a_browser(live_server, stored_clips):
    answer = httpx.post(f"{live_server.url}/api/showRelatedVideos", json={"device_id": "a"}).json()
    video = answer["msg"][0]["Video"]
    assert video["video"].startswith(f"{live_server.url}/media/demo/")

    film = played(video["video"])

    assert film["ready"] >= 2, "there is a picture to show"
    assert film["time"] > 0.3, "it moves"
    assert (film["width"], film["height"]) == (540, 960)
    assert film["sound"] > 0


def test_every_file_of_the_feed_is_there(live_server, stored_clips):
    answer = httpx.post(f"{live_server.url}/api/showRelatedVideos").json()
    for item in answer["msg"]:
        for url, kind in (
            (item["Video"]["video"], "video/mp4"),
            (item["Video"]["thum"], "image/jpeg"),
            (item["Video"]["gif"], "image/gif"),
            (item["Sound"]["audio"], "audio/"),
        ):
            response = httpx.get(url)
            assert response.status_code == 200, url
            assert response.headers["Content-Type"].startswith(kind)
            assert len(response.content) > 1_000
