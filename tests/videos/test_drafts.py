"""showDraftVideos, deleteDraftVideo, and how a draft is posted."""

import pytest

from apps.notifications.models import Notification
from apps.users.models import Follow
from apps.videos import processing
from apps.videos.models import Video
from apps.videos.services import publishing, removal
from tests.cast import Person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import post
from tests.videos.uploading import upload

pytestmark = pytest.mark.usefixtures("media_folder", "private_folder")


def drafts(phone, by: Person, **values) -> dict:
    answer = phone.call("showDraftVideos", values, by=by)
    assert_both_clients_parse("showDraftVideos", answer)
    return answer["msg"]


@pytest.mark.parametrize("said", [{"draft": "1"}, {"privacy_type": "Draft"}])
def test_an_upload_can_be_kept_as_a_draft(phone, owner, friend, filmed, said):
    answer = upload(phone, owner, filmed.read_bytes(), description="later", **said)
    video = Video.objects.get()
    processing.process(video.pk)

    shown = drafts(phone, owner)
    assert [item["Video"]["id"] for item in shown["videos"]] == [answer["msg"]["Video"]["id"]]
    assert shown["videos"][0]["Upload"]["state"] == "ready"
    assert (shown["total_count"], shown["page"], shown["has_more"]) == (1, 1, False)
    assert drafts(phone, friend)["videos"] == []
    owner.user.refresh_from_db()
    assert owner.user.video_count == 0


def test_nobody_else_comes_upon_a_draft(phone, owner, friend):
    draft = post(owner, privacy="draft")
    for by in (friend, None):
        assert phone.call("showVideoDetail", {"video_id": draft.pk}, by=by)["code"] == 201
        assert phone.call("showRelatedVideos", {"device_id": "phone"}, by=by)["code"] == 201
    assert phone.call("likeVideo", {"video_id": draft.pk}, by=friend)["code"] == 201
    for by in (owner, friend):
        shown = phone.call("showVideosAgainstUserID", {"other_user_id": owner.id}, by=by)
        assert shown["msg"] == {"public": [], "private": []}


def test_drafts_have_pages(phone, owner, django_assert_num_queries):
    made = [post(owner, privacy="draft") for _ in range(12)]
    newest = [video.pk for video in reversed(made)]
    with django_assert_num_queries(3):
        first = drafts(phone, owner)
    assert ([item["Video"]["id"] for item in first["videos"]], first["has_more"]) == (
        newest[:10],
        True,
    )
    for values in ({"page": "2"}, {"starting_point": "1"}):
        second = drafts(phone, owner, **values)
        assert [item["Video"]["id"] for item in second["videos"]] == newest[10:]
        assert (second["page"], second["has_more"], second["total_count"]) == (2, False, 12)


def test_a_draft_is_posted_by_making_it_public(phone, owner, friend):
    Follow.objects.create(follower=friend.user, followed=owner.user, bell=True)
    upload(phone, owner, b"clip", draft="1")
    Video.objects.update(state="ready", file="videos/a.mp4")
    video = Video.objects.get()
    answer = phone.call("editVideo", {"video_id": video.pk, "privacy_type": "public"}, by=owner)
    assert answer["code"] == 200
    assert drafts(phone, owner)["videos"] == []
    assert phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)["code"] == 200
    owner.user.refresh_from_db()
    assert owner.user.video_count == 1
    publishing.ring_bells()
    assert Notification.objects.get().receiver_id == friend.id


def test_a_posted_video_does_not_become_a_draft(phone, owner):
    video = post(owner)
    answer = phone.call("editVideo", {"video_id": video.pk, "privacy_type": "draft"}, by=owner)
    assert answer["code"] == 201


def test_a_draft_is_deleted_with_its_file(phone, owner, private_folder):
    upload(phone, owner, b"clip", draft="1")
    draft = Video.objects.get()
    answer = phone.call("deleteDraftVideo", {"video_id": str(draft.pk)}, by=owner)
    assert_both_clients_parse("deleteDraftVideo", answer)
    assert answer == {"code": 200, "msg": "Your draft was deleted."}
    assert drafts(phone, owner)["videos"] == []
    removal.remove_deleted()
    assert not Video.objects.exists()
    assert [path for path in private_folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("which", ["somebody else's", "posted", "gone"])
def test_only_an_own_draft_is_deleted(phone, owner, stranger, which):
    video = post(owner, privacy="public" if which == "posted" else "draft")
    by = stranger if which == "somebody else's" else owner
    if which == "gone":
        removal.delete(user_id=owner.id, video_id=video.pk)
    answer = phone.call("deleteDraftVideo", {"video_id": video.pk}, by=by)
    assert (answer["code"], answer["msg"]) == (201, removal.NOT_A_DRAFT)
    assert Video.objects.exists()


@pytest.mark.parametrize("values", [{}, {"video_id": "x"}, {"video_id": None}])
def test_bad_ids_are_refused(phone, owner, values):
    assert phone.call("deleteDraftVideo", values, by=owner)["code"] == 201


@pytest.mark.parametrize("endpoint", ["showDraftVideos", "deleteDraftVideo"])
def test_drafts_need_a_sign_in(phone, owner, endpoint):
    for by in (None, Person(owner.user, "wrong")):
        assert phone.call(endpoint, {"video_id": 1}, by=by)["code"] == 401


@pytest.mark.parametrize("values", [{"page": "0"}, {"page": "x"}, {"starting_point": "-1"}])
def test_bad_pages_are_refused(phone, owner, values):
    assert phone.call("showDraftVideos", values, by=owner)["code"] == 201
