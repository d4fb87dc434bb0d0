"""showVideosAgainstHashtag, addHashtagFavourite, showFavouriteHashtags, showDiscoverySections"""

from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.videos.models import Hashtag, HashtagFavourite, Video, VideoHashtag
from apps.videos.services import popularity
from apps.videos.services.tags import set_hashtags
from tests.cast import Person, Phone, make_person
from tests.contract.clients import android_problems, assert_both_clients_parse, ios_problems
from tests.videos.discovering import APPLE, ids, tag, tagged
from tests.videos.scenes import WAYS_TO_HIDE, at_once, follow, hide, post

CALLS = ["showVideosAgainstHashtag", "showDiscoverySections"]


def hashtag_page(phone: Phone, name: str, by: Person | None = None, page: int = 0) -> Any:
    values = {"hashtag": name, "starting_point": str(page)}
    answer = phone.call("showVideosAgainstHashtag", values, by=by)
    assert not android_problems("showVideosAgainstHashtag", answer)
    return answer


def sections(phone: Phone, by: Person | None = None, page: int = 0) -> Any:
    answer = phone.call("showDiscoverySections", {"starting_point": str(page)}, by=by)
    assert_both_clients_parse("showDiscoverySections", answer)
    return answer


def test_a_hashtags_videos_come_newest_first_in_pages(
    phone: Phone, owner: Person, friend: Person
) -> None:
    videos = [tagged(owner, "cats", view_count=2).pk for _ in range(12)]
    tagged(owner, "dogs")
    first = hashtag_page(phone, "#Cats", friend)
    assert ids(first) == videos[:1:-1]
    assert (first["videos_count"], first["views"]) == (12, 24)
    item = first["msg"][0]
    assert item["Hashtag"] == {"id": tag("cats").pk, "name": "cats", "favourite": 0}
    assert item["HashtagVideo"]["video_id"] == videos[-1]
    assert item["Video"]["User"]["id"] == item["User"]["id"] == owner.id
    tagged(owner, "cats")  # moves nothing that is still to come
    assert ids(hashtag_page(phone, "cats", friend, 1)) == videos[1::-1]
    assert hashtag_page(phone, "cats", friend, 2)["code"] == 201


