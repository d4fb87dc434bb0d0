"""Asking for the blue tick."""

import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from apps.contract.answers import Refused
from apps.moderation.models import VerificationRequest
from apps.users.models import User
from apps.users.services import pictures

DOCUMENT_PX = 2400  # small print stays readable


@transaction.atomic
def request_verification(*, user_id: int, name: str, document: object) -> None:
    """Keep the document in private storage and put the request into the operators' queue.

    One row for each person: a new request replaces the document, and the old file goes on
    commit. Raises Refused for what is no picture and for people who have the tick already.
    Locks the person's row.
    """
    user = User.objects.select_for_update(no_key=True).only("verified").get(pk=user_id)
    if user.verified:
        raise Refused("Your account is verified already.")
    content = pictures.jpeg(pictures.opened(pictures.bytes_of(document)), DOCUMENT_PX)
    old = VerificationRequest.objects.filter(user=user).values_list("document", flat=True).first()
    new = storages["private"].save(
        f"verification/{user_id}-{secrets.token_hex(8)}.jpg", ContentFile(content)
    )
    VerificationRequest.objects.update_or_create(
        user=user,
        defaults={
            "name": name,
            "document": new,
            "state": VerificationRequest.State.PENDING,
            "answer": "",
            "decided_by": None,
            "decided_at": None,
            "updated_at": timezone.now(),
        },
    )
    if old:
        transaction.on_commit(lambda: storages["private"].delete(old))


def remove_document(user_id: int) -> None:
    """What is left of a person who is purged: the row goes by itself, the file here."""
    names = VerificationRequest.objects.filter(user=user_id).values_list("document", flat=True)
    for name in names:
        transaction.on_commit(lambda name=name: storages["private"].delete(name))  # type: ignore[misc]
