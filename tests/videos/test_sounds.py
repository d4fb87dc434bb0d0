"""The library of sounds, kept sounds, and videos with a sound"""

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.users.models import Block, User
from apps.videos.models import Sound, SoundFavourite, SoundSection, Video
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.discovering import found, ids, new_sound
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

ASKS = {
    "showSounds": {},
    "showSoundsAgainstSection": {"sound_section_id": 1},
    "searchSoundsAgainstSection": {"sound_section_id": 1, "keyword": "tune"},
    "showFavouriteSounds": {},
    "addSoundFavourite": {"sound_id": 1},
    "showVideosAgainstSound": {"sound_id": 1},
    "deleteSound": {"sound_id": 1},
}
SIGNED_IN = ["showFavouriteSounds", "addSoundFavourite", "deleteSound", "addSound"]


def call(phone: Phone, name: str, by: Person | None = None, **values: Any) -> Any:
    answer = phone.call(name, {key: str(value) for key, value in values.items()}, by=by)
    assert_both_clients_parse(name, answer)
    return answer


@pytest.fixture
def section() -> SoundSection:
    return SoundSection.objects.create(name="Pop", position=2)


def test_the_library_has_the_newest_sounds_of_each_section(
    phone: Phone, owner: Person, section: SoundSection
) -> None:
    first = SoundSection.objects.create(name="Rock", position=1)
    SoundSection.objects.create(name="Empty")
    pop = [new_sound(f"Pop {n}", section=section).pk for n in range(4)]
    rock = new_sound("Rock", section=first, description="Loud")
    SoundFavourite.objects.create(user=owner.user, sound=rock)
    post(owner, sound=rock)
    answer = call(phone, "showSounds", owner, starting_point=0)
    assert [item["SoundSection"]["name"] for item in answer["msg"]] == ["Rock", "Pop"]
    assert [sound["id"] for sound in answer["msg"][1]["Sound"]] == pop[:0:-1]
    sound = answer["msg"][0]["Sound"][0]
    assert (sound["sound_section_id"], sound["section"]) == (first.pk, str(first.pk))
    assert (sound["favourite"], sound["total_videos"], sound["duration"]) == (1, 1, "00:12")
    assert call(phone, "showSounds", starting_point=0)["msg"][0]["Sound"][0]["favourite"] == 0
    for page in (1, 9_999):
        assert call(phone, "showSounds", owner, starting_point=page)["msg"] == []


def test_a_sections_sounds_come_newest_first_in_pages(
    phone: Phone, owner: Person, section: SoundSection
) -> None:
    sounds = [new_sound(section=section).pk for _ in range(12)]
    new_sound("of no section")
    values = {"sound_section_id": section.pk}
    shown = call(phone, "showSoundsAgainstSection", owner, starting_point=0, **values)
    assert found(shown, "Sound") == sounds[:1:-1]
    shown = call(phone, "showSoundsAgainstSection", owner, starting_point=1, **values)
    assert found(shown, "Sound") == sounds[1::-1]
    shown = call(phone, "showSoundsAgainstSection", owner, starting_point=2, **values)
    assert shown == {"code": 200, "msg": []}


def test_words_are_searched_in_a_section_alone(phone: Phone, section: SoundSection) -> None:
    wanted = new_sound("Sommer Café", section=section)
    new_sound("Winter", section=section)
    new_sound("Cafe elsewhere", section=SoundSection.objects.create(name="Rock"))
    values = {"sound_section_id": section.pk}
    for keyword in ("cafe", "CAFÉ", "som", "cafe somm"):
        shown = call(phone, "searchSoundsAgainstSection", keyword=keyword, **values)
        assert found(shown, "Sound") == [wanted.pk]
        assert shown["msg"][0]["SoundSection"]["name"] == "Pop"
    for keyword in ("afe", "!?", "nothing"):
        shown = call(phone, "searchSoundsAgainstSection", keyword=keyword, **values)
        assert shown["code"] == 201


def hide_sound(sound: Sound, how: str, viewer: Person) -> None:
    owner = sound.user
    assert owner is not None
    if how == "unpublished":
        Sound.objects.update(publish=False)
    elif how == "its uploader blocked the viewer":
        Block.objects.create(blocker=owner, blocked=viewer.user)
    elif how == "the viewer blocked its uploader":
        Block.objects.create(blocker=viewer.user, blocked=owner)
    else:
        fields = {"a private account": {"is_private": True}, "banned": {"status": "banned"}}[how]
        User.objects.filter(pk=owner.pk).update(**fields)


@pytest.mark.parametrize(
    "how",
    [
        *("unpublished", "its uploader blocked the viewer", "the viewer blocked its uploader"),
        *("a private account", "banned"),
    ],
)
def test_a_sound_out_of_reach_is_nowhere(
    how: str, phone: Phone, owner: Person, friend: Person, section: SoundSection
) -> None:
    sound = new_sound(section=section, user=owner.user)
    post(friend, sound=sound)
    SoundFavourite.objects.create(user=friend.user, sound=sound)
    hide_sound(sound, how, friend)
    assert call(phone, "showSounds", friend)["msg"] == []
    values = {"sound_section_id": section.pk}
    assert call(phone, "showSoundsAgainstSection", friend, **values)["msg"] == []
    searched = call(phone, "searchSoundsAgainstSection", friend, keyword="tune", **values)
    assert searched["code"] == 201
    assert call(phone, "showFavouriteSounds", friend)["code"] == 201
    assert call(phone, "showVideosAgainstSound", friend, sound_id=sound.pk)["code"] == 201
    # Letting it go is always possible; keeping it again is not.
    assert call(phone, "addSoundFavourite", friend, sound_id=sound.pk)["msg"] == "unfavourite"
    assert call(phone, "addSoundFavourite", friend, sound_id=sound.pk)["code"] == 201
    if how == "a private account":
        follow(friend, owner)
        assert call(phone, "addSoundFavourite", friend, sound_id=sound.pk)["code"] == 200
    if how != "banned":
        assert found(call(phone, "showSoundsAgainstSection", owner, **values), "Sound")


