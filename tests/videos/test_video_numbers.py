"""showVideoAnalytics and showVideoCompression"""

from apps.videos.models import Video, VideoComment, VideoRepost, VideoWatch
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


def test_apps_are_told_how_much_to_compress(phone, settings):
    settings.VIDEO_UPLOAD_KBITS = 1800
    answer = phone.call("showVideoCompression")
    assert_both_clients_parse("showVideoCompression", answer)
    assert answer == {"code": 200, "msg": 1800}
