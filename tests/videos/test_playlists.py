"""addPlaylist, showPlaylists, deletePlaylist, deletePlaylistVideo, and where playlists show"""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.videos.models import Playlist, PlaylistVideo, Video
from apps.videos.services import playlists
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, follow, hide, post

CALLS = {
    "addPlaylist": {"name": "Mine", "videos": []},
    "showPlaylists": {"id": 1},
    "deletePlaylist": {"id": 1},
    "deletePlaylistVideo": {"id": 1},
}


def add(phone: Phone, by: Person, *videos: Video, name: str = "Best of", **more: Any) -> Any:
    rows = [{"video_id": str(video.pk), "order": n} for n, video in enumerate(videos, start=1)]
    values = {"name": name, "videos": rows, "user_id": str(by.id)} | more
    answer = phone.call("addPlaylist", values, by=by)
    assert_both_clients_parse("addPlaylist", answer)
    return answer


def shown(phone: Phone, playlist_id: int, by: Person | None) -> Any:
    answer = phone.call("showPlaylists", {"id": str(playlist_id)}, by=by)
    assert_both_clients_parse("showPlaylists", answer)
    return answer


def videos(answer: Any) -> list[int]:
    return [row["Video"]["id"] for row in answer["msg"]["PlaylistVideo"]]


def test_a_playlist_holds_own_videos_in_their_order(
    phone: Phone, owner: Person, friend: Person
) -> None:
    first, second, third = post(owner), post(owner), post(owner)
    rows = [
        {"video_id": str(third.pk), "order": 2},
        {"video_id": first.pk, "order": "1"},
        {"video_id": third.pk, "order": 3},
    ]
    answer = add(phone, owner, videos=rows)
    assert (answer["code"], videos(answer)) == (200, [first.pk, third.pk])
    playlist = answer["msg"]["Playlist"]
    assert (playlist["name"], playlist["user_id"]) == ("Best of", owner.id)
    for by in (owner, friend, None):
        answer = shown(phone, playlist["id"], by)
        assert videos(answer) == [first.pk, third.pk]
        assert answer["msg"]["PlaylistVideo"][0]["Video"]["User"]["id"] == owner.id
    answer = add(phone, owner, second, first, name="Again", id=str(playlist["id"]))
    assert videos(answer) == [second.pk, first.pk]
    assert Playlist.objects.get().name == "Again"


def test_a_video_says_in_which_playlist_it_is(phone: Phone, owner: Person, friend: Person) -> None:
    video, other = post(owner), post(owner)
    playlist = add(phone, owner, video)["msg"]["Playlist"]
    add(phone, owner, video, name="Later")
    entry = PlaylistVideo.objects.order_by("pk").first()
    detail = phone.call("showVideoDetail", {"video_id": video.pk}, by=friend)["msg"]["Video"]
    assert entry is not None
    assert detail["PlaylistVideo"]["id"] == entry.pk
    assert detail["PlaylistVideo"]["Playlist"]["id"] == playlist["id"]
    detail = phone.call("showVideoDetail", {"video_id": other.pk}, by=friend)["msg"]["Video"]
    assert detail["PlaylistVideo"] == {"id": 0}


