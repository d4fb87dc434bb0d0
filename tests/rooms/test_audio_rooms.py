"""POST /api/addRoom, joinRoom, leaveRoom, deleteRoom, assignModerator, inviteUserToRoom,
showRooms, showRoomDetail, showUserJoinedRooms, showTopics and reportRoom"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.moderation.models import Report
from apps.notifications.models import Notification
from apps.rooms import services
from apps.rooms.models import AudioRoom, Member, Topic
from apps.users.models import Block, Follow, User
from apps.users.services import follows
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse

AUDIENCE, MODERATOR, SPEAKER = 0, 1, 2


@pytest.fixture
def room(phone: Phone, owner: Person) -> AudioRoom:
    answer = phone.call(
        "addRoom", {"user_id": str(owner.id), "title": "Tea", "privacy": "0"}, by=owner
    )
    return AudioRoom.objects.get(pk=answer["msg"]["Room"]["id"])


def join(phone: Phone, room: AudioRoom, person: Person) -> dict[str, Any]:
    values = {"user_id": str(person.id), "room_id": str(room.pk), "moderator": "0"}
    return phone.call("joinRoom", values, by=person)


def assign(
    phone: Phone, room: AudioRoom, target: Person, role: object, *, by: Person
) -> dict[str, Any]:
    values = {"user_id": str(target.id), "room_id": str(room.pk), "moderator": str(role)}
    return phone.call("assignModerator", values, by=by)


def leave(phone: Phone, room: AudioRoom, person: Person) -> dict[str, Any]:
    return phone.call("leaveRoom", {"room_id": str(room.pk)}, by=person)


def delete(phone: Phone, room: AudioRoom, person: Person) -> dict[str, Any]:
    return phone.call("deleteRoom", {"id": str(room.pk)}, by=person)


def members(room: AudioRoom) -> dict[int, int]:
    return dict(room.members.values_list("user_id", "role"))


def is_open(room: AudioRoom) -> bool:
    return AudioRoom.objects.filter(pk=room.pk, ended_at=None).exists()


def test_a_room_is_made_with_its_host_as_moderator(phone: Phone, owner: Person) -> None:
    topic = Topic.objects.get(title="Music")
    values = {"user_id": str(owner.id), "title": "Tea", "privacy": "0", "topic_id": str(topic.pk)}
    answer = phone.call("addRoom", values, by=owner)
    assert_both_clients_parse("addRoom", answer)
    room, host = answer["msg"]["Room"], answer["msg"]["RoomMember"][0]
    assert (room["title"], room["user_id"], room["privacy"]) == ("Tea", owner.id, 0)
    assert (host["moderator"], host["User"]["username"]) == (MODERATOR, "owner")
    assert answer["msg"]["Topic"]["title"] == "Music"


@pytest.mark.parametrize(
    "values",
    [{}, {"title": ""}, {"title": "x" * 101}, {"title": "Tea", "topic_id": "999999"}],
)
def test_an_odd_room_is_refused(phone: Phone, owner: Person, values: dict[str, str]) -> None:
    assert phone.call("addRoom", values, by=owner)["code"] == 201
    assert not AudioRoom.objects.exists()


def test_the_topics_are_in_the_operators_order(phone: Phone) -> None:
    Topic.objects.filter(title="Music").update(is_active=False)
    answer = phone.call("showTopics")
    assert_both_clients_parse("showTopics", answer)
    titles = [item["Topic"]["title"] for item in answer["msg"]]
    assert titles[0] == "Just talking"
    assert "Music" not in titles
    Topic.objects.all().delete()
    assert phone.call("showTopics")["code"] == 201


def test_joining_shows_in_the_room_and_again_is_fine(
    phone: Phone, owner: Person, friend: Person, room: AudioRoom
) -> None:
    for _ in range(2):
        answer = join(phone, room, friend)
        assert_both_clients_parse("joinRoom", answer)
        assert answer["msg"]["RoomMember"]["moderator"] == AUDIENCE
        assert answer["msg"]["User"]["id"] == friend.id
    answer = phone.call("showRoomDetail", {"room_id": str(room.pk)}, by=friend)
    assert_both_clients_parse("showRoomDetail", answer)
    shown = [(item["User"]["id"], item["moderator"]) for item in answer["msg"]["RoomMember"]]
    assert shown == [(owner.id, MODERATOR), (friend.id, AUDIENCE)]


def test_nobody_raises_themselves_by_joining(phone: Phone, friend: Person, room: AudioRoom) -> None:
    phone.call("joinRoom", {"room_id": str(room.pk), "moderator": "1"}, by=friend)
    assert members(room)[friend.id] == AUDIENCE


def test_a_person_is_in_one_room_at_a_time(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    phone.call("addRoom", {"title": "Coffee"}, by=friend)
    other = AudioRoom.objects.get(title="Coffee")
    assert (friend.id in members(room), friend.id in members(other)) == (False, True)
    join(phone, other, owner)
    assert not is_open(room)  # its only moderator has gone
    assert members(other) == {friend.id: MODERATOR, owner.id: AUDIENCE}


def test_the_app_learns_which_room_it_is_in(
    phone: Phone, owner: Person, friend: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    answer = phone.call("showUserJoinedRooms", {"user_id": str(friend.id)}, by=friend)
    assert_both_clients_parse("showUserJoinedRooms", answer)
    (item,) = answer["msg"]
    assert (item["Room"]["id"], item["RoomMember"]["moderator"]) == (room.pk, AUDIENCE)
    moderators = item["Room"]["Moderators"]
    assert [one["User"]["id"] for one in moderators] == [owner.id]
    assert moderators[0]["RoomMember"]["moderator"] == MODERATOR
    leave(phone, room, friend)
    assert phone.call("showUserJoinedRooms", by=friend)["code"] == 201


def test_leaving_passes_the_lead_to_the_first_speaker(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    for person in (friend, stranger):
        join(phone, room, person)
    assign(phone, room, stranger, SPEAKER, by=owner)
    answer = leave(phone, room, owner)
    assert answer == {"code": 200, "msg": "success"}
    assert members(room) == {friend.id: AUDIENCE, stranger.id: MODERATOR}
    assert Member.objects.get(user=stranger.user).appointed
    leave(phone, room, stranger)
    assert not is_open(room)
    assert not Member.objects.exists()
    assert leave(phone, room, friend)["code"] == 200  # the app says goodbye to ended rooms too


def test_a_host_who_comes_back_moderates_again(
    phone: Phone, owner: Person, friend: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    assign(phone, room, friend, MODERATOR, by=owner)
    leave(phone, room, owner)
    assert join(phone, room, owner)["msg"]["RoomMember"]["moderator"] == MODERATOR


def test_a_role_that_one_reports_for_oneself_gives_no_say_over_others(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    for person in (friend, stranger):
        join(phone, room, person)
    for role in (SPEAKER, MODERATOR):
        answer = assign(phone, room, friend, role, by=friend)
        assert_both_clients_parse("assignModerator", answer)
        assert answer["msg"]["RoomMember"]["moderator"] == role
    assert assign(phone, room, stranger, SPEAKER, by=friend)["code"] == 201
    assert assign(phone, room, owner, AUDIENCE, by=friend)["code"] == 201
    assert delete(phone, room, friend)["code"] == 201
    assert members(room)[stranger.id] == AUDIENCE
    assert is_open(room)


def test_an_appointed_moderator_gives_roles_but_not_to_the_host(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    for person in (friend, stranger):
        join(phone, room, person)
    assert assign(phone, room, friend, MODERATOR, by=owner)["code"] == 200
    assert assign(phone, room, friend, MODERATOR, by=friend)["code"] == 200  # the phone's report
    assert assign(phone, room, stranger, SPEAKER, by=friend)["code"] == 200
    assert assign(phone, room, owner, AUDIENCE, by=friend)["code"] == 201
    assert assign(phone, room, friend, AUDIENCE, by=owner)["code"] == 200
    assert assign(phone, room, stranger, AUDIENCE, by=friend)["code"] == 201
    assert members(room) == {owner.id: MODERATOR, friend.id: AUDIENCE, stranger.id: SPEAKER}


def test_the_last_one_on_stage_who_steps_down_ends_the_room(
    phone: Phone, owner: Person, room: AudioRoom
) -> None:
    assert assign(phone, room, owner, AUDIENCE, by=owner)["code"] == 201
    assert not is_open(room)


@pytest.mark.parametrize("role", ["", "3", "-1", "x"])
def test_an_unknown_role_is_refused(
    phone: Phone, owner: Person, room: AudioRoom, role: str
) -> None:
    assert assign(phone, room, owner, role, by=owner)["code"] == 201
    assert members(room) == {owner.id: MODERATOR}


def test_only_moderators_end_a_room(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    for person in (friend, stranger):
        assert delete(phone, room, person)["code"] == 201
    assert is_open(room)
    assert delete(phone, room, owner) == {"code": 200, "msg": "success"}
    assert not is_open(room)
    assert delete(phone, room, owner)["code"] == 201
    assert join(phone, room, friend)["code"] == 201
    assert phone.call("showRoomDetail", {"room_id": str(room.pk)}, by=owner)["code"] == 201


def test_the_list_begins_with_friends_on_stage_and_then_the_fullest(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    phone.call("addRoom", {"title": "Full"}, by=friend)
    full = AudioRoom.objects.get(title="Full")
    join(phone, full, make_person("listener"))
    answer = phone.call("showRooms", {"user_id": str(stranger.id)}, by=stranger)
    assert_both_clients_parse("showRooms", answer)
    assert [item["Room"]["title"] for item in answer["msg"]] == ["Full", "Tea"]
    assert answer["msg"][0]["Room"]["members_count"] == 2
    Follow.objects.create(follower=stranger.user, followed=owner.user)
    answer = phone.call("showRooms", by=stranger)
    assert [item["Room"]["title"] for item in answer["msg"]] == ["Tea", "Full"]
    assert len(phone.call("showRooms")["msg"]) == 2  # a guest
    AudioRoom.objects.update(ended_at=timezone.now())
    assert phone.call("showRooms")["code"] == 201


@pytest.mark.parametrize("host_blocks", [True, False])
def test_a_block_closes_the_door_either_way(
    phone: Phone, owner: Person, stranger: Person, room: AudioRoom, host_blocks: bool
) -> None:
    pair = (owner.user, stranger.user) if host_blocks else (stranger.user, owner.user)
    Block.objects.create(blocker=pair[0], blocked=pair[1])
    assert join(phone, room, stranger)["code"] == 201
    assert phone.call("showRoomDetail", {"room_id": room.pk}, by=stranger)["code"] == 201
    assert phone.call("showRooms", by=stranger)["code"] == 201


def test_whom_the_host_blocks_is_put_out(
    phone: Phone, owner: Person, friend: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    follows.toggle_block(blocker_id=owner.id, blocked_id=friend.id)
    assert members(room) == {owner.id: MODERATOR}


def test_blocked_people_do_not_see_each_other_in_a_room(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    for person in (friend, stranger):
        join(phone, room, person)
    Block.objects.create(blocker=friend.user, blocked=stranger.user)
    answer = phone.call("showRoomDetail", {"room_id": room.pk}, by=stranger)
    assert [item["User"]["id"] for item in answer["msg"]["RoomMember"]] == [owner.id, stranger.id]


def invite(phone: Phone, room: AudioRoom, by: Person, *people: Person) -> dict[str, Any]:
    receivers = [{"receiver_id": str(person.id)} for person in people]
    values = {"sender_id": str(by.id), "room_id": str(room.pk), "receivers": receivers}
    return phone.call("inviteUserToRoom", values, by=by)


def test_an_invitation_is_a_notification_and_opens_a_private_room(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    phone.call("addRoom", {"title": "Secret", "privacy": "1"}, by=owner)
    room = AudioRoom.objects.get()
    for person in (friend, stranger):
        assert join(phone, room, person)["code"] == 201
        assert phone.call("showRooms", by=person)["code"] == 201
    assert invite(phone, room, owner, friend) == {"code": 200, "msg": "success"}
    row = Notification.objects.get()
    assert (row.receiver_id, row.type, row.room_id) == (friend.id, "room_invite", room.pk)
    assert "Secret" in row.text
    assert join(phone, room, friend)["code"] == 200
    assert invite(phone, room, friend, stranger)["code"] == 201  # a private room is its hosts'
    assert join(phone, room, stranger)["code"] == 201


def test_who_has_blocked_the_sender_hears_nothing_and_gets_no_way_in(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    Block.objects.create(blocker=stranger.user, blocked=owner.user)
    assert invite(phone, room, owner, stranger)["code"] == 200
    assert not Notification.objects.exists()
    assert not room.invitations.exists()
    assert invite(phone, room, friend, stranger)["code"] == 201  # not inside


@pytest.mark.parametrize(
    "receivers", [None, [], "x", [{"receiver_id": "0"}], [{"receiver_id": []}]]
)
def test_odd_receivers_are_refused(
    phone: Phone, owner: Person, room: AudioRoom, receivers: Any
) -> None:
    values = {"room_id": room.pk, "receivers": receivers}
    answer = phone.call("inviteUserToRoom", values, by=owner)
    assert (answer["code"], type(answer["msg"])) == (201, str)


def test_a_room_is_reported_with_who_was_inside(
    phone: Phone, owner: Person, friend: Person, room: AudioRoom
) -> None:
    values = {"room_id": str(room.pk), "description": "insults"}
    answer = phone.call("reportRoom", values, by=friend)
    assert_both_clients_parse("reportRoom", answer)
    assert answer["code"] == 200
    report = Report.objects.get()
    assert (report.kind, report.target_id, report.accused_id) == ("audio_room", room.pk, owner.id)
    assert report.evidence["room"]["title"] == "Tea"
    assert report.evidence["members"][0]["user__username"] == "owner"
    assert phone.call("reportRoom", values, by=friend)["code"] == 201  # once a day
    assert phone.call("reportRoom", {"room_id": "999999"}, by=friend)["code"] == 201


def test_idle_rooms_end_and_ended_accounts_leave(
    phone: Phone, owner: Person, friend: Person, stranger: Person, room: AudioRoom
) -> None:
    join(phone, room, friend)
    phone.call("addRoom", {"title": "Idle"}, by=stranger)
    idle = AudioRoom.objects.get(title="Idle")
    AudioRoom.objects.filter(pk=idle.pk).update(active_at=timezone.now() - timedelta(hours=13))
    User.objects.filter(pk=friend.id).update(status="banned")
    assert services.tidy() == 2
    assert (is_open(room), is_open(idle)) == (True, False)
    assert members(room) == {owner.id: MODERATOR}
    assert services.tidy() == 0


def test_a_full_room_is_closed(
    phone: Phone, friend: Person, room: AudioRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_MEMBERS", 1)
    assert join(phone, room, friend)["msg"] == services.FULL


@pytest.mark.parametrize(
    "endpoint",
    [
        *("addRoom", "joinRoom", "leaveRoom", "deleteRoom", "showRoomDetail"),
        *("showUserJoinedRooms", "inviteUserToRoom", "assignModerator", "reportRoom"),
    ],
)
def test_guests_and_wrong_tokens_are_told_to_sign_in(
    phone: Phone, room: AudioRoom, endpoint: str
) -> None:
    values = {"room_id": room.pk, "id": room.pk, "title": "x"}
    assert phone.call(endpoint, values)["code"] == 401
    assert phone.call(endpoint, values, headers={"Auth-Token": "wrong"})["code"] == 401
    assert AudioRoom.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("endpoint", "queries"),
    [("showRooms", 2), ("showRoomDetail", 2), ("showUserJoinedRooms", 2), ("showTopics", 2)],
)
def test_reads_take_one_statement_and_the_token(
    phone: Phone,
    owner: Person,
    room: AudioRoom,
    django_assert_num_queries: DjangoAssertNumQueries,
    endpoint: str,
    queries: int,
) -> None:
    for number in range(3):
        join(phone, room, make_person(f"listener{number}"))
    with django_assert_num_queries(queries):
        assert phone.call(endpoint, {"room_id": room.pk}, by=owner)["code"] == 200


@pytest.mark.parametrize(
    ("endpoint", "values", "queries"),
    [
        ("joinRoom", {}, 11),
        ("leaveRoom", {}, 5),
        ("assignModerator", {"moderator": 2}, 11),
        ("inviteUserToRoom", {"receivers": [1, 2, 3]}, 10),
        ("deleteRoom", {}, 8),
        ("addRoom", {"title": "New"}, 15),
        ("reportRoom", {}, 9),
    ],
)
def test_changes_take_a_fixed_number_of_statements(
    phone: Phone,
    owner: Person,
    friend: Person,
    room: AudioRoom,
    django_assert_num_queries: DjangoAssertNumQueries,
    endpoint: str,
    values: dict[str, Any],
    queries: int,
) -> None:
    for number in range(3):
        join(phone, room, make_person(f"listener{number}"))
    caller = friend if endpoint in ("joinRoom", "leaveRoom", "reportRoom") else owner
    body = {"room_id": room.pk, "id": room.pk, "user_id": caller.id} | values
    with django_assert_num_queries(queries):
        assert phone.call(endpoint, body, by=caller)["code"] == 200


def test_an_operator_finds_and_ends_a_room(desk: Client, room: AudioRoom) -> None:
    page = reverse("admin:rooms_audioroom_changelist")
    assert b"Tea" in desk.get(page, {"q": "Tea"}).content
    desk.post(page, {"action": "end_rooms", "_selected_action": [room.pk]})
    assert is_open(room)  # it asks first
    answer = {"confirmed": "yes", "reason": "shouting"}
    desk.post(page, {"action": "end_rooms", "_selected_action": [room.pk], **answer})
    assert not is_open(room)
    assert desk.get(reverse("admin:rooms_audioroom_change", args=[room.pk])).status_code == 200
