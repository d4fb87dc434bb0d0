"""Making, trying and revoking overlays on the dashboard."""

import pytest

from apps.overlays.models import Overlay
from apps.overlays.services import find_overlay
from tests.capture_edge.making import make_session

FORM = {"kind": "goal", "username": "@Ada", "title": "To the moon", "target": "500"}


def test_an_overlay_is_made_and_its_address_shown_once(desk):
    page = desk.post("/dashboard/overlays/", FORM, follow=True)
    url = page.context["new_url"]
    assert url.startswith("http://testserver/overlay/ov_")
    overlay = find_overlay(url.split("/")[-2])
    assert (overlay.streamer.username, overlay.title, overlay.target, overlay.metric) == (
        "ada",
        "To the moon",
        500,
        "diamonds",
    )
    again = desk.get("/dashboard/overlays/").content.decode()
    assert url not in again
    assert overlay.hint in again


def test_an_overlay_may_be_bound_to_one_live(desk):
    session = make_session("ada")
    path = f"/dashboard/overlays/?session={session.pk}"
    assert b"only the live of" in desk.get(path).content
    desk.post(path, FORM | {"session": str(session.pk)})
    overlay = Overlay.objects.get()
    assert (overlay.session, overlay.streamer) == (session, None)
    assert b"one live of @ada" in desk.get("/dashboard/overlays/").content


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "no spaces"},
        {"username": ""},
        {"kind": "x"},
        {"target": "0"},
        {"session": "0" * 32},
    ],
)
def test_a_wrong_form_makes_nothing(desk, wrong):
    assert desk.post("/dashboard/overlays/", FORM | wrong).status_code == 200
    assert not Overlay.objects.exists()


def test_a_wrong_name_is_explained_beside_its_field(desk):
    page = desk.post("/dashboard/overlays/", FORM | {"username": "no spaces"}).content.decode()
    assert "A TikTok name has 2 to 30 letters" in page
    assert 'aria-invalid="true"' in page


def test_an_overlay_is_revoked(desk):
    desk.post("/dashboard/overlays/", FORM)
    overlay = Overlay.objects.get()
    page = desk.post(f"/dashboard/overlays/{overlay.pk}/revoke", follow=True)
    overlay.refresh_from_db()
    assert overlay.revoked_at is not None
    assert b"revoked" in page.content


def test_strangers_make_and_revoke_nothing(client, desk, stranger):
    desk.post("/dashboard/overlays/", FORM)
    client.force_login(stranger.user)
    client.post("/dashboard/overlays/", FORM)
    client.post(f"/dashboard/overlays/{Overlay.objects.get().pk}/revoke")
    assert Overlay.objects.get().revoked_at is None


@pytest.mark.parametrize("kind", Overlay.Kind.values)
def test_a_preview_may_be_framed_by_our_own_pages_only(desk, kind):
    page = desk.get(f"/dashboard/overlays/preview/{kind}/")
    assert b"data-preview" in page.content
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
