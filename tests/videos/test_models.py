"""What the database itself refuses, and what it computes."""

import pytest
from django.db import IntegrityError

from apps.users.models import User
from apps.videos.models import Hashtag, Video, VideoLike, VideoWatch


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def video(ann: User) -> Video:
    return Video.objects.create(user=ann, file="videos/a.mp4", state=Video.State.READY)


def test_a_video_is_liked_once_by_each_person(ann, video):
    VideoLike.objects.create(user=ann, video=video)
    with pytest.raises(IntegrityError):
        VideoLike.objects.create(user=ann, video=video)


def test_a_ready_video_has_a_file(ann):
    with pytest.raises(IntegrityError):
        Video.objects.create(user=ann, state=Video.State.READY)


def test_a_video_lies_on_the_earth(ann):
    with pytest.raises(IntegrityError):
        Video.objects.create(user=ann, lat=91, long=0)


def test_a_hashtag_is_in_lower_case():
    with pytest.raises(IntegrityError):
        Hashtag.objects.create(name="Cats")


def test_a_watch_belongs_to_a_person_or_to_a_device(video):
    with pytest.raises(IntegrityError):
        VideoWatch.objects.create(video=video)


def test_reactions_make_a_video_hotter(video):
    cold = video.heat
    Video.objects.filter(pk=video.pk).update(like_count=99)
    video.refresh_from_db()
    assert video.heat == pytest.approx(cold + 2)
