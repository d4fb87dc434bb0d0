"""A promoted video in the For-you feed."""

from collections.abc import Iterator

import pytest

from apps.videos import promoted
from apps.videos.models import NotInterested, Video, VideoWatch
from apps.videos.promoted import Promoted
from apps.videos.viewers import Viewer
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, hide, post


class Campaign:
    """A source that always offers one video, and remembers what was shown."""

    def __init__(self, video: Video) -> None:
        self.offer = Promoted(77, video.pk, '{"id": 77, "destination": "website"}')
        self.shown_to: list[int] = []

    def pick(self, viewer: Viewer) -> Promoted | None:
        return self.offer

    def shown(self, viewer: Viewer, promoted: Promoted) -> None:
        assert promoted is self.offer
        self.shown_to.append(viewer.user_id)


@pytest.fixture
def advertisement(owner: Person) -> Video:
    return post(owner)


@pytest.fixture
def campaign(advertisement: Video) -> Iterator[Campaign]:
    campaign = Campaign(advertisement)
    before = promoted.register(campaign)
    yield campaign
    promoted.register(before)


def page(phone: Phone, by: Person | None = None) -> list[dict]:
    return phone.call("showRelatedVideos", {"starting_point": 0}, by=by)["msg"]


def place_of(video: Video, items: list[dict]) -> int | None:
    return next((n for n, item in enumerate(items) if item["Video"]["id"] == video.pk), None)


def test_it_stands_between_the_fourth_and_the_tenth_place(
    phone, stranger, friend, campaign, advertisement
):
    for _ in range(12):
        post(stranger)

    answer = phone.call("showRelatedVideos", {"starting_point": 0}, by=friend)

    assert_both_clients_parse("showRelatedVideos", answer)
    items = answer["msg"]
    assert len(items) == 10
    place = place_of(advertisement, items)
    assert 3 <= place <= 9
    video = items[place]["Video"]
    assert (video["promote"], video["promotion_id"]) == (1, 77)
    assert video["Promotion"] == {"id": 77, "destination": "website"}
    others = [item["Video"] for item in items if item["Video"]["id"] != advertisement.pk]
    assert {(v["promote"], v["promotion_id"], v["Promotion"]) for v in others} == {(0, 0, None)}
    assert campaign.shown_to == [friend.id]


def test_it_comes_once_and_is_noted_like_every_other(
    phone, stranger, friend, campaign, advertisement
):
    for _ in range(20):
        post(stranger)
    pages = [page(phone, by=friend) for _ in range(2)]
    assert [place_of(advertisement, items) is None for items in pages] == [False, True]
    assert len(pages[1]) == 10
    assert VideoWatch.objects.filter(user=friend.user, video=advertisement).count() == 1
    assert campaign.shown_to == [friend.id]


def test_it_is_enough_for_a_page(phone, friend, campaign, advertisement):
    (item,) = page(phone, by=friend)
    assert item["Video"]["promotion_id"] == 77


def test_it_stands_last_on_a_short_page(phone, stranger, friend, campaign, advertisement):
    post(stranger)
    assert place_of(advertisement, page(phone, by=friend)) == 1


def test_guests_and_its_own_author_get_none(phone, owner, stranger, campaign, advertisement):
    post(stranger)
    assert page(phone)[0]["Video"]["promote"] == 0
    assert place_of(advertisement, page(phone, by=owner)) is None
    assert campaign.shown_to == []


@pytest.mark.parametrize("how", [*WAYS_TO_HIDE, "not interested"])
def test_what_the_viewer_may_not_see_is_not_promoted_either(
    phone, stranger, friend, campaign, advertisement, how
):
    post(stranger)
    if how == "not interested":
        NotInterested.objects.create(user=friend.user, video=advertisement)
    else:
        hide(advertisement, how, friend)
    assert place_of(advertisement, page(phone, by=friend)) is None
    assert campaign.shown_to == []


def test_the_source_costs_the_feed_no_query(
    phone, stranger, friend, campaign, django_assert_num_queries
):
    post(stranger)
    with django_assert_num_queries(2):  # the token and the page
        page(phone, by=friend)
