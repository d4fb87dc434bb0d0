"""How the For-you feed finds, filters, scores and spaces."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.moderation.models import Report
from apps.site.models import Interest, InterestPick, InterestSection
from apps.users.models import Device, User
from apps.videos import tasks
from apps.videos.feed import ranking, why
from apps.videos.feed.candidates import named
from apps.videos.models import (
    FeedWeights,
    Hashtag,
    Sound,
    Video,
    VideoFavourite,
    VideoHashtag,
    VideoLike,
    VideoWatch,
)
from apps.videos.viewers import Viewer
from tests.cast import Person, Phone, make_person
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

LATEST = 2**32 - 1  # the seed that explores from the newest video on


def ids(phone: Phone, by: Person | None = None, **values: Any) -> list[int]:
    answer = phone.call("showRelatedVideos", {"starting_point": 0, **values}, by=by)
    return [item["Video"]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


def age(video: Video, days: float) -> Video:
    Video.objects.filter(pk=video.pk).update(created_at=timezone.now() - timedelta(days=days))
    return video


def report(video: Video, by: Person, **fields: Any) -> Report:
    today = timezone.now().date()
    return Report.objects.create(
        reporter=by.user, kind="video", target_id=video.pk, day=today, **fields
    )


def look(viewer: Viewer, video: Video | None = None) -> dict[int, why.Candidate]:
    found = why.explain(viewer=viewer, seed=LATEST, video_id=video.pk if video else 0)
    return {one.video_id: one for one in found}


def weigh(**weights: float) -> None:
    """Only these weights count."""
    nothing = dict.fromkeys((*ranking.PARTS, "fresh_slots", "exploration_slots"), 0)
    FeedWeights.objects.update_or_create(pk=1, defaults=nothing | weights)


# Filters


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_what_is_hidden_from_the_viewer_never_comes_and_a_reason_says_so(
    phone, owner, friend, stranger, how
):
    hidden, shown = post(owner), post(stranger)
    hide(hidden, how, friend)
    assert [ids(phone, by=friend) for _ in range(2)] == [[shown.pk], [shown.pk]]
    assert look(Viewer(friend.id), hidden)[hidden.pk].reasons[0].endswith(".")


def test_a_reported_video_does_not_come_back_to_its_reporter(phone, owner, friend, stranger):
    reported, other = post(owner), post(owner)
    report(reported, friend)
    report(other, stranger)
    assert ids(phone, by=friend) == [other.pk]
    assert look(Viewer(friend.id))[reported.pk].reasons == ["The viewer has reported it."]


@pytest.mark.parametrize(
    ("years", "is_shown"), [(17, False), (18, True), (None, False)], ids=["young", "old", "unknown"]
)
def test_an_age_limit_needs_a_known_age(phone, owner, friend, years, is_shown):
    video = post(owner, min_age=18)
    today = timezone.now().date()
    # The first of the year: 29 February has no twin in other years.
    born = date(today.year - years, 1, 1) if years else None
    if years == 17:
        born = date(today.year - 17, 12, 31)
    User.objects.filter(pk=friend.id).update(dob=born)

    assert (ids(phone, by=friend) == [video.pk]) is is_shown
    assert ids(phone) == []
    assert ids(phone, device_id="tablet") == []
    detail = phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)
    assert (detail["code"] == 200) is is_shown


def test_what_a_device_was_shown_does_not_come_to_it_again(phone, owner):
    first = post(owner)
    assert ids(phone, device_id="tablet") == [first.pk]
    second = post(owner)
    assert ids(phone, device_id="tablet") == [second.pk]
    device = Device.objects.get(key="tablet")
    assert look(Viewer(0, device.pk))[first.pk].reasons == ["It was served to this device."]


# Sources


def sources_of(viewer: Viewer) -> dict[int, set[str]]:
    return {id: set(one.sources) for id, one in look(viewer).items()}


def test_every_source_says_what_it_brought(owner, friend, stranger):
    follow(friend, owner)
    tag = Hashtag.objects.create(name="cats")
    liked, tagged = post(stranger), post(stranger)
    followed, untouched = post(owner), post(stranger)
    for video in (liked, tagged):
        VideoHashtag.objects.create(video=video, hashtag=tag)
    VideoLike.objects.create(user=friend.user, video=liked)
    Video.objects.exclude(pk=untouched.pk).update(awaits_audience=False)

    found = sources_of(Viewer(friend.id))

    assert "follows" in found[followed.pk]
    assert "follows" not in found[tagged.pk]
    assert {"affinity"} <= found[tagged.pk]
    assert "affinity" not in found[untouched.pk]
    assert "fresh" in found[untouched.pk]
    assert "fresh" not in found[tagged.pk]
    assert all("trending" in of_video for of_video in found.values())
    assert any("exploration" in of_video for of_video in found.values())


def liked_by(person: Person, video: Video) -> None:
    VideoLike.objects.create(user=person.user, video=video)


def saved_by(person: Person, video: Video) -> None:
    VideoFavourite.objects.create(user=person.user, video=video)


def finished_by(person: Person, video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(duration=10)
    VideoWatch.objects.create(user=person.user, video=video, plays=1, longest_s=9)


@pytest.mark.parametrize("how", [liked_by, saved_by, finished_by])
@pytest.mark.parametrize("shared", ["tag", "sound"])
def test_what_the_viewer_likes_brings_more_of_the_same(owner, friend, how, shared):
    sound = Sound.objects.create(name="Tune", audio="a.m4a") if shared == "sound" else None
    seen, alike, other = (post(owner, sound=sound), post(owner, sound=sound), post(owner))
    if shared == "tag":
        tag = Hashtag.objects.create(name="cats")
        for video in (seen, alike):
            VideoHashtag.objects.create(video=video, hashtag=tag)
    how(friend, seen)

    found = look(Viewer(friend.id))
    assert "affinity" in found[alike.pk].sources
    assert found[alike.pk].parts["affinity"] > 0
    assert found[other.pk].parts["affinity"] == 0


def test_a_glance_is_no_liking(owner, friend):
    sound = Sound.objects.create(name="Tune", audio="a.m4a")
    seen, alike = (post(owner, sound=sound, duration=10) for _ in range(2))
    VideoWatch.objects.create(user=friend.user, video=seen, plays=1, longest_s=3)
    assert look(Viewer(friend.id))[alike.pk].parts["affinity"] == 0


def test_a_picked_interest_brings_its_tag(owner, friend):
    section = InterestSection.objects.create(title="Animals")
    interest = Interest.objects.create(section=section, title="Cute Cats")
    InterestPick.objects.create(user=friend.user, interest=interest)
    video = post(owner)
    VideoHashtag.objects.create(video=video, hashtag=Hashtag.objects.create(name="cutecats"))
    assert "affinity" in look(Viewer(friend.id))[video.pk].sources


def test_a_guests_phone_has_a_taste_too(owner):
    device = Device.objects.create(key="tablet")
    sound = Sound.objects.create(name="Tune", audio="a.m4a")
    seen, alike = (post(owner, sound=sound, duration=10) for _ in range(2))
    VideoWatch.objects.create(device=device, video=seen, plays=1, longest_s=10)
    assert "affinity" in look(Viewer(0, device.pk))[alike.pk].sources


def test_somebody_who_follows_hundreds_gets_some_of_them(friend):
    authors = User.objects.bulk_create([User(username=f"author-{n}") for n in range(120)])
    friend.user.following.model.objects.bulk_create(
        [friend.user.following.model(follower=friend.user, followed=author) for author in authors]
    )
    Video.objects.bulk_create(
        [Video(user=author, file="a.mp4", state="ready") for author in authors]
    )
    found = [one for one in look(Viewer(friend.id)).values() if "follows" in one.sources]
    assert len(found) == 40


def test_a_new_video_has_its_place_until_it_has_had_its_audience(phone, owner, friend, stranger):
    authors = [make_person(f"star-{n}") for n in range(15)]
    for author in authors:
        post(author, like_count=10_000, awaits_audience=False)
    new = post(owner)
    age(new, days=6)  # no youth left

    assert ids(phone, by=friend).index(new.pk) <= 3

    Video.objects.filter(pk=new.pk).update(view_count=49)
    phone.call("watchVideo", {"video_id": new.pk}, by=stranger)
    new.refresh_from_db()
    assert not new.awaits_audience


def test_a_video_waits_for_its_audience_only_so_long(owner):
    old, new = age(post(owner), days=8), age(post(owner), days=6)
    tasks.refresh_feed()
    assert list(Video.objects.filter(awaits_audience=True)) == [new]
    FeedWeights.objects.create(fresh_days=5)
    tasks.refresh_feed()
    assert not Video.objects.filter(awaits_audience=True).exists()
    assert old.pk < new.pk


def test_something_from_anywhere_has_its_place(owner, friend):
    weigh(likes=1, exploration_slots=1)
    for n in range(30):
        post(make_person(f"star-{n}"), like_count=10_000, awaits_audience=False)
    found = look(Viewer(friend.id)).values()
    explored = [one for one in found if "exploration" in one.sources]
    assert min(one.place for one in explored) <= 6.5


# Score


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


# Spacing


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


# Why


def test_looking_shows_the_page_its_parts_and_what_was_left_out_and_notes_nothing(
    desk, owner, friend, stranger
):
    shown = post(stranger, description="Cats at sea", like_count=99)
    hidden = post(owner, description="Dogs on land")
    hide(hidden, "the viewer blocked its author", friend)

    for who in ("friend", "@Friend", str(friend.id)):
        page = desk.get("/admin/videos/feedweights/why/", {"person": who}).content.decode()
        assert f">{shown.pk} Cats at sea</a>" in page
        assert "likes +2.00" in page
        assert "trending" in page
        assert f">{hidden.pk} Dogs on land</a>" in page
        assert "One of the two has blocked the other." in page
    assert not VideoWatch.objects.exists()


def test_looking_works_for_phones_and_guests_and_refuses_nobody(desk, owner):
    video = post(owner)
    Device.objects.create(key="tablet")
    for who in ({"device": "tablet"}, {"person": ""}):
        assert f">{video.pk} <" in desk.get("/admin/videos/feedweights/why/", who).content.decode()
    for who in ({"person": "nobody"}, {"device": "9" * 30}, {"video": "x"}):
        page = desk.get("/admin/videos/feedweights/why/", who)
        assert page.status_code == 200
        assert "The next page" not in page.content.decode()


def test_looking_for_a_video_that_no_source_brought(owner, friend):
    for _ in range(60):
        post(owner, awaits_audience=False)
    found = why.explain(viewer=Viewer(friend.id), seed=LATEST)
    missing = Video.objects.exclude(pk__in=[one.video_id for one in found]).earliest("pk")
    asked = {
        one.video_id: one
        for one in why.explain(viewer=Viewer(friend.id), seed=LATEST, video_id=missing.pk)
    }[missing.pk]
    assert (asked.reasons, asked.place) == ([why.NOT_LOOKED_AT], None)


def test_operators_set_the_weights_within_limits(desk):
    page = desk.get("/admin/videos/feedweights/", follow=True)
    assert "Why this video?" in page.content.decode()
    row = FeedWeights.objects.get()
    url = f"/admin/videos/feedweights/{row.pk}/change/"
    fields = {field.name: getattr(row, field.name) for field in FeedWeights._meta.fields[1:]}
    assert desk.post(url, fields | {"likes": "7.5"}).status_code == 302
    assert FeedWeights.objects.get().likes == 7.5
    for bad in ({"likes": "-1"}, {"likes": "nan"}, {"fresh_slots": "9"}, {"half_life_h": "0"}):
        assert desk.post(url, fields | bad).status_code == 200
    assert FeedWeights.objects.get().likes == 7.5


def test_strangers_do_not_look(client, friend):
    client.force_login(friend.user)
    assert client.get("/admin/videos/feedweights/why/").status_code == 302
