"""Making and revoking overlays."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.capture.models import Session, Streamer
from apps.overlays.models import Overlay
from apps.users.callers import digest

PREFIX = "ov_"
TOKEN_BYTES = 32
TOUCH_INTERVAL = timedelta(minutes=1)


def create_overlay(
    *,
    kind: str,
    streamer: Streamer | None = None,
    session: Session | None = None,
    **options: Any,
) -> tuple[Overlay, str]:
    """A new overlay of a streamer's lives or of one session, and its token, shown this once."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    overlay = Overlay.objects.create(
        kind=kind,
        streamer=streamer,
        session=session,
        digest=digest(token),
        hint=token[:8],
        **options,
    )
    return overlay, token


def revoke_overlay(*, overlay_id: int) -> None:
    """From now on its address shows nothing; open streams of it end within seconds."""
    Overlay.objects.filter(pk=overlay_id, revoked_at=None).update(revoked_at=timezone.now())


def find_overlay(token: str) -> Overlay | None:
    """The overlay unless it is unknown or revoked; its use is noted now and then."""
    if not token.startswith(PREFIX):
        return None
    overlay = (
        Overlay.objects.select_related("streamer", "session__streamer")
        .filter(digest=digest(token), revoked_at=None)
        .first()
    )
    now = timezone.now()
    if overlay and (overlay.last_used_at is None or now - overlay.last_used_at > TOUCH_INTERVAL):
        Overlay.objects.filter(pk=overlay.pk).update(last_used_at=now)
    return overlay