def test_a_profile_lists_the_playlists_to_whom_it_is_open(
    phone: Phone, owner: Person, friend: Person
) -> None:
    playlist = add(phone, owner, post(owner))["msg"]["Playlist"]

    def listed(by: Person) -> list[Any]:
        values = {} if by is owner else {"other_user_id": owner.id}
        answer = phone.call("showUserDetail", values, by=by)
        assert_both_clients_parse("showUserDetail", answer)
        return answer["msg"]["Playlist"]

    assert listed(owner) == listed(friend) == [playlist]
    hide(Video.objects.get(), "its author's account is private", friend)
    assert listed(owner) == [playlist]
    assert listed(friend) == []
    assert shown(phone, playlist["id"], friend)["code"] == 201
    follow(friend, owner)
    assert listed(friend) == [playlist]


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_hidden_videos_are_in_nobody_elses_view_of_a_playlist(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    playlist = add(phone, owner, video)["msg"]["Playlist"]
    hide(video, how, friend)
    answer = shown(phone, playlist["id"], friend)
    assert answer["code"] == 201 or videos(answer) == []


def test_playlists_and_their_videos_are_deleted_and_the_videos_stay(
    phone: Phone, owner: Person
) -> None:
    one, two = post(owner), post(owner)
    answer = add(phone, owner, one, two)["msg"]
    entry = {"id": str(answer["PlaylistVideo"][0]["id"])}
    for _ in range(2):
        assert phone.call("deletePlaylistVideo", entry, by=owner) == {"code": 200, "msg": "success"}
    assert videos(shown(phone, answer["Playlist"]["id"], owner)) == [two.pk]
    for _ in range(2):
        values = {"id": answer["Playlist"]["id"]}
        assert phone.call("deletePlaylist", values, by=owner) == {"code": 200, "msg": "success"}
    assert (Playlist.objects.count(), Video.objects.count()) == (0, 2)
    assert shown(phone, answer["Playlist"]["id"], owner)["code"] == 201


def test_strangers_change_nothing(phone: Phone, owner: Person, stranger: Person) -> None:
    video, theirs = post(owner), post(stranger)
    answer = add(phone, owner, video)["msg"]
    playlist_id, entry_id = answer["Playlist"]["id"], answer["PlaylistVideo"][0]["id"]
    refused = {"code": 201, "msg": playlists.NOT_YOURS}
    assert add(phone, stranger, theirs, id=playlist_id) == refused
    assert phone.call("deletePlaylist", {"id": playlist_id}, by=stranger) == refused
    assert phone.call("deletePlaylistVideo", {"id": entry_id}, by=stranger) == refused
    assert add(phone, stranger, video)["msg"] == playlists.OTHERS_VIDEO
    assert videos(shown(phone, playlist_id, owner)) == [video.pk]
    assert Playlist.objects.count() == 1


@pytest.mark.parametrize("name", CALLS)
def test_guests_and_wrong_tokens(name: str, phone: Phone, owner: Person, friend: Person) -> None:
    assert phone.call(name, CALLS[name], headers={"Auth-Token": "wrong"})["code"] == 401
    answer = phone.call(name, CALLS[name])
    assert answer["code"] == (201 if name == "showPlaylists" else 401)
    answer = phone.call(name, CALLS[name] | {"user_id": owner.id}, by=friend)
    assert (answer["code"], Playlist.objects.count()) == (201, 0)


@pytest.mark.parametrize(
    "values",
    [
        {"videos": []},
        {"name": "x"},
        {"name": "x" * 101, "videos": []},
        {"name": "x", "videos": [{"video_id": "abc"}]},
        {"name": "x", "videos": [{"order": 1}]},
        {"name": "x", "videos": [{"video_id": 999_999}]},
        {"name": "x", "videos": [], "id": "abc"},
        {"name": "x", "videos": [], "id": 999_999},
    ],
)
def test_an_odd_playlist_is_refused(values: Any, phone: Phone, owner: Person) -> None:
    answer = phone.call("addPlaylist", values, by=owner)
    assert (answer["code"], Playlist.objects.count()) == (201, 0)


def test_there_is_an_end_to_playlists_and_their_length(
    phone: Phone, owner: Person, monkeypatch: Any
) -> None:
    monkeypatch.setattr(playlists, "MOST_VIDEOS", 1)
    monkeypatch.setattr(playlists, "MOST_PLAYLISTS", 1)
    one, two = post(owner), post(owner)
    assert add(phone, owner, one, two)["msg"] == playlists.TOO_LONG
    assert add(phone, owner, one)["code"] == 200
    assert add(phone, owner, two)["msg"] == playlists.TOO_MANY


def test_query_counts_do_not_grow(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for length in (1, 5):
        posted = [post(owner) for _ in range(length)]
        playlist = add(phone, owner, *posted)["msg"]["Playlist"]
        with django_assert_num_queries(5):  # token, owner, may see (block, private), playlist
            shown(phone, playlist["id"], friend)
