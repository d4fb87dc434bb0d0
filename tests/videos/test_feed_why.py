"""Why this video: operators look at somebody's next page, and set the weights."""

from apps.users.models import Device
from apps.videos.feed import why
from apps.videos.models import (
    FeedWeights,
    Video,
    VideoWatch,
)
from apps.videos.viewers import Viewer
from tests.videos.feeding import LATEST
from tests.videos.scenes import hide, post


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
