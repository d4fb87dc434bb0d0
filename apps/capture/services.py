"""Beginning and ending sessions."""

import re

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.capture import leases
from apps.capture.channel import announce
from apps.capture.models import USERNAME_PATTERN, Session, Source, Streamer

PROFILE_URL = re.compile(r"^(?:https?://)?(?:www\.|m\.)?tiktok\.com/", re.IGNORECASE)


class CaptureRefused(Exception):
    """A session can't be begun; the text is a sentence for people."""


class InvalidUsername(CaptureRefused):
    pass


class AlreadyCaptured(CaptureRefused):
    """`session` is the open one."""

    def __init__(self, sentence: str, session: Session) -> None:
        super().__init__(sentence)
        self.session = session


def clean_username(text: str) -> str:
    """TikTok's name out of what people paste: with @, in capitals, as a link.

    Raises InvalidUsername.
    """
    name = PROFILE_URL.sub("", str(text).strip())
    name = name.split("?")[0].strip("/").removesuffix("/live").removeprefix("@").lower()
    if not re.match(USERNAME_PATTERN, name):
        raise InvalidUsername(
            "A TikTok name has 2 to 30 letters, digits, underscores or full stops."
        )
    return name


@transaction.atomic
def start_session(*, username: str, automatic: bool = False) -> Session:
    """Begin to capture a streamer's live; a capture worker takes it from here.

    `automatic`: nobody asked for it but the watch list.
    Raises InvalidUsername, or AlreadyCaptured if a session of the streamer is open.
    """
    name = clean_username(username)
    streamer, _ = Streamer.objects.get_or_create(source=Source.TIKTOK, username=name)
    try:
        with transaction.atomic():
            session = Session.objects.create(
                streamer=streamer,
                automatic=automatic,
                status_detail="Waiting for a capture worker.",
            )
    except IntegrityError as error:
        running = streamer.sessions.filter(status__in=Session.OPEN).first()
        if running is None:
            raise
        raise AlreadyCaptured(f"@{name} is being captured already.", running) from error
    Session.objects.filter(pk=session.pk).update(lease_expires_at=leases.lease_end(leases.QUEUED_S))
    transaction.on_commit(lambda: enqueue(session))
    return session


def enqueue(session: Session) -> None:
    """A hint to the workers; the row is what counts, and beat names it again if this is lost."""
    from apps.capture.tasks import capture_session

    capture_session.apply_async([str(session.pk)], expires=leases.QUEUED_S)


def end_session(session: Session) -> Session:
    """Ask for the end of a session; its worker notices within about a second.

    A session that no worker ever took ends here. Nothing happens to one that has ended.
    """
    Session.objects.filter(
        pk=session.pk, status__in=Session.OPEN, stop_requested_at__isnull=True
    ).update(stop_requested_at=Now(), status_detail="Ending.")
    Session.objects.filter(
        Q(lease_owner="") | Q(lease_expires_at__lt=Now()),
        pk=session.pk,
        status=Session.Status.WAITING,
        started_at__isnull=True,
    ).update(
        status=Session.Status.ENDED,
        status_detail="Ended before a worker took it.",
        ended_at=Now(),
    )
    announce(session.pk)
    session.refresh_from_db()
    return session
