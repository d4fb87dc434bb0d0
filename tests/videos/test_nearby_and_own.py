"""showNearbyVideos and showUserVideosTrendingAndRecent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.videos.models import Video
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, hide, post

BERLIN = {"lat": "52.52", "long": "13.405"}


def near(phone, by=None, **values):
    answer = phone.call("showNearbyVideos", BERLIN | values, by=by)
    return [item["Video"]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


def test_the_nearest_come_first_and_the_far_ones_not_at_all(phone, owner, friend):
    potsdam = post(owner, lat=52.39, long=13.06)
    mitte = post(owner, lat=52.53, long=13.41)
    post(owner, lat=53.55, long=10.0)  # Hamburg
    post(owner)
    answer = phone.call("showNearbyVideos", BERLIN, by=friend)
    assert_both_clients_parse("showNearbyVideos", answer)
    assert near(phone, friend) == near(phone) == [mitte.pk, potsdam.pk]


@pytest.mark.parametrize(("there", "here"), [("179.95", "-179.95"), ("-179.95", "179.95")])
def test_the_date_line_is_no_border(phone, owner, there, here):
    video = post(owner, lat=-17.0, long=float(there))
    assert near(phone, lat="-17.0", long=here) == [video.pk]


def test_pages_follow_each_other_and_end(phone, owner):
    videos = [post(owner, lat=52.52 + n / 1000, long=13.405).pk for n in range(12)]
    pages = [near(phone, starting_point=page) for page in range(3)]
    assert pages == [videos[:10], videos[10:], []]


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_what_the_viewer_may_not_see_is_not_near(phone, owner, friend, how):
    video = post(owner, lat=52.52, long=13.405)
    hide(video, how, friend)
    assert near(phone, friend) == []


@pytest.mark.parametrize(
    "values", [{"lat": "0.0", "long": "0.0"}, {"lat": "x"}, {"long": "500"}, {"lat": ""}], ids=str
)
def test_without_a_position_there_is_a_sentence(phone, owner, values):
    post(owner, lat=52.52, long=13.405)
    answer = phone.call("showNearbyVideos", BERLIN | values)
    assert answer["code"] == 201
    assert isinstance(answer["msg"], str)


def test_a_page_of_near_videos_is_one_query(phone, owner, friend, django_assert_num_queries):
    for _ in range(11):
        post(owner, lat=52.52, long=13.405)
    with django_assert_num_queries(2):  # and the token
        assert len(near(phone, friend)) == 10


def span(days: float) -> dict[str, str]:
    now = timezone.now()
    return {
        "start_datetime": f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}",
        "end_datetime": f"{now + timedelta(days=1):%Y-%m-%d %H:%M:%S}",
    }


def test_own_videos_of_a_range_stand_by_age_and_by_views(
    phone, owner, stranger, django_assert_num_queries
):
    videos = [post(owner, view_count=n % 5) for n in range(10)]
    old = post(owner, view_count=99)
    Video.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    post(owner, privacy="private")
    post(stranger)

    with django_assert_num_queries(2):  # the token and the answer
        answer = phone.call("showUserVideosTrendingAndRecent", span(2), by=owner)

    assert_both_clients_parse("showUserVideosTrendingAndRecent", answer)
    ids = [video.pk for video in reversed(videos)]
    assert [item["Video"]["id"] for item in answer["msg"]["Recent"]] == ids[:7]
    by_views = sorted(videos, key=lambda video: (-video.view_count, -video.pk))
    trending = [item["Video"]["id"] for item in answer["msg"]["Trending"]]
    assert trending == [video.pk for video in by_views[:9]]
    assert answer["msg"]["VideoCount"] == 11
    assert answer["msg"]["Recent"][0]["User"]["id"] == owner.id


def test_nobody_else_is_asked_about(phone, owner, stranger):
    post(owner)
    answer = phone.call(
        "showUserVideosTrendingAndRecent", span(2) | {"user_id": owner.id}, by=stranger
    )
    assert answer["code"] == 201
    answer = phone.call("showUserVideosTrendingAndRecent", span(2), by=stranger)
    assert answer["msg"] == {"Recent": [], "Trending": [], "VideoCount": 0}
    assert phone.call("showUserVideosTrendingAndRecent", span(2))["code"] == 401


def test_a_range_must_be_told(phone, owner):
    for values in ({}, {"start_datetime": "soon", "end_datetime": "later"}):
        assert phone.call("showUserVideosTrendingAndRecent", values, by=owner)["code"] == 201
