"""Who of the operators captures, looks at lives, takes files of them, and watches rooms"""

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.handlers.asgi import ASGIRequest
from django.test import Client

from apps.access import services as access
from apps.capture import services as capture
from apps.capture.models import Session, Streamer
from apps.capture.streaming import permission
from apps.contract.throttle import Rate, limiter
from apps.exports import services as exports
from apps.exports.models import Export
from apps.live import admission, services
from apps.live.admission import Question
from apps.live.models import LiveRoom
from apps.live.passes import make_pass
from apps.overlays.models import Overlay
from apps.staff import roles
from apps.users.models import User
from tests.capture_edge.making import make_session
from tests.cast import Person, make_person

DeskOf = Callable[[str], Client]
CAPTURE = {"Analyst", "Admin"}
ROOMS = {"Moderator", "Support", "Admin"}


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "enqueue", lambda session: None)
    monkeypatch.setattr(exports, "enqueue", lambda export_id: None)


@pytest.fixture
def session() -> Session:
    return make_session("ada")


PAGES = {
    "/dashboard/": CAPTURE,
    "/dashboard/sessions/{id}/": CAPTURE,
    "/dashboard/history/": CAPTURE,
    "/dashboard/streamers/": CAPTURE,
    "/dashboard/streamers/ada/": CAPTURE,
    "/dashboard/compare/": CAPTURE,
    "/dashboard/exports/": CAPTURE,
    "/dashboard/overlays/": CAPTURE,
    "/dashboard/overlays/preview/chat/": CAPTURE,
    "/dashboard/rooms/": ROOMS,
    "/api/sessions": CAPTURE,
    "/api/sessions/{id}": CAPTURE,
    "/api/sessions/{id}/events": CAPTURE,
    "/api/sessions/{id}/export?format=csv": CAPTURE,
    "/api/sessions/{id}/exports": CAPTURE,
    "/api/exports": CAPTURE,
}


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_each_page_opens_for_its_roles_alone(desk_of: DeskOf, session: Session, role: str) -> None:
    desk = desk_of(role)
    for path, allowed in PAGES.items():
        status = desk.get(path.format(id=session.pk)).status_code
        assert status == (200 if role in allowed else 403), path


def test_what_is_not_allowed_is_said_in_a_page(desk_of: DeskOf) -> None:
    page = desk_of("Finance").get("/dashboard/").content.decode()
    assert "Your account may not do this" in page
    assert 'href="/dashboard/' not in page


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_each_change_is_for_its_roles_alone(desk_of: DeskOf, role: str) -> None:
    session = make_session("ada")
    export = Export.objects.create(session=session, format="csv")
    overlay = Overlay.objects.create(kind="chat", session=session, digest=b"x" * 32, hint="ov_")
    room, _ = services.open_room(host_id=make_person("host").id)
    desk = desk_of(role)
    statuses = [
        desk.post(path, form).status_code
        for path, form in (
            (f"/dashboard/sessions/{session.pk}/stop", {}),
            ("/dashboard/start", {"username": "eve"}),
            ("/dashboard/streamers/watch", {"username": "bob", "on": "1"}),
            ("/dashboard/overlays/", {"username": "ada", "kind": "chat"}),
            (f"/dashboard/overlays/{overlay.pk}/revoke", {}),
            (f"/dashboard/exports/{export.pk}/remove", {}),
        )
    ]
    assert statuses == [302 if role in CAPTURE else 403] * 6
    session.refresh_from_db()
    overlay.refresh_from_db()
    export.refresh_from_db()
    done = {
        "stopped": session.stop_requested_at is not None,
        "started": Session.objects.filter(streamer__username="eve").exists(),
        "watched": Streamer.objects.filter(username="bob", watched=True).exists(),
        "made": Overlay.objects.filter(streamer__username="ada").exists(),
        "revoked": overlay.revoked_at is not None,
        "removed": export.status == Export.Status.CANCELLED,
    }
    assert set(done.values()) == {role in CAPTURE}, done
    ends = desk.post(f"/dashboard/rooms/{room.pk}/end").status_code
    assert ends == (302 if role in {"Moderator", "Admin"} else 403)


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_over_rest_it_is_the_same(desk_of: DeskOf, session: Session, role: str) -> None:
    desk = desk_of(role)
    json: Any = {"content_type": "application/json"}
    asked = desk.post(f"/api/sessions/{session.pk}/exports", {"format": "csv"}, **json)
    assert asked.status_code == (202 if role in CAPTURE else 403)
    assert desk.post("/api/sessions", {"username": "eve"}, **json).status_code == (
        201 if role in CAPTURE else 403
    )
    export = Export.objects.create(session=session, format="csv")
    assert desk.delete(f"/api/exports/{export.pk}").status_code == (204 if role in CAPTURE else 403)


