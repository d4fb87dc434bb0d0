"""/media/ of the entry proxy, out of an S3-compatible bucket."""

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import boto3
import httpx
import pytest

from tests.config.test_entry import HTTP, Echo, entry
from tests.objectstore import KEYS

CLIP = bytes(range(256)) * 10


FILES = {
    "videos/a.mp4": ("video/mp4", CLIP),
    "videos/a.html": ("text/html", b"<script>alert(1)</script>"),
}


@pytest.fixture
def bucket(s3_server: str) -> str:
    """One that everybody may read, with a clip and a page in it; and another one beside it."""
    store = boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1", **KEYS)
    for bucket in ("clips-for-all", "other"):
        store.create_bucket(Bucket=bucket, ACL="public-read")
        for name, (kind, content) in FILES.items():
            store.put_object(
                Bucket=bucket, Key=name, Body=content, ContentType=kind, ACL="public-read"
            )
    return "clips-for-all"


def entry_to(folder: Path, upstream: str, bucket: str) -> Iterator[str]:
    variables = {"MEDIA_FROM": "store", "S3_UPSTREAM": upstream, "S3_BUCKET": bucket}
    yield from entry(folder, variables)


@pytest.fixture
def address(tmp_path: Path, s3_server: str, bucket: str) -> Iterator[str]:
    yield from entry_to(tmp_path, s3_server.removeprefix("http://"), bucket)


def test_a_clip_comes_whole_and_in_parts(address: str) -> None:
    whole = HTTP.get(f"{address}/media/videos/a.mp4")
    assert (whole.status_code, whole.content) == (200, CLIP)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    assert not [name for name in whole.headers if name.startswith("x-amz")]
    part = HTTP.get(f"{address}/media/videos/a.mp4", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CLIP[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CLIP)}"


def test_a_page_of_a_stranger_is_a_download(address: str) -> None:
    page = HTTP.get(f"{address}/media/videos/a.html")
    assert page.status_code == 200
    assert page.headers.get_list("Content-Type") == ["application/octet-stream"]
    assert page.headers["Content-Disposition"] == "attachment"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["", "videos/", "?list-type=2", "videos/?list-type=2", ".hidden"])
def test_nothing_is_listed(address: str, path: str) -> None:
    assert HTTP.get(f"{address}/media/{path}").status_code == 404


@pytest.mark.parametrize("path", ["..%2fother/videos/a.mp4", "videos/..%2f..%2fother/videos/a.mp4"])
def test_no_other_bucket_is_reached(address: str, path: str) -> None:
    assert HTTP.get(f"{address}/media/{path}").status_code >= 400


def test_what_stands_after_the_name_is_not_passed_on(address: str) -> None:
    assert HTTP.get(f"{address}/media/videos/a.mp4?acl").content == CLIP


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nobody_writes_through_it(address: str, method: str) -> None:
    assert HTTP.request(method, f"{address}/media/videos/a.mp4").status_code == 405
    assert HTTP.get(f"{address}/media/videos/a.mp4").content == CLIP


def test_what_signs_somebody_in_here_is_not_told_to_the_store(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secrets = {"Auth-Token": "secret", "Authorization": "secret", "Cookie": "session=secret"}
    upstream = f"127.0.0.1:{server.server_port}"
    try:
        for address in entry_to(tmp_path, upstream, "clips"):
            heard = httpx.get(f"{address}/media/a.mp4", headers=secrets, timeout=30)
            assert "secret" not in json.dumps(heard.json())
            assert heard.json()["Host"] == upstream
    finally:
        server.shutdown()
        server.server_close()
