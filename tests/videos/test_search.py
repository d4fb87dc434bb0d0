"""search"""

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Block, User
from apps.users.words import fold, query_of
from apps.videos.discovery import search as searching
from apps.videos.models import Hashtag, SoundFavourite
from tests.cast import Person, Phone, make_person
from tests.videos.discovering import found, ids, new_sound, search, tagged
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

KEYS = {"user": "User", "video": "Video", "sound": "Sound", "hashtag": "Hashtag"}


@pytest.fixture
def world(owner: Person) -> Person:
    """Something of each kind that is found by "sunset"."""
    author = make_person("sunset.lover")
    tagged(author, "sunset", description="A sunset", sound=new_sound("Sunset song"))
    return author


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_is_found_by_the_beginning_of_a_word(
    kind: str, phone: Phone, world: Person, friend: Person
) -> None:
    for by in (friend, None):
        for keyword in ("sun", "SUNSET", " sünset "):
            assert len(found(search(phone, kind, keyword, by), KEYS[kind])) == 1
        for keyword in ("unset", "sunrise", "%", "'", "\\", "🌅"):
            assert search(phone, kind, keyword, by)["code"] == 201
        assert search(phone, kind, "sun", by, 1)["code"] == 201
        assert search(phone, kind, "sun", by, 9_999)["code"] == 201
    answer = phone.call("search", {"type": f"{kind}s", "keyword": "sun"}, by=friend)
    assert len(found(answer, KEYS[kind])) == 1


def test_the_very_name_comes_first_and_then_the_most_followed(phone: Phone, owner: Person) -> None:
    wanted = [make_person("mia").id]
    for number in (3, 1, 2):
        person = make_person(f"mia{number}")
        User.objects.filter(pk=person.id).update(followers_count=number)
    wanted += [User.objects.get(username=f"mia{n}").pk for n in (3, 2, 1)]
    named = make_person("other.name", first_name="Mia", last_name="Löwe")
    assert found(search(phone, "user", "mia", owner), "User") == [*wanted, named.id]
    for keyword in ("lowe", "mia löw", "name oth", "@other.name"):
        assert found(search(phone, "user", keyword, owner), "User") == [named.id]
    item = search(phone, "user", "@MIA", owner)["msg"][0]
    assert item["User"]["username"] == "mia"
    assert item["PrivacySetting"]["id"] == wanted[0]


@pytest.mark.parametrize("how", ["blocked", "blocking", "banned", "deleted", "staff"])
def test_people_who_are_not_to_be_seen_are_not_found(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    if how == "blocked":
        Block.objects.create(blocker=friend.user, blocked=owner.user)
    elif how == "blocking":
        Block.objects.create(blocker=owner.user, blocked=friend.user)
    elif how == "staff":
        User.objects.filter(pk=owner.id).update(is_staff=True)
    else:
        User.objects.filter(pk=owner.id).update(status=how)
    assert search(phone, "user", "owner", friend)["code"] == 201
    assert search(phone, "user", "friend", friend)["code"] == 201  # one does not find oneself


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_videos_are_not_found(how: str, phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner, description="My cat")
    hide(video, how, friend)
    assert search(phone, "video", "cat", friend)["code"] == 201
    if how == "its author's account is private":
        follow(friend, owner)
        assert ids(search(phone, "video", "cat", friend)) == [video.pk]


def test_videos_need_every_word_and_the_hottest_come_first(
    phone: Phone, owner: Person, friend: Person
) -> None:
    cold = post(owner, description="A black cat, asleep")
    hot = post(owner, description="My cat is #black", like_count=500)
    post(owner, description="A black dog")
    post(owner, description="A black cat", is_story=True)
    assert ids(search(phone, "video", "black cat", friend)) == [hot.pk, cold.pk]
    assert search(phone, "video", "black cat", owner)["code"] == 201  # one's own are known


def test_pages_hold_everything_once_up_to_the_best(
    phone: Phone, owner: Person, friend: Person, monkeypatch: Any
) -> None:
    monkeypatch.setattr(searching, "TOP", 20)
    videos = [post(owner, description="cat", like_count=10**n).pk for n in range(5)]
    videos = [post(owner, description="cat").pk for _ in range(18)] + videos
    seen = [pk for page in range(4) for pk in ids(search(phone, "video", "cat", friend, page))]
    assert seen == videos[:2:-1]


def test_rare_words_are_found_among_many_popular_videos(
    phone: Phone, owner: Person, friend: Person
) -> None:
    rare = post(owner, description="zebra")
    for number in range(12):
        post(owner, description="cat", like_count=number)
    assert ids(search(phone, "video", "zebra", friend)) == [rare.pk]


def test_hashtags_of_public_videos_are_found_the_most_viewed_first(
    phone: Phone, owner: Person, friend: Person
) -> None:
    for name, views in (("cats", 5), ("catsofclipcast", 900), ("cat_café", 7)):
        tagged(owner, name)
        Hashtag.objects.filter(name=name).update(views=views)
    tagged(owner, "catsecret", privacy="private")
    tagged(owner, "cathidden")
    Hashtag.objects.filter(name="cathidden").update(is_hidden=True)
    names = [item["Hashtag"]["name"] for item in search(phone, "hashtag", "#Cat", friend)["msg"]]
    assert names == ["catsofclipcast", "cat_café", "cats"]
    names = [item["Hashtag"]["name"] for item in search(phone, "hashtag", "cats", friend)["msg"]]
    assert names == ["cats", "catsofclipcast"]
    assert search(phone, "hashtag", "cat_cafe", friend)["msg"][0]["Hashtag"]["name"] == "cat_café"
    for keyword in ("", "_"):  # suggestions, as the iOS app asks for them
        assert len(search(phone, "hashtag", keyword, friend)["msg"]) == 3


def test_sounds_out_of_reach_are_not_found(phone: Phone, owner: Person, friend: Person) -> None:
    mine = new_sound("Tune", user=friend.user, publish=False)
    new_sound("Tune", user=owner.user, publish=False)
    known = new_sound("Known tune", user=owner.user)
    post(owner, sound=known)
    assert found(search(phone, "sound", "tune", friend), "Sound") == [known.pk, mine.pk]
    assert found(search(phone, "sound", "tune", None), "Sound") == [known.pk]
    Block.objects.create(blocker=owner.user, blocked=friend.user)
    assert found(search(phone, "sound", "tune", friend), "Sound") == [mine.pk]


def test_ones_own_lists_are_searched(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    follow(owner, friend)
    follow(stranger, owner)
    sound = new_sound("Tune")
    SoundFavourite.objects.create(user=owner.user, sound=sound)
    following = search(phone, "following", "rien", owner)
    assert found(following, "FollowingList") == [friend.id]
    assert found(search(phone, "follower", "STRANG", owner), "FollowerList") == [stranger.id]
    assert found(search(phone, "sound_favourite", "un", owner), "Sound") == [sound.pk]
    for kind in ("following", "follower", "sound_favourite"):
        assert search(phone, kind, "nothing", owner)["code"] == 201
        assert search(phone, kind, "", friend)["code"] == (200 if kind == "follower" else 201)
        assert search(phone, kind, "x", None)["code"] == 401


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"type": "user"},
        {"type": "store", "keyword": "a"},
        {"type": [], "keyword": "a"},
        {"type": "user", "keyword": "x" * 200},
        {"type": "user", "keyword": "a", "starting_point": "x"},
        {"type": "user", "keyword": {}},
        {"type": "video", "keyword": "a & b | !c:* '' \\ <-> ("},
        {"type": "user", "keyword": "\u0000"},
    ],
)
def test_an_odd_search_finds_nothing(values: Any, phone: Phone, owner: Person) -> None:
    assert phone.call("search", values, by=owner)["code"] == 201


