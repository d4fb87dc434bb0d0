"""Rooms in the operators' pages."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.live import services
from apps.live.models import LiveRoom, PublishKey
from tests.cast import Person
from tests.live.media_server import FakeMediaServer

ROOMS = "/admin/live/liveroom/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeMediaServer:
    server = FakeMediaServer()
    monkeypatch.setattr(services, "media_server", lambda: server)
    return server


@pytest.fixture
def room(owner: Person) -> LiveRoom:
    return services.open_room(host_id=owner.id, title="Evening show")[0]


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def end(client: Client, room: LiveRoom):
    values = {
        "action": "end_rooms",
        "_selected_action": [room.pk],
        "confirmed": "yes",
        "reason": "x",
    }
    return client.post(ROOMS, values, follow=True)


def test_rooms_are_found_by_host_and_title(room: LiveRoom, operator: Person) -> None:
    client = signed_in(operator)
    for query in ("owner", "evening", str(room.pk)):
        assert "Evening show" in client.get(ROOMS, {"q": query}).content.decode()
    assert "Evening show" not in client.get(ROOMS, {"q": "nobody"}).content.decode()
    assert "Evening show" in client.get(f"{ROOMS}{room.pk}/change/").content.decode()


def test_ending_a_room_cuts_off_its_publisher_at_once(
    room: LiveRoom, operator: Person, server: FakeMediaServer
) -> None:
    publisher = server.publish(room.path)
    services.reconcile_rooms(server)
    answer = end(signed_in(operator), room)
    assert "Rooms ended: 1." in answer.content.decode()
    room.refresh_from_db()
    assert (room.status, room.end_reason) == ("ended", "operator")
    assert server.kicked == [publisher]
    assert not PublishKey.objects.exists()


def test_an_operator_without_the_right_ends_nothing(
    room: LiveRoom, stranger: Person, server: FakeMediaServer
) -> None:
    stranger.user.is_staff = True
    stranger.user.save(update_fields=["is_staff"])
    stranger.user.user_permissions.add(Permission.objects.get(codename="view_liveroom"))
    end(signed_in(stranger), room)
    room.refresh_from_db()
    assert room.status == "created"


def test_the_secrets_page_shows_no_secret(room: LiveRoom, operator: Person) -> None:
    key = PublishKey.objects.get()
    page = signed_in(operator).get(f"/admin/live/publishkey/{key.pk}/change/").content.decode()
    assert "owner" in page
    assert bytes(key.digest).hex() not in page


def test_the_list_costs_the_same_whatever_it_holds(
    room: LiveRoom,
    operator: Person,
    friend: Person,
    stranger: Person,
    django_assert_max_num_queries,
) -> None:
    client = signed_in(operator)
    client.get(ROOMS)
    with django_assert_max_num_queries(10) as few:
        client.get(ROOMS)
    for person in (friend, stranger):
        services.open_room(host_id=person.id)
    with django_assert_max_num_queries(len(few)):
        client.get(ROOMS)
