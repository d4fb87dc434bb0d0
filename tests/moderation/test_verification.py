"""POST /api/userVerificationRequest, and the operators' side of it"""

import base64
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.moderation.models import OperatorAction, VerificationRequest
from apps.moderation.services import operators
from apps.users.services import deletion
from tests.cast import Person, Phone
from tests.contract.clients import assert_both_clients_parse


def private_folder() -> Path:
    return Path(storages["private"].location)


def document(colour: str = "red") -> dict[str, str]:
    picture = Image.new("RGB", (40, 30), colour)
    exif = picture.getexif()
    exif[0x010F] = "SecretCamera"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    return {"file_data": base64.encodebytes(buffer.getvalue()).decode()}


def ask(phone: Phone, person: Person, **more: object) -> dict:
    values = {"user_id": str(person.id), "name": "Ann Lee", "attachment": document()} | more
    return phone.call("userVerificationRequest", values, by=person)


def test_a_document_goes_to_private_storage_without_its_metadata(
    phone: Phone, owner: Person
) -> None:
    answer = ask(phone, owner)
    assert_both_clients_parse("userVerificationRequest", answer)
    assert (answer["code"], answer["msg"]["VerificationRequest"]["name"]) == (200, "Ann Lee")
    request = VerificationRequest.objects.get()
    assert request.document.name not in str(answer)
    stored = (private_folder() / request.document.name).read_bytes()
    assert b"SecretCamera" not in stored
    assert Image.open(io.BytesIO(stored)).size == (40, 30)
    assert phone.call("showUserDetail", by=owner)["msg"]["User"]["verification_applied"] == 1


def test_the_document_has_no_public_address(phone: Phone, owner: Person) -> None:
    ask(phone, owner)
    name = VerificationRequest.objects.get().document.name
    for path in (f"/media/{name}", f"/private/{name}", f"/media/../private/{name}"):
        assert Client().get(path).status_code == 404
    media, private = Path(settings.MEDIA_ROOT), private_folder()
    assert media not in (private, *private.parents)
    assert private not in media.parents


def test_a_new_request_replaces_the_document(
    phone: Phone, owner: Person, django_capture_on_commit_callbacks: object
) -> None:
    ask(phone, owner)
    old = VerificationRequest.objects.get().document.name
    with django_capture_on_commit_callbacks(execute=True):
        ask(phone, owner, attachment=document("blue")["file_data"])
    new = VerificationRequest.objects.get().document.name
    assert new != old
    assert [storages["private"].exists(name) for name in (old, new)] == [False, True]


@pytest.mark.parametrize(
    "attachment",
    [
        None,
        "",
        {},
        [],
        {"file_data": ""},
        {"file_data": "%%%"},
        {"file_data": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"file_data": base64.b64encode(b"GIF89a not a picture").decode()},
    ],
)
def test_what_is_no_picture_is_refused_in_a_form_that_ios_decodes(
    phone: Phone, owner: Person, attachment: object
) -> None:
    answer = ask(phone, owner, attachment=attachment)
    assert_both_clients_parse("userVerificationRequest", answer)
    assert (answer["code"], type(answer["message"])) == (201, str)
    assert VerificationRequest.objects.count() == 0


def test_nobody_asks_for_another_and_nobody_twice(
    phone: Phone, owner: Person, stranger: Person
) -> None:
    answer = ask(phone, stranger, user_id=str(owner.id))
    assert_both_clients_parse("userVerificationRequest", answer)
    assert answer["code"] == 201
    assert VerificationRequest.objects.count() == 0
    owner.user.verified = True
    owner.user.save(update_fields=["verified"])
    assert ask(phone, owner)["message"] == "Your account is verified already."


@pytest.fixture
def desk(operator: Person) -> Client:
    client = Client()
    client.force_login(operator.user)
    return client


def decide(desk: Client, request: VerificationRequest, **values: str) -> None:
    address = reverse("admin:moderation_verificationrequest_change", args=[request.pk])
    response = desk.post(address, values)
    assert response.status_code == 302, response.content


def test_an_operator_looks_at_the_document_and_approves(
    phone: Phone, owner: Person, operator: Person, desk: Client
) -> None:
    ask(phone, owner)
    request = VerificationRequest.objects.get()
    address = reverse("admin:moderation_document", args=[request.pk])
    response = desk.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in response["Cache-Control"]
    decide(desk, request, decision="approve", why="")
    owner.user.refresh_from_db()
    assert owner.user.verified is True
    kinds = list(OperatorAction.objects.order_by("id").values_list("kind", "operator", "user"))
    assert kinds == [
        ("see_document", operator.id, owner.id),
        ("approve_verification", operator.id, owner.id),
    ]


def test_nobody_else_sees_the_document(phone: Phone, owner: Person) -> None:
    ask(phone, owner)
    address = reverse("admin:moderation_document", args=[VerificationRequest.objects.get().pk])
    assert Client().get(address).status_code == 302
    owner.user.is_staff = True  # may open the admin, but has no right to verification requests
    owner.user.save(update_fields=["is_staff"])
    clerk = Client()
    clerk.force_login(owner.user)
    assert clerk.get(address).status_code == 403
    assert OperatorAction.objects.count() == 0


def test_a_rejection_needs_a_reason_and_takes_the_tick_back(
    phone: Phone, owner: Person, desk: Client
) -> None:
    ask(phone, owner)
    request = VerificationRequest.objects.get()
    address = reverse("admin:moderation_verificationrequest_change", args=[request.pk])
    response = desk.post(address, {"decision": "reject", "why": ""})
    assert "Please say why" in response.content.decode()
    decide(desk, request, decision="approve", why="")
    decide(desk, request, decision="reject", why="Not the same person")
    owner.user.refresh_from_db()
    request.refresh_from_db()
    assert (owner.user.verified, request.state) == (False, "rejected")
    assert ask(phone, owner)["code"] == 200
    request.refresh_from_db()
    assert (request.state, request.answer, request.decided_by) == ("pending", "", None)


def test_a_purged_person_leaves_no_document(
    phone: Phone, owner: Person, django_capture_on_commit_callbacks: object
) -> None:
    ask(phone, owner)
    name = VerificationRequest.objects.get().document.name
    deletion.delete_account(user_id=owner.id)
    with django_capture_on_commit_callbacks(execute=True):
        assert deletion.purge(user_id=owner.id)
    assert not storages["private"].exists(name)
    assert VerificationRequest.objects.count() == 0


def test_a_decision_stands_in_the_log_or_is_not_made(owner: Person, operator: Person) -> None:
    with pytest.raises(VerificationRequest.DoesNotExist):
        operators.decide_verification(operator_id=operator.id, request_id=1, approve=True)
    assert OperatorAction.objects.count() == 0
