"""The operators' pages of videos."""

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from apps.videos.models import Hashtag, Sound, Video, VideoHashtag, VideoLike, VideoWatch
from tests.cast import Person

PAGES = [model._meta.model_name for model in apps.get_app_config("videos").get_models()]
PAGES.remove("feedweights")  # one row: its list leads to it
PAGES.remove("videohashtag")  # edited inside its video
PAGES.remove("playlistvideo")  # edited inside its playlist


@pytest.fixture
def desk(client: Client, operator: Person) -> Client:
    client.force_login(operator.user)
    return client


@pytest.fixture
def video(owner: Person, friend: Person) -> Video:
    sound = Sound.objects.create(name="Tune", audio="demo/tune.m4a", user=owner.user)
    video = Video.objects.create(
        user=owner.user,
        description="Cats at sea",
        file="videos/a.mp4",
        thumbnail="videos/a.jpg",
        sound=sound,
        state=Video.State.READY,
    )
    VideoHashtag.objects.create(video=video, hashtag=Hashtag.objects.create(name="cats"))
    VideoLike.objects.create(user=friend.user, video=video)
    VideoWatch.objects.create(user=friend.user, video=video)
    return video


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_and_searches(desk, video, page):
    url = reverse(f"admin:videos_{page}_changelist")
    for search in ("", "cats", "1"):
        assert desk.get(url, {"q": search}).status_code == 200


def test_a_video_is_shown_with_its_picture_and_a_player(desk, video):
    listed = desk.get(reverse("admin:videos_video_changelist")).content.decode()
    assert '<img src="/media/videos/a.jpg"' in listed
    page = desk.get(reverse("admin:videos_video_change", args=[video.pk])).content.decode()
    assert '<video src="/media/videos/a.mp4"' in page


def test_a_list_of_videos_costs_the_same_however_many(
    desk, video, owner, django_assert_max_num_queries
):
    for _ in range(20):
        Video.objects.create(user=owner.user)
    with django_assert_max_num_queries(7):
        desk.get(reverse("admin:videos_video_changelist"))


@pytest.mark.parametrize(("action", "held"), [("hold_back", True), ("let_pass", False)])
def test_videos_are_held_back_and_let_pass(desk, video, action, held):
    Video.objects.filter(pk=video.pk).update(block=not held)
    chosen = {"action": action, "_selected_action": [video.pk], "confirmed": "yes", "reason": "x"}
    desk.post(reverse("admin:videos_video_changelist"), chosen)
    video.refresh_from_db()
    assert video.block is held


def test_likes_are_counted_again(desk, video, owner):
    chosen = {"action": "count_again", "_selected_action": [video.pk]}
    desk.post(reverse("admin:videos_video_changelist"), chosen)
    video.refresh_from_db()
    owner.user.refresh_from_db()
    assert video.like_count == 1
    assert (owner.user.likes_count, owner.user.video_count) == (1, 1)


def test_a_like_is_not_edited(desk, video):
    page = reverse("admin:videos_videolike_change", args=[VideoLike.objects.get().pk])
    assert desk.post(page, {"user": "1"}).status_code == 403