def test_a_sound_is_kept_and_let_go(phone: Phone, owner: Person, friend: Person) -> None:
    sound = new_sound(user=owner.user)
    answer = call(phone, "addSoundFavourite", friend, sound_id=sound.pk)
    assert answer["code"] == 200
    item = answer["msg"][0]
    assert item["SoundFavourite"]["user_id"] == item["User"]["id"] == friend.id
    assert (item["Sound"]["id"], item["Sound"]["favourite"]) == (sound.pk, 1)
    kept = call(phone, "showFavouriteSounds", friend, starting_point=0)
    assert found(kept, "Sound") == [sound.pk]
    assert call(phone, "showFavouriteSounds", owner)["code"] == 201
    answer = call(phone, "addSoundFavourite", friend, sound_id=sound.pk)
    assert answer == {"code": 200, "msg": "unfavourite"}
    assert SoundFavourite.objects.count() == 0


def test_the_videos_of_a_sound_come_newest_first_in_pages(
    phone: Phone, owner: Person, friend: Person
) -> None:
    sound = new_sound()
    videos = [post(owner, sound=sound).pk for _ in range(12)]
    post(owner)
    SoundFavourite.objects.create(user=friend.user, sound=sound)
    first = call(phone, "showVideosAgainstSound", friend, sound_id=sound.pk, device_id="")
    assert (ids(first), first["sound_fav"]) == (videos[:1:-1], 1)
    assert first["msg"][0]["Sound"]["total_videos"] == 12
    second = call(phone, "showVideosAgainstSound", friend, sound_id=sound.pk, starting_point=1)
    assert ids(second) == videos[1::-1]
    third = call(phone, "showVideosAgainstSound", friend, sound_id=sound.pk, starting_point=2)
    assert (third["code"], third["sound_fav"]) == (201, 1)
    assert call(phone, "showVideosAgainstSound", sound_id=sound.pk)["sound_fav"] == 0


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_videos_are_under_no_sound(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    sound = new_sound()
    hide(post(owner, sound=sound), how, friend)
    assert call(phone, "showVideosAgainstSound", friend, sound_id=sound.pk)["code"] == 201


def test_a_sound_counts_its_public_videos_exactly(owner: Person, desk: Any) -> None:
    one, other = new_sound("one"), new_sound("other")
    videos = [post(owner, sound=one) for _ in range(3)]
    post(owner, sound=one, privacy="private")

    def counts() -> tuple[int, int]:
        one.refresh_from_db()
        other.refresh_from_db()
        return one.videos_count, other.videos_count

    assert counts() == (3, 0)
    Video.objects.filter(pk=videos[0].pk).update(sound=other)
    assert counts() == (2, 1)
    Video.objects.filter(pk=videos[0].pk).update(sound=None)
    Video.objects.filter(pk=videos[1].pk).update(block=True, sound=other)
    assert counts() == (1, 0)
    Video.objects.filter(pk=videos[1].pk).update(block=False)
    assert counts() == (1, 1)
    videos[2].delete()
    assert counts() == (0, 1)
    Sound.objects.update(videos_count=7)
    url = reverse("admin:videos_sound_changelist")
    desk.post(url, {"action": "count_again", "_selected_action": [one.pk, other.pk]})
    assert counts() == (0, 1)


@pytest.mark.parametrize("name", [*ASKS, "addSound"])
def test_strangers_and_wrong_tokens_get_nowhere(
    name: str, phone: Phone, owner: Person, stranger: Person
) -> None:
    sound = new_sound(user=owner.user)
    values = ASKS.get(name, {}) | {"sound_id": sound.pk}
    answer = phone.call(name, values | {"user_id": owner.id}, by=stranger)
    assert (answer["code"], "own account" in answer["msg"]) == (201, True)
    assert phone.call(name, values, headers={"Auth-Token": "wrong"})["code"] == 401
    assert (phone.call(name, values)["code"] == 401) is (name in SIGNED_IN)
    assert Sound.objects.filter(pk=sound.pk).exists()
    assert SoundFavourite.objects.count() == 0


@pytest.mark.parametrize("odd", ["", None, "abc", -1, 10**30, [], 999_999])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("addSoundFavourite", "sound_id"),
        ("showVideosAgainstSound", "sound_id"),
        ("deleteSound", "sound_id"),
        ("searchSoundsAgainstSection", "sound_section_id"),
    ],
)
def test_an_odd_id_is_refused(name: str, key: str, odd: Any, phone: Phone, owner: Person) -> None:
    answer = phone.call(name, ASKS[name] | {key: odd}, by=owner)
    assert_both_clients_parse(name, answer)
    assert answer["code"] == 201


def test_query_counts_do_not_grow(
    phone: Phone,
    owner: Person,
    friend: Person,
    section: SoundSection,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for length in (1, 8):
        for _ in range(length):
            sound = new_sound(section=section)
            post(owner, sound=sound)
            SoundFavourite.objects.create(user=friend.user, sound=sound)
        counts = {
            "showSounds": 2,
            "showSoundsAgainstSection": 2,
            "searchSoundsAgainstSection": 3,  # token, ids, items
            "showFavouriteSounds": 2,
            "showVideosAgainstSound": 3,  # token, sound, page
        }
        for name, count in counts.items():
            ask = ASKS[name] | {"sound_section_id": section.pk, "sound_id": sound.pk}
            with django_assert_num_queries(count):
                assert phone.call(name, ask, by=friend)["code"] == 200
