"""POST /api/showAnalytics"""

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Follow, ProfileVisit, User
from apps.videos.models import Video, VideoLike, VideoWatch
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse

WEEK = {"start_datetime": "2026-03-01", "end_datetime": "2026-03-07 11:59:59"}
INSIDE, OUTSIDE = datetime(2026, 3, 3, 23, 30, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)


@pytest.fixture
def creator(owner: Person, friend: Person, stranger: Person) -> Person:
    """One video; from the friend a view, a like, a visit and a follow inside the week."""
    User.objects.filter(pk=friend.id).update(
        gender="Male", dob=date(1990, 1, 1), country="Ethiopia", city="Adama"
    )
    video = Video.objects.create(user=owner.user, state="ready", file="a.mp4", comment_count=3)
    Video.objects.filter(pk=video.pk).update(created_at=INSIDE)
    for person, moment in ((friend, INSIDE), (stranger, OUTSIDE)):
        watch = VideoWatch.objects.create(user=person.user, video=video)
        VideoWatch.objects.filter(pk=watch.pk).update(served_at=moment)
        like = VideoLike.objects.create(user=person.user, video=video)
        VideoLike.objects.filter(pk=like.pk).update(created_at=moment)
        visit = ProfileVisit.objects.create(visitor=person.user, visited=owner.user)
        ProfileVisit.objects.filter(pk=visit.pk).update(visited_at=moment)
        follow = Follow.objects.create(follower=person.user, followed=owner.user)
        Follow.objects.filter(pk=follow.pk).update(created_at=moment)
    return owner


def test_what_happened_inside_the_range_counts(phone: Phone, creator: Person) -> None:
    answer = phone.call("showAnalytics", WEEK | {"user_id": str(creator.id)}, by=creator)
    assert_both_clients_parse("showAnalytics", answer)
    stats = answer["msg"]["Stats"]
    for name in ("video_views", "video_likes", "profile_visits", "followers", "male_followers"):
        assert (name, stats[f"total_{name}"]) == (name, "1")
    assert (stats["total_female_followers"], stats["total_video_comments"]) == ("0", "3")
    assert stats["followers_country"] == [{"Country": "Ethiopia", "count": "1"}]
    assert stats["followers_city"] == [{"Country": "Adama", "count": "1"}]
    assert (stats["starting_date"], stats["ending_date"]) == ("Mar 01", "Mar 07")
    assert [group[0]["count"] for group in stats["age_group"]] == ["0", "0", "1", "0", "0"]


def test_graphs_have_a_point_for_every_day(phone: Phone, creator: Person) -> None:
    stats = phone.call("showAnalytics", WEEK, by=creator)["msg"]["Stats"]
    for graph in ("video_views_graph", "followers_graph"):
        points = [point[0] for point in stats[graph]]
        assert [point["count"] for point in points] == ["0", "0", "1", "0", "0", "0", "0"]
        assert points[2]["date"] == "2026-03-03"


def test_nobody_sees_the_numbers_of_somebody_else(
    phone: Phone, creator: Person, stranger: Person
) -> None:
    values = WEEK | {"user_id": str(creator.id)}
    assert phone.call("showAnalytics", values, by=stranger)["code"] == 201
    stats = phone.call("showAnalytics", WEEK, by=stranger)["msg"]["Stats"]
    assert stats["total_followers"] == "0"


@pytest.mark.parametrize(
    "values",
    [{}, {"start_datetime": "x", "end_datetime": "2026-01-01"}, {"end_datetime": "2026-01-01"}],
)
def test_bad_ranges_are_refused(phone: Phone, owner: Person, values: dict) -> None:
    assert phone.call("showAnalytics", values, by=owner)["code"] == 201
    backwards = {"start_datetime": "2026-03-07", "end_datetime": "2026-03-01"}
    assert phone.call("showAnalytics", backwards, by=owner)["code"] == 201


def test_a_long_range_is_cut_to_its_last_year(phone: Phone, owner: Person) -> None:
    values = {"start_datetime": "0001-01-01", "end_datetime": "9999-12-30"}
    stats = phone.call("showAnalytics", values, by=owner)["msg"]["Stats"]
    assert len(stats["followers_graph"]) == 366


def test_the_query_count_does_not_grow(
    phone: Phone, creator: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fan = make_person("fan")
    Follow.objects.create(follower=fan.user, followed=creator.user)
    today = date.today()
    values = {"start_datetime": str(today - timedelta(days=200)), "end_datetime": str(today)}
    with django_assert_num_queries(2):
        phone.call("showAnalytics", values, by=creator)
