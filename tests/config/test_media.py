"""The development server's files: whole, in parts, and nothing beside them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path

from config.media import MOST_BYTES, media

urlpatterns = [path("media/<path:path>", media)]
CLIP = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def _clip(settings: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(CLIP)
    (folder / "big.mp4").write_bytes(b"x" * (MOST_BYTES + 10))
    (tmp_path / "secret").write_text("key")
    settings.MEDIA_ROOT = str(folder)
    with override_settings(ROOT_URLCONF=__name__):
        yield


def test_a_file_comes_whole(client: Client):
    response = client.get("/media/a.mp4")
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"
    assert b"".join(response.streaming_content) == CLIP


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-1", 0, 1), ("bytes=100-", 100, 1023), ("bytes=1000-9999", 1000, 1023)],
)
def test_a_part_comes_as_asked(client: Client, asked, first, last):
    response = client.get("/media/a.mp4", headers={"Range": asked})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/1024"
    assert response.content == CLIP[first : last + 1]


def test_a_part_past_the_end_is_refused(client: Client):
    response = client.get("/media/a.mp4", headers={"Range": "bytes=1024-"})
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024"


def test_a_big_file_comes_in_pieces(client: Client):
    response = client.get("/media/big.mp4", headers={"Range": "bytes=0-"})
    assert response["Content-Range"] == f"bytes 0-{MOST_BYTES - 1}/{MOST_BYTES + 10}"


def test_a_missing_file_is_not_found(client: Client):
    assert client.get("/media/missing.mp4").status_code == 404


@pytest.mark.parametrize("name", ["../secret", "%2e%2e/secret"])
def test_nothing_beside_the_folder_is_served(client: Client, name):
    assert client.get(f"/media/{name}").status_code == 400
