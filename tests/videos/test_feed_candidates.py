"""What the For-you feed finds, and what it leaves out."""

from datetime import date

import pytest
from django.utils import timezone

from apps.site.models import Interest, InterestPick, InterestSection
from apps.users.models import Device, User
from apps.videos import tasks
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
from tests.cast import Person, make_person
from tests.videos.feeding import age, ids, look, report, weigh
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post


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