def test_the_ios_app_gets_them_inside_the_hashtag(phone: Phone, owner: Person) -> None:
    video = tagged(owner, "cats", view_count=3)
    call = partial(phone.call, "showVideosAgainstHashtag", headers=APPLE)
    answer = call({"hashtag": "cats", "user_id": "0", "starting_point": "0"})
    assert not ios_problems("showVideosAgainstHashtag", answer)
    hashtag = answer["msg"]["Hashtag"]
    assert (hashtag["name"], hashtag["views"], hashtag["videos_count"]) == ("cats", "3", 1)
    assert [item["Video"]["id"] for item in hashtag["videos"]] == [video.pk]
    answer = call({"hashtag": "dogs"})
    assert not ios_problems("showVideosAgainstHashtag", answer)
    assert answer == {"code": 201, "msg": "There are no videos with this hashtag."}


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_videos_are_under_no_hashtag(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = tagged(owner, "cats")
    hide(video, how, friend)
    assert hashtag_page(phone, "cats", friend)["code"] == 201
    assert sections(phone, friend)["code"] == 201
    if how == "its author's account is private":
        assert hashtag_page(phone, "cats")["code"] == 201
        follow(friend, owner)
        assert ids(hashtag_page(phone, "cats", friend)) == [video.pk]
        assert sections(phone, friend)["code"] == 200


def test_stories_are_under_no_hashtag(phone: Phone, owner: Person) -> None:
    tagged(owner, "cats", is_story=True)
    assert hashtag_page(phone, "cats", owner)["code"] == 201
    assert tag("cats").videos_count == 0


def test_the_discover_screen_has_the_most_viewed_hashtags_with_five_videos_each(
    phone: Phone, owner: Person, friend: Person
) -> None:
    cats = [tagged(owner, "cats", view_count=10 * n).pk for n in range(6)]
    dogs = tagged(owner, "dogs", view_count=1000).pk
    tagged(owner, "secret", privacy="private", view_count=9000)
    popularity.add_up_views()
    HashtagFavourite.objects.create(user=friend.user, hashtag=tag("dogs"))
    answer = sections(phone, friend)
    assert [item["Hashtag"]["name"] for item in answer["msg"]] == ["dogs", "cats"]
    first, second = answer["msg"]
    assert (first["Hashtag"]["favourite"], second["Hashtag"]["favourite"]) == (1, 0)
    assert first["Hashtag"]["views"] == "1000"
    assert ids({"code": 200, "msg": first["Hashtag"]["Videos"]}) == [dogs]
    assert ids({"code": 200, "msg": second["Hashtag"]["Videos"]}) == cats[:0:-1]
    assert second["Hashtag"]["videos_count"] == 6
    assert second["DiscoverySection"] == {
        "id": tag("cats").pk,
        "title": "cats",
        "type": "hashtag",
    }
    assert second["Videos"] == second["Hashtag"]["Videos"]
    assert sections(phone, friend, 1)["code"] == 201


def test_a_hidden_hashtag_is_not_on_the_discover_screen(
    phone: Phone, owner: Person, desk: Any
) -> None:
    tagged(owner, "cats")
    url = reverse("admin:videos_hashtag_changelist")
    hiding = {"action": "hide", "_selected_action": [tag("cats").pk]}
    desk.post(url, hiding | {"confirmed": "yes", "reason": "spam"})
    assert sections(phone)["code"] == 201
    assert hashtag_page(phone, "cats")["code"] == 200
    desk.post(url, {"action": "show", "_selected_action": [tag("cats").pk]})
    assert sections(phone)["code"] == 200


def test_a_hashtag_is_kept_with_200_and_let_go_with_201(
    phone: Phone, owner: Person, friend: Person
) -> None:
    tagged(owner, "cats")
    for values in ({"hashtag_id": str(tag("cats").pk)}, {"hashtag": "#Cats"}):
        answer = phone.call("addHashtagFavourite", values, by=friend)
        assert_both_clients_parse("addHashtagFavourite", answer)
        assert answer["msg"]["HashtagFavourite"]["user_id"] == friend.id
        assert answer["msg"]["Hashtag"]["favourite"] == 1
        assert hashtag_page(phone, "cats", friend)["msg"][0]["Hashtag"]["favourite"] == 1
        assert hashtag_page(phone, "cats", owner)["msg"][0]["Hashtag"]["favourite"] == 0
        answer = phone.call("addHashtagFavourite", values, by=friend)
        assert_both_clients_parse("addHashtagFavourite", answer)
        assert answer == {"code": 201, "msg": "unfavourite"}
        assert HashtagFavourite.objects.count() == 0


def test_kept_hashtags_come_last_kept_first_and_are_nobody_elses(
    phone: Phone, owner: Person, friend: Person
) -> None:
    kept = []
    for number in range(11):
        row = Hashtag.objects.create(name=f"tag{number}")
        HashtagFavourite.objects.create(user=owner.user, hashtag=row)
        kept.insert(0, row.name)
    names = []
    for page in range(2):
        answer = phone.call("showFavouriteHashtags", {"starting_point": str(page)}, by=owner)
        assert_both_clients_parse("showFavouriteHashtags", answer)
        names += [item["Hashtag"]["name"] for item in answer["msg"]]
    assert names == kept
    answer = phone.call("showFavouriteHashtags", by=friend)
    assert_both_clients_parse("showFavouriteHashtags", answer)
    assert answer["code"] == 201
    assert phone.call("showFavouriteHashtags", {"user_id": owner.id}, by=friend)["code"] == 201


@pytest.mark.parametrize(
    "values",
    [{}, {"hashtag_id": "abc"}, {"hashtag_id": -1}, {"hashtag_id": 999_999}, {"hashtag": "none"}],
)
def test_an_odd_hashtag_is_refused(values: Any, phone: Phone, owner: Person) -> None:
    answer = phone.call("addHashtagFavourite", values, by=owner)
    assert_both_clients_parse("addHashtagFavourite", answer)
    assert answer["code"] == 201


@pytest.mark.parametrize("values", [{}, {"hashtag": []}, {"hashtag": "x" * 200}, {"hashtag": "#"}])
def test_an_odd_page_is_refused(values: Any, phone: Phone, owner: Person) -> None:
    for more in ({}, {"starting_point": "x"}):
        answer = phone.call("showVideosAgainstHashtag", values | more, by=owner)
        assert answer["code"] == 201


def test_strangers_and_wrong_tokens_get_nowhere(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    tagged(owner, "cats")
    for name in (*CALLS, "addHashtagFavourite", "showFavouriteHashtags"):
        values = {"hashtag": "cats", "user_id": owner.id}
        assert phone.call(name, values, by=stranger)["code"] == 201
        assert phone.call(name, values, headers={"Auth-Token": "wrong"})["code"] == 401
    for name in ("addHashtagFavourite", "showFavouriteHashtags"):
        assert phone.call(name, {"hashtag": "cats", "user_id": "0"})["code"] == 401
    assert HashtagFavourite.objects.count() == 0


def test_query_counts_do_not_grow(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for length in (1, 8):
        for number in range(length):
            tagged(owner, "cats", f"tag{number}")
        with django_assert_num_queries(3):  # token, hashtag, page
            hashtag_page(phone, "cats", friend)
        with django_assert_num_queries(2):
            sections(phone, friend)
        with django_assert_num_queries(1):
            sections(phone)
    cats = {"hashtag_id": tag("cats").pk}
    with django_assert_num_queries(7):  # token, savepoints, look, there?, insert, answer
        phone.call("addHashtagFavourite", cats, by=friend)
    with django_assert_num_queries(2):
        phone.call("showFavouriteHashtags", by=friend)
    with django_assert_num_queries(4):  # token, savepoints, delete
        phone.call("addHashtagFavourite", cats, by=friend)


@pytest.mark.parametrize(
    "hidden",
    [{"privacy": "private"}, {"block": True}, {"is_story": True}, {"state": "deleted"}],
)
def test_a_hashtag_counts_its_public_videos_exactly(hidden: Any, owner: Person) -> None:
    video, other = tagged(owner, "cats", "dogs"), tagged(owner, "cats")
    shown = {name: getattr(video, name) for name in hidden}
    Video.objects.filter(pk=video.pk).update(**hidden)
    assert (tag("cats").videos_count, tag("dogs").videos_count) == (1, 0)
    set_hashtags(video=video, names=["cats", "birds"])
    assert (tag("cats").videos_count, tag("birds").videos_count) == (1, 0)
    Video.objects.filter(pk=video.pk).update(**shown)
    assert (tag("cats").videos_count, tag("birds").videos_count) == (2, 1)
    set_hashtags(video=video, names=["dogs"])
    counts = {row.name: row.videos_count for row in Hashtag.objects.all()}
    assert counts == {"cats": 1, "dogs": 1, "birds": 0}
    other.delete()
    video.delete()
    assert set(Hashtag.objects.values_list("videos_count", flat=True)) == {0}


def test_counting_again_repairs_the_numbers(owner: Person, desk: Any) -> None:
    tagged(owner, "cats", view_count=5)
    Hashtag.objects.update(videos_count=9, views=9)
    url = reverse("admin:videos_hashtag_changelist")
    desk.post(url, {"action": "count_again", "_selected_action": [tag("cats").pk]})
    assert (tag("cats").videos_count, tag("cats").views) == (1, 5)


def test_views_are_added_up(owner: Person) -> None:
    video = tagged(owner, "cats", view_count=5)
    tagged(owner, "cats", view_count=7, privacy="private")
    popularity.add_up_views()
    assert tag("cats").views == 5
    video.delete()
    popularity.add_up_views()
    assert tag("cats").views == 0


@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_after_a_storm_of_changes() -> None:
    author = make_person("author")
    videos = [tagged(author, "cats", "dogs") for _ in range(4)]

    def change(video: Video) -> None:
        for number in range(6):
            privacy = "public" if number % 2 else "private"
            Video.objects.filter(pk=video.pk).update(privacy=privacy)
            set_hashtags(video=video, names=["dogs", "cats"] if number % 2 else ["birds", "cats"])
        post(author)

    at_once(*(partial(change, video) for video in videos))
    for row in Hashtag.objects.all():
        assert row.videos_count == VideoHashtag.objects.filter(hashtag=row).count()
    assert tag("cats").videos_count == 4
