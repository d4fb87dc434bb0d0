"""How the For-you feed scores and spaces."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.moderation.models import Report
from apps.videos import tasks
from apps.videos.feed import ranking
from apps.videos.feed.candidates import named
from apps.videos.models import (
    FeedWeights,
    Sound,
    Video,
)
from apps.videos.viewers import Viewer
from tests.cast import make_person
from tests.videos.feeding import age, ids, look, report, weigh
from tests.videos.scenes import follow, post


@pytest.mark.parametrize(
    ("part", "more", "less"),
    [
        ("likes", {"like_count": 10}, {}),
        ("comments", {"comment_count": 10}, {}),
        ("shares", {"share_count": 10}, {}),
        ("completion", {"timed_plays": 9, "completion_sum": 9}, {}),
        ("completion", {}, {"timed_plays": 9, "completion_sum": 0.5}),
        ("quick_skips", {"timed_plays": 9}, {"timed_plays": 9, "quick_skips": 8}),
        ("not_interested", {}, {"not_interested_count": 3}),
        ("reports", {}, {"report_count": 2}),
    ],
)
def test_each_part_puts_the_better_one_first(phone, owner, friend, stranger, part, more, less):
    weigh(**{part: 1})
    better, worse = post(owner, **more), post(stranger, **less)
    assert ids(phone, by=friend) == [better.pk, worse.pk]
    Video.objects.filter(pk=better.pk).update(**dict.fromkeys(more, 0) | less)
    Video.objects.filter(pk=worse.pk).update(**dict.fromkeys(less, 0) | more)
    assert ids(phone, device_id="tablet") == [worse.pk, better.pk]


def test_the_young_and_the_followed_come_first(phone, owner, friend, stranger):
    old, young = age(post(owner), days=3), post(stranger)
    weigh(youth=1)
    assert ids(phone, device_id="tablet") == [young.pk, old.pk]
    follow(friend, owner)
    weigh(youth=1, followed=2)
    assert ids(phone, by=friend) == [old.pk, young.pk]


def test_other_weights_make_another_order(phone, owner, stranger):
    liked, shared = post(owner, like_count=100), post(stranger, share_count=100)
    weigh(likes=2, shares=1)
    assert ids(phone, device_id="one") == [liked.pk, shared.pk]
    weigh(likes=1, shares=2)
    assert ids(phone, device_id="two") == [shared.pk, liked.pk]


def test_without_a_row_the_models_weights_count(owner, friend):
    video = post(owner, like_count=9)
    assert look(Viewer(friend.id))[video.pk].parts["likes"] == pytest.approx(1)
    assert set(ranking.PARTS) <= {field.name for field in FeedWeights._meta.fields}


def test_reports_count_by_person_and_only_while_they_stand(owner, friend, stranger):
    video = post(owner)
    report(video, friend)
    Report.objects.create(
        reporter=friend.user,
        kind="video",
        target_id=video.pk,
        day=timezone.now().date() - timedelta(days=1),
    )
    second = report(video, stranger)
    tasks.refresh_feed()
    assert Video.objects.get().report_count == 2
    Report.objects.filter(pk=second.pk).update(state="dismissed", handled_at=timezone.now())
    tasks.refresh_feed()
    assert Video.objects.get().report_count == 1


def test_plays_tell_how_much_was_seen_and_who_left_at_once(phone, owner, friend, stranger):
    video = post(owner, duration=10)
    for seconds in (1, 5, 25, 0):
        play = {"video_id": video.pk, "duration": seconds}
        phone.call("watchVideo", {"watch_videos": [play]}, by=friend)
    video.refresh_from_db()
    assert (video.view_count, video.timed_plays, video.quick_skips) == (4, 3, 1)
    assert video.completion_sum == pytest.approx(0.1 + 0.5 + 1)


def test_not_being_interested_counts_once(phone, owner, friend):
    video = post(owner)
    for _ in range(2):
        phone.call("notInterestedVideo", {"video_id": video.pk}, by=friend)
    video.refresh_from_db()
    assert video.not_interested_count == 1


def test_a_page_has_each_author_and_each_sound_once_while_there_are_others(phone, friend):
    hit = Sound.objects.create(name="Everybody's tune", audio="a.m4a")
    for n in range(12):
        author = make_person(f"author-{n}")
        own = Sound.objects.create(name=f"Tune {n}", audio="a.m4a")
        for sound in (own, own, hit):
            post(author, sound=sound, like_count=1000 * n if sound is hit else n)
    page = Video.objects.in_bulk(ids(phone, by=friend)).values()
    assert len({video.user_id for video in page}) == 10
    assert len({video.sound_id for video in page}) == 10


Scored = st.tuples(st.integers(1, 6), st.one_of(st.none(), st.integers(1, 6)), st.integers(0, 50))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pool=st.lists(Scored, min_size=1, max_size=25))
def test_rounds_keep_authors_and_sounds_apart(db, pool):
    values = ", ".join(
        f"({n}, {author}, {sound or 'NULL::int'}, '{{}}'::text[], {score})"
        for n, (author, sound, score) in enumerate(pool)
    )
    steps = {
        "weights": ranking.WEIGHTS_SQL,
        "scored": f"SELECT * FROM (VALUES {values}) v(id, user_id, sound_id, sources, score)",
        "rounds": ranking.ROUNDS,
        "placed": ranking.PLACED,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {named(steps)} SELECT id, round FROM placed ORDER BY turn")
        rows = cursor.fetchall()

    assert sorted(id for id, _ in rows) == list(range(len(pool)))
    rounds = [number for _, number in rows]
    assert rounds == sorted(rounds)
    for key in (0, 1):  # an author's or a sound's n-th video never comes before the n-th round
        turns: Counter[int] = Counter()
        for id, number in rows:
            turns[pool[id][key]] += 1
            assert number >= turns[pool[id][key]] or pool[id][key] is None
    best = max(range(len(pool)), key=lambda id: (pool[id][2], -id))
    assert rows[0][0] == best