def test_one_right_opens_no_other(session: Session) -> None:
    """Looking does not start, and a file is a right of its own."""
    looker = make_person("looker", is_staff=True)
    give(looker, "view_session")
    desk = signed_in(looker)
    assert desk.get("/api/sessions").status_code == 200
    assert desk.get(f"/api/sessions/{session.pk}/export?format=csv").status_code == 403
    assert desk.post("/dashboard/start", {"username": "eve"}).status_code == 403
    page = desk.get("/dashboard/").content.decode()
    assert "Start capture" not in page
    page = desk.get(f"/dashboard/sessions/{session.pk}/").content.decode()
    for words in ("export-open", "Overlay for OBS", "Stop capture"):
        assert words not in page
    desk.post("/dashboard/overlays/", {"username": "ada", "kind": "chat"})
    assert not Overlay.objects.exists()


def test_a_key_still_goes_by_its_scope(client: Client, session: Session) -> None:
    _, secret = access.create_key(name="notebook")
    headers = {"X-Api-Key": secret}
    for path in ("/api/sessions", f"/api/sessions/{session.pk}/export?format=csv", "/api/exports"):
        assert client.get(path, headers=headers).status_code == 200, path
    asked = client.post(
        f"/api/sessions/{session.pk}/exports",
        {"format": "csv"},
        headers=headers,
        content_type="application/json",
    )
    assert asked.status_code == 202
    removed = client.delete(f"/api/exports/{asked.json()['id']}", headers=headers)
    assert removed.status_code == 403


def give(person: Person, *codenames: str) -> None:
    person.user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def may_follow(desk: Client, session_id: Any) -> bool:
    """Whether the stream process lets this browser in."""
    cookie = f"sessionid={desk.cookies['sessionid'].value}".encode()
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    request = ASGIRequest(scope | {"headers": [(b"cookie", cookie)]}, BytesIO())
    return permission.check(request, session_id) is None


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_streams_of_events_open_for_who_may_look(
    desk_of: DeskOf, session: Session, owner: Person, role: str
) -> None:
    room, _ = services.open_room(host_id=owner.id)
    desk = desk_of(role)
    assert may_follow(desk, session.pk) == (role in CAPTURE)
    assert may_follow(desk, room.session_id) == (role in CAPTURE | ROOMS)


def video_opens_for(user: User, room: LiveRoom) -> bool:
    ticket = f"viewer={make_pass(room_id=room.pk, user_id=user.pk)}"
    return admission.may_read(Question("read", room.path, "", "", ticket))


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_video_of_a_private_room_opens_for_who_may_see_rooms(
    desk_of: DeskOf, owner: Person, role: str
) -> None:
    room, _ = services.open_room(host_id=owner.id)
    LiveRoom.objects.update(privacy="private", price_coins=5)
    room.refresh_from_db()
    desk_of(role)
    operator = User.objects.get(username=f"the_{role.lower()}")
    assert video_opens_for(operator, room) == (role in ROOMS)


def test_video_of_a_private_room_opens_by_a_right_of_ones_own(
    owner: Person, operator: Person, friend: Person
) -> None:
    room, _ = services.open_room(host_id=owner.id)
    LiveRoom.objects.update(privacy="private")
    room.refresh_from_db()
    assert video_opens_for(operator.user, room)  # a superuser
    give(friend, "view_liveroom")
    assert not video_opens_for(friend.user, room)  # no operator
    User.objects.filter(pk=friend.id).update(is_staff=True)
    assert video_opens_for(friend.user, room)
    User.objects.filter(pk__in=(friend.id, operator.id)).update(is_active=False)
    assert not video_opens_for(friend.user, room)
    assert not video_opens_for(operator.user, room)


def test_operators_begin_where_they_may_be(client: Client, desk_of: DeskOf) -> None:
    assert client.get("/")["Location"] == "/admin/login/?next=/"
    for role in roles.ROLES:
        wanted = "/dashboard/" if role in CAPTURE else "/admin/"
        assert desk_of(role).get("/")["Location"] == wanted


def test_the_menu_names_the_dashboard_to_who_may_open_it(desk_of: DeskOf) -> None:
    for role in roles.ROLES:
        page = desk_of(role).get("/admin/").content.decode()
        assert ('href="/dashboard/"' in page) == (role in CAPTURE), role
        assert ('href="/dashboard/rooms/"' in page) == (role in ROOMS), role


def test_whoever_changes_too_much_on_the_dashboard_has_to_wait(
    desk: Client, settings: SimpleNamespace
) -> None:
    settings.THROTTLE_ENABLED = True
    limiter().storage.reset()
    most = int(str(Rate.REST_WRITE.value).partition("/")[0])
    form = {"username": "not a name at all!"}
    # A minute may turn over on the way, once.
    answers = [desk.post("/dashboard/start", form).status_code for _ in range(2 * most + 1)]
    assert answers[:most] == [302] * most
    assert 429 in answers[most:]
    assert desk.get("/dashboard/").status_code == 200


def test_analysts_see_nothing_of_people_or_money() -> None:
    held = Group.objects.get(name="Analyst").permissions.values_list(
        "content_type__app_label", flat=True
    )
    assert set(held) == {"capture", "exports", "overlays"}
