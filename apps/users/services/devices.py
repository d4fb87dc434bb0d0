"""The phones that people use, and where pushes for them go."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.users.callers import digest
from apps.users.models import AuthToken, Device

MIN_PUSH_TOKEN_LENGTH = 20  # a client that has none yet sends a word


def register_device(*, key: str, platform: str = "") -> Device:
    """The phone with this installation key; safe when two requests bring it at once."""
    device = Device(key=key, platform=platform, last_seen_at=timezone.now())
    Device.objects.bulk_create(
        [device], update_conflicts=True, unique_fields=["key"], update_fields=["last_seen_at"]
    )
    return Device.objects.get(pk=device.pk)


def key_of_push_token(push_token: str) -> str:
    """A stand-in for the installation key, for apps that send only a push token."""
    return f"push-{digest(push_token).hex()[:40]}"


def note_push_token(
    *,
    user_id: int,
    token_id: int | None,
    push_token: str,
    platform: str = "",
    app_version: str = "",
) -> None:
    """Pushes for this person go to this phone; whoever had the phone before gets none there.

    Locks the phone's row. A text too short to be a push token is ignored.
    """
    if len(push_token) < MIN_PUSH_TOKEN_LENGTH:
        return
    try:
        with transaction.atomic():
            device = device_of(token_id=token_id, user_id=user_id, push_token=push_token)
            Device.objects.filter(pk=device.pk).update(
                user=user_id,
                push_token=push_token,
                platform=platform[:20] or device.platform,
                app_version=app_version[:30] or device.app_version,
                last_seen_at=timezone.now(),
            )
            if token_id:
                AuthToken.objects.filter(pk=token_id).update(device=device)
    except IntegrityError:
        return  # the same phone asked twice at once; the other request has noted it


def device_of(*, token_id: int | None, user_id: int, push_token: str) -> Device:
    """The phone with that push token, or that of the sign-in whose push token has changed."""
    known = Device.objects.select_for_update().filter(push_token=push_token).first()
    if known is None and token_id:
        known = (
            Device.objects.select_for_update(of=("self",))
            .filter(sessions=token_id, user=user_id)
            .first()
        )
    return known or register_device(key=key_of_push_token(push_token))


def detach(*, user_id: int, token_id: int | None) -> None:
    """No more pushes for this person on the phone of this sign-in.

    Without a token (a client that sends only its user id) all phones without a sign-in go.
    """
    theirs = Device.objects.filter(user=user_id)
    here = theirs.filter(sessions=token_id) if token_id else theirs.filter(sessions=None)
    here.update(user=None, push_token="")