def test_nobody_searches_as_another(phone: Phone, owner: Person, stranger: Person) -> None:
    values = {"type": "following", "keyword": "", "user_id": owner.id}
    assert phone.call("search", values, by=stranger)["code"] == 201
    assert phone.call("search", values, headers={"Auth-Token": "wrong"})["code"] == 401


def test_query_counts(
    phone: Phone,
    world: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    searching.has_trigrams()
    search(phone, "user", "sun", friend)  # remembers who is popular
    for kind in KEYS:
        with django_assert_num_queries(3):  # token, ids, items
            search(phone, kind, "sun", friend)
        with django_assert_num_queries(2):
            search(phone, kind, "sunrise", friend)


@pytest.mark.parametrize("text", ["Crème BRÛLÉE", "Ångström", "loop_lab-2.0/x@y", "ÑANDÚ ﬁne"])
def test_words_are_folded_as_the_database_folds_them(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT trim(clipcast_fold(%s))", [text])
        assert cursor.fetchone()[0] == fold(text)
        cursor.execute(
            "SELECT to_tsvector('simple', clipcast_fold(%s)) @@ %s::tsquery", [text, query_of(text)]
        )
        assert cursor.fetchone()[0] is True


# The embedded server has no pg_trgm. These stand-ins have its names and its meaning, roughly: so
# the statements run, and what is nearly right is found.
STAND_INS = """
    CREATE FUNCTION similarity(text, text) RETURNS real LANGUAGE sql IMMUTABLE
        AS $$ SELECT CASE WHEN left($1, 2) = left($2, 2) THEN 0.5 ELSE 0 END::real $$;
    CREATE FUNCTION word_similarity(text, text) RETURNS real LANGUAGE sql IMMUTABLE
        AS $$ SELECT CASE WHEN strpos($2, left($1, 2)) > 0 THEN 0.5 ELSE 0 END::real $$;
    CREATE FUNCTION nearly(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE
        AS $$ SELECT similarity($1, $2) > 0.3 $$;
    CREATE FUNCTION nearly_within(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE
        AS $$ SELECT word_similarity($1, $2) > 0.3 $$;
    CREATE OPERATOR % (LEFTARG = text, RIGHTARG = text, FUNCTION = nearly);
    CREATE OPERATOR <% (LEFTARG = text, RIGHTARG = text, FUNCTION = nearly_within)"""


@pytest.mark.parametrize("kind", KEYS)
def test_typos_are_forgiven_where_the_server_can(
    kind: str, phone: Phone, world: Person, friend: Person, monkeypatch: Any
) -> None:
    assert search(phone, kind, "sunsett", friend)["code"] == 201
    with connection.cursor() as cursor:
        cursor.execute(STAND_INS)
    monkeypatch.setattr(searching, "has_trigrams", lambda: True)
    assert len(found(search(phone, kind, "sunsett", friend), KEYS[kind])) == 1
    assert search(phone, kind, "xyz", friend)["code"] == 201
