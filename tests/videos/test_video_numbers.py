"""showVideoAnalytics, showUserVideosTrendingAndRecent and showVideoCompression"""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.videos.models import Video, VideoComment, VideoRepost, VideoWatch
from apps.videos.services.counters import recount
from tests.cast import Person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import post


def numbers(phone, video: Video, by: Person | None) -> dict:
    answer = phone.call("showVideoAnalytics", {"video_id": str(video.pk)}, by=by)
    assert_both_clients_parse("showVideoAnalytics", answer)
    return answer


def test_the_numbers_of_a_video_come_from_its_rows(
    phone, owner, friend, stranger, django_assert_num_queries
):
    video = post(owner, duration=10, view_count=7, share_count=2, download_count=3)
    for person, seconds in ((friend, 10), (stranger, 4)):
        VideoWatch.objects.create(user=person.user, video=video, plays=1, longest_s=seconds)
    VideoWatch.objects.create(user=owner.user, video=video)
    comment = VideoComment.objects.create(user=friend.user, video=video, text="one")
    VideoComment.objects.create(user=friend.user, video=video, text="two", parent=comment)
    VideoRepost.objects.create(user=friend.user, video=video)
    phone.call("likeVideo", {"video_id": video.pk}, by=friend)
    with django_assert_num_queries(2):
        shown = numbers(phone, video, owner)["msg"]["Video"]
    wanted = {
        **{"play_count": 7, "like_count": 1, "comment_count": 2, "favourite_count": 0},
        **{"share_count": 2, "download_count": 3, "repost_count": 1, "reached": 2},
        **{"average_watch_s": 7.0, "finished_percent": 50},
    }
    assert {key: shown[key] for key in wanted} == wanted


def test_nobody_else_sees_a_videos_numbers(phone, owner, stranger):
    video = post(owner)
    assert numbers(phone, video, stranger)["code"] == 201
    assert numbers(phone, video, None)["code"] == 401
    assert numbers(phone, video, Person(owner.user, "wrong"))["code"] == 401
    for values in ({}, {"video_id": "x"}, {"video_id": 10**12}):
        assert phone.call("showVideoAnalytics", values, by=owner)["code"] == 201


def latest(phone, by: Person | None, **values) -> dict:
    answer = phone.call("showUserVideosTrendingAndRecent", values, by=by)
    assert_both_clients_parse("showUserVideosTrendingAndRecent", answer)
    return answer


def test_the_newest_and_the_most_viewed_of_a_time(phone, owner, friend, django_assert_num_queries):
    videos = [post(owner, view_count=100 - n) for n in range(10)]
    post(owner, privacy="private", view_count=999)
    post(owner, is_story=True, view_count=999)
    post(friend, view_count=999)
    old = post(owner, view_count=5000)
    Video.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=60))
    recount([old.pk])
    with django_assert_num_queries(4):
        msg = latest(phone, owner)["msg"]
    ids = [video.pk for video in videos]
    assert [item["Video"]["id"] for item in msg["Recent"]] == ids[:-8:-1]
    assert [item["Video"]["id"] for item in msg["Trending"]] == ids[:9]
    assert msg["VideoCount"] == 12
    values = {"start_datetime": "2020-01-01 12:00:00", "end_datetime": "2099-01-01 12:00:00"}
    assert latest(phone, owner, **values)["msg"]["Trending"][0]["Video"]["id"] == old.pk


def test_they_are_ones_own(phone, owner, stranger):
    post(owner)
    assert latest(phone, stranger)["msg"] == {"Recent": [], "Trending": [], "VideoCount": 0}
    assert latest(phone, stranger, user_id=owner.id)["code"] == 201
    for by in (None, Person(owner.user, "wrong")):
        assert latest(phone, by)["code"] == 401


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01 00:00:00", "99999"])
def test_bad_times_are_refused(phone, owner, moment):
    assert latest(phone, owner, start_datetime=moment)["code"] == 201


def test_apps_are_told_how_much_to_compress(phone, settings):
    settings.VIDEO_UPLOAD_KBITS = 1800
    answer = phone.call("showVideoCompression")
    assert_both_clients_parse("showVideoCompression", answer)
    assert answer == {"code": 200, "msg": 1800}
