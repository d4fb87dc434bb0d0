"""Beginning and ending sessions."""

import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from redis import RedisError

from apps.capture import journal, leases
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
    Session.objects.filter(pk=session.pk).update(
        lease_expires_at=leases.lease_end(leases.QUEUED_S), unowned_since=Now()
    )
    transaction.on_commit(lambda: enqueue(session))
    return session


def enqueue(session: Session) -> None:
    """A hint to the workers; the row is what counts, and beat names it again if this is lost."""
    from apps.capture.tasks import capture_session

    capture_session.apply_async([str(session.pk)], expires=leases.QUEUED_S)


def end_session(session: Session) -> Session:
    """Ask for the end of a session; its worker notices within about a second.

    A session that no worker has and that was never live ends here; one that was live and that no
    worker takes up ends within a minute. Nothing happens to one that has ended.
    """
    Session.objects.filter(
        pk=session.pk, status__in=Session.OPEN, stop_requested_at__isnull=True
    ).update(stop_requested_at=Now(), status_detail="Ending.")
    never_live = Session.objects.filter(
        pk=session.pk, status=Session.Status.WAITING, started_at__isnull=True
    )
    if never_live.exists() and is_stored(session.pk):
        leases.finish(session.pk, "", Session.Status.ENDED, "Ended before a worker took it.")
    announce(session.pk)
    session.refresh_from_db()
    return session


def end_unowned() -> None:
    """End sessions whose end was asked for and that no worker takes, if nothing of theirs waits."""
    for session_id in leases.unowned_to_end():
        if is_stored(session_id):
            leases.finish(session_id, "", Session.Status.ENDED, "Ended on request.")
            announce(session_id)


def is_stored(session_id: UUID) -> bool:
    """Whether nothing waits in the session's journal; False if Valkey does not say."""
    try:
        return journal.is_empty(session_id)
    except (RedisError, OSError):
        return False


@transaction.atomic
def follow_with_another(session: Session, owner: str) -> None:
    """End a session whose live is over, and begin one for the live that came after it.

    Nothing happens if `owner` does not hold it any more. Locks the session's row.
    """
    detail = "The live has ended; another one has begun."
    leases.close_gap(session.pk, owner, note=leases.LIVE_ENDED)
    if not leases.finish(session.pk, owner, Session.Status.ENDED, detail):
        return
    if Session.objects.filter(pk=session.pk, stop_requested_at=None).exists():
        start_session(username=session.streamer.username, automatic=session.automatic)
