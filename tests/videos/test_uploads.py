"""showUploads and retryUpload"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.videos import processing
from apps.videos.endpoints.upload import RetryUpload, ShowUploads
from apps.videos.models import Video, VideoUpload
from apps.videos.services import uploads
from apps.videos.shapes import PostedItem
from tests.cast import Person, Phone
from tests.videos.scenes import post
from tests.videos.uploading import upload

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")
NO_CLIP = b"these bytes are no clip "
PARTS = {"Video", "User", "Sound", "Upload"}


def posted(phone: Phone, by: Person, content: bytes = NO_CLIP, **values: Any) -> Video:
    answer = upload(phone, by, content, **values)
    return Video.objects.get(pk=answer["msg"]["Video"]["id"])


def failed(phone: Phone, by: Person) -> Video:
    video = posted(phone, by)
    processing.process(video.pk)
    video.refresh_from_db()
    assert video.state == "failed"
    return video


def shown(phone: Phone, by: Person, page: int = 0) -> list[dict[str, Any]]:
    answer = phone.call("showUploads", {"starting_point": page}, by=by)
    assert answer["code"] == 200
    return answer["msg"]


def retry(phone: Phone, by: Person | None, video_id: Any) -> dict[str, Any]:
    return phone.call("retryUpload", {"video_id": video_id}, by=by)


def test_own_uploads_are_shown_with_their_states_and_reasons(
    phone: Phone, owner: Person, friend: Person
) -> None:
    broken = failed(phone, owner)
    waits = posted(phone, owner, description="waits")
    worked_on = posted(phone, owner, description="is worked on")
    uploads.claim(worked_on.pk)
    post(owner)  # ready
    post(owner, state="deleted")
    posted(phone, friend)

    items = shown(phone, owner)

    assert [(item["Video"]["id"], item["Upload"]["state"]) for item in items] == [
        (worked_on.pk, "processing"),
        (waits.pk, "received"),
        (broken.pk, "failed"),
    ]
    assert [item["Upload"]["reason"] for item in items] == ["", "", "This file is not a video."]


def test_an_upload_is_shown_as_it_is_answered_when_posted(phone: Phone, owner: Person) -> None:
    answered = upload(phone, owner, NO_CLIP, description="Hello")["msg"]
    (item,) = shown(phone, owner)
    assert item == answered
    assert set(item) >= PARTS
    assert set(item) == set(PostedItem.fields)
    assert item["Video"]["description"] == "Hello"
    assert item["User"]["id"] == owner.id
    assert ShowUploads.answer == [PostedItem]
    assert RetryUpload.answer is PostedItem


def test_uploads_are_shown_page_by_page(phone: Phone, owner: Person) -> None:
    videos = [post(owner, state="failed", failure="Too long.").pk for _ in range(12)]
    pages = [[item["Video"]["id"] for item in shown(phone, owner, page)] for page in range(3)]
    assert pages == [videos[:1:-1], videos[1::-1], []]


def test_uploads_are_shown_to_nobody_else(phone: Phone, owner: Person, stranger: Person) -> None:
    video = failed(phone, owner)
    assert shown(phone, stranger) == []
    assert phone.call("showUploads", {"user_id": owner.id}, by=stranger)["code"] == 201
    assert phone.call("showUploads")["code"] == 401
    assert phone.call("showUploads", headers={"Auth-Token": "wrong"})["code"] == 401
    detail = phone.call("showVideoDetail", {"video_id": video.pk}, by=stranger)
    assert detail["code"] == 201


@pytest.mark.parametrize("page", ["x", -1, [], {}, "\x00"])
def test_an_odd_page_is_refused(page: Any, phone: Phone, owner: Person) -> None:
    assert phone.call("showUploads", {"starting_point": page}, by=owner)["code"] == 201


def test_a_retried_upload_becomes_ready(
    phone: Phone, owner: Person, friend: Person, filmed: Path, settings: Any
) -> None:
    settings.VIDEO_MAX_S = 0
    video = posted(phone, owner, filmed.read_bytes())
    processing.process(video.pk)
    (item,) = shown(phone, owner)
    assert item["Upload"]["state"] == "failed"
    assert item["Upload"]["reason"]

    settings.VIDEO_MAX_S = 60  # the operator allows longer ones
    answer = retry(phone, owner, video.pk)
    assert answer["code"] == 200
    assert set(answer["msg"]) == set(PostedItem.fields)
    assert (answer["msg"]["Upload"]["state"], answer["msg"]["Upload"]["reason"]) == ("received", "")
    processing.process(video.pk)

    assert shown(phone, owner) == []
    (item,) = phone.call("showRelatedVideos", by=friend)["msg"]
    assert item["Video"]["id"] == video.pk


def test_a_retried_upload_may_fail_again(phone: Phone, owner: Person) -> None:
    video = failed(phone, owner)
    assert retry(phone, owner, video.pk)["code"] == 200
    processing.process(video.pk)
    (item,) = shown(phone, owner)
    assert (item["Upload"]["state"], item["Upload"]["reason"]) == (
        "failed",
        "This file is not a video.",
    )
    assert retry(phone, owner, video.pk)["code"] == 200


@pytest.mark.parametrize("state", ["received", "processing", "ready", "deleted"])
def test_only_what_failed_is_tried_again(phone: Phone, owner: Person, state: str) -> None:
    video = failed(phone, owner)
    file = {"file": "a.mp4"} if state == "ready" else {}
    Video.objects.filter(pk=video.pk).update(state=state, **file)
    assert retry(phone, owner, video.pk)["code"] == 201
    video.refresh_from_db()
    assert video.state == state


def test_what_failed_long_ago_is_not_there_to_be_tried_again(phone: Phone, owner: Person) -> None:
    video = failed(phone, owner)
    source = video.upload.source
    old = timezone.now() - timedelta(days=1000)
    VideoUpload.objects.filter(pk=video.pk).update(done_at=old)
    for upload_ in uploads.given_up():
        storages["private"].delete(upload_.source)
        uploads.forget_source(upload=upload_)
    assert not storages["private"].exists(source)
    answer = retry(phone, owner, video.pk)
    assert (answer["code"], answer["msg"]) == (
        201,
        "There is nothing to try again. Please post the video anew.",
    )


def test_nobody_else_tries_it_again(phone: Phone, owner: Person, stranger: Person) -> None:
    video = failed(phone, owner)
    assert retry(phone, stranger, video.pk)["code"] == 201
    values = {"video_id": video.pk, "user_id": owner.id}
    assert phone.call("retryUpload", values, by=stranger)["code"] == 201
    assert retry(phone, None, video.pk)["code"] == 401
    wrong = phone.call("retryUpload", values, headers={"Auth-Token": "wrong"})
    assert wrong["code"] == 401
    video.refresh_from_db()
    assert video.state == "failed"


@pytest.mark.parametrize("video_id", [None, "", "x", 0, -1, 10**30, [], {}, 999_999_999])
def test_an_odd_id_is_refused(video_id: Any, phone: Phone, owner: Person) -> None:
    assert retry(phone, owner, video_id)["code"] == 201
    assert phone.call("retryUpload", {}, by=owner)["code"] == 201


def test_query_counts(
    phone: Phone, owner: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one, other = failed(phone, owner), posted(phone, owner, description="waits")
    with django_assert_num_queries(2):  # token, page
        shown(phone, owner)
    for _ in range(5):
        post(owner, state="failed")
    with django_assert_num_queries(2):
        shown(phone, owner)
    with django_assert_num_queries(9):
        retry(phone, owner, one.pk)
    with django_assert_num_queries(5):
        retry(phone, owner, other.pk)
