"""editVideo, and updateVideoDetail under which the Android client knows it."""

import pytest

from apps.videos.models import Sound, Video
from apps.videos.services.tags import set_hashtags
from tests.contract.clients import assert_both_clients_parse
from tests.videos.uploading import ios_body


@pytest.fixture
def video(owner) -> Video:
    return Video.objects.create(
        user=owner.user, file="videos/abc/video.mp4", state="ready", description="Before"
    )


def test_the_ios_app_edits_with_its_odd_last_part(phone, owner, friend, video):
    sent = {
        "video_id": str(video.pk),
        "description": "After",
        "privacy_type": "private",
        "allow_comments": "false",
        "hashtags_json": '[["name": "cats"]]',
        "users_json": '[["name": "friend"]]',
        "lat": "1.5",
        "long": "2.5",
        "location_string": "Somewhere",
    }
    body, content_type = ios_body(None, **sent)
    assert body.endswith(b"--Boundary-1\r\n\r\n--Boundary-1--\r\n")
    answer = phone.send("/api/editVideo", body, by=owner, content_type=content_type)

    assert_both_clients_parse("editVideo", answer)
    assert answer["code"] == 200
    assert answer["msg"]["Video"]["description"] == "After"
    video.refresh_from_db()
    assert (video.privacy, video.allow_comments, video.location) == ("private", False, "Somewhere")
    assert (video.lat, video.long) == (1.5, 2.5)
    assert list(video.hashtags.values_list("name", flat=True)) == ["cats"]
    assert [mention.user_id for mention in video.mentions.all()] == [friend.id]


def test_the_android_app_changes_three_flags(phone, owner, video):
    set_hashtags(video=video, names=["kept"])
    values = {
        "video_id": str(video.pk),
        "privacy_type": "Private",
        "allow_duet": "0",
        "allow_comments": "false",
    }
    answer = phone.call("updateVideoDetail", values, by=owner)
    assert_both_clients_parse("updateVideoDetail", answer)
    video.refresh_from_db()
    assert (video.privacy, video.allow_duet, video.allow_comments) == ("private", False, False)
    assert video.description == "Before"
    assert video.hashtags.count() == 1


def test_a_clips_own_sound_follows_its_privacy(phone, owner, video):
    own = Sound.objects.create(name="own", audio="videos/abc/sound.m4a", user=owner.user)
    Video.objects.update(sound=own)
    for privacy, published in (("private", False), ("public", True)):
        phone.call("editVideo", {"video_id": video.pk, "privacy_type": privacy}, by=owner)
        own.refresh_from_db()
        assert own.publish is published


def test_somebody_elses_sound_does_not(phone, owner, friend, video):
    other = Sound.objects.create(name="tune", audio="demo/tune.m4a", user=friend.user)
    Video.objects.update(sound=other)
    phone.call("editVideo", {"video_id": video.pk, "privacy_type": "private"}, by=owner)
    other.refresh_from_db()
    assert other.publish


@pytest.mark.parametrize("endpoint", ["editVideo", "updateVideoDetail"])
def test_a_stranger_changes_nothing(phone, owner, stranger, video, endpoint):
    values = {"video_id": video.pk, "description": "Hacked", "privacy_type": "private"}
    assert phone.call(endpoint, values, by=stranger)["code"] == 201
    assert phone.call(endpoint, values | {"user_id": owner.id}, by=stranger)["code"] == 201
    assert phone.call(endpoint, values)["code"] == 401
    video.refresh_from_db()
    assert (video.description, video.privacy) == ("Before", "public")


@pytest.mark.parametrize(
    "values",
    [
        {"video_id": ""},
        {"video_id": "999999"},
        {"privacy_type": "friends"},
        {"description": "x" * 2001},
        {"allow_duet": "maybe"},
        {"lat": "200"},
    ],
)
def test_bad_input_is_refused(phone, owner, video, values):
    answer = phone.call("editVideo", {"video_id": video.pk} | values, by=owner)
    assert_both_clients_parse("editVideo", answer)
    assert answer["code"] == 201
    video.refresh_from_db()
    assert video.description == "Before"


def test_nothing_sent_changes_nothing(phone, owner, video, django_assert_num_queries):
    with django_assert_num_queries(5):
        answer = phone.call("editVideo", {"video_id": video.pk}, by=owner)
    assert answer["code"] == 200
    video.refresh_from_db()
    assert video.description == "Before"
