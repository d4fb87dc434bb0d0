"""The watch list: streamers whose lives are captured as they begin.

Beat calls `look` every few seconds. It takes the streamers that are due, as many as the limit of
looks a minute allows, asks TikTok for each whether they are live, and begins a session for those
who are; the database allows one open session of a streamer, so nobody is captured twice. Looking
costs no signature, a session costs one: sessions have a limit of their own. What goes wrong is
looked at again later each time.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from apps.capture import live_check, services
from apps.capture.models import Session, Source, Streamer
from apps.capture.sources import LiveError, Offline

LOOK_EVERY_S = 60
LONGEST_WAIT_S = 3600
THREADS = 8

CLAIM_SQL = """
    UPDATE capture_streamer SET watch_checked_at = now(),
        watch_next_at = now() + make_interval(secs => %(every)s)
    WHERE id IN (
        SELECT id FROM capture_streamer t WHERE watched AND watch_next_at <= now()
            AND NOT EXISTS (SELECT FROM capture_session s
                WHERE s.streamer_id = t.id AND s.status = ANY(%(open)s))
        ORDER BY watch_next_at
        LIMIT greatest(%(limit)s - (SELECT count(*) FROM capture_streamer
            WHERE watched AND watch_checked_at > now() - interval '1 minute'), 0)
        FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""


def watch(*, username: str) -> Streamer:
    """Put a streamer on the watch list; nothing happens to one who is on it.

    Raises InvalidUsername.
    """
    name = services.clean_username(username)
    streamer, _ = Streamer.objects.get_or_create(source=Source.TIKTOK, username=name)
    Streamer.objects.filter(pk=streamer.pk, watched=False).update(
        watched=True, watch_next_at=Now(), watch_failures=0
    )
    return streamer


def unwatch(*, username: str) -> None:
    """Take a streamer off the watch list; a session that runs goes on. Raises InvalidUsername."""
    Streamer.objects.filter(
        source=Source.TIKTOK, username=services.clean_username(username), watched=True
    ).update(watched=False, watch_next_at=None)


def look() -> int:
    """Look at the streamers that are due and begin to capture who is live; how many were due."""
    due = claim_due()
    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = threads.map(ask, [streamer.username for streamer in due])
        for streamer, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, LiveError):
                note_not_live(streamer, outcome)
            else:
                note_live(streamer, outcome)
    return len(due)


def claim_due() -> list[Streamer]:
    """Who is to be looked at now, each named to one caller; their next look is a minute away."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM_SQL,
            {
                "every": LOOK_EVERY_S,
                "open": list(Session.OPEN),
                "limit": settings.CAPTURE_WATCH_LOOKS_PER_MINUTE,
            },
        )
        claimed = [row[0] for row in cursor.fetchall()]
    return list(Streamer.objects.filter(pk__in=claimed).order_by("id"))


def ask(username: str) -> str | LiveError:
    """The room's id, or why there is none. Runs in a thread that has no database connection."""
    try:
        return live_check.find_live(username)
    except LiveError as error:
        return error


def note_not_live(streamer: Streamer, error: LiveError) -> None:
    failures = 0 if isinstance(error, Offline) else streamer.watch_failures + 1
    note(streamer, error.code, str(error), failures)


def note_live(streamer: Streamer, room_id: str) -> None:
    """Begin a session, unless someone ended the one of this live or the limit is reached."""
    live, name = Streamer.WatchStatus.LIVE, streamer.username
    last = streamer.sessions.order_by("-created_at").first()
    if last and last.stop_requested_at and last.room_id == room_id:
        note(streamer, live, f"@{name} is live; capturing it was ended by hand.", 0)
    elif starts_left() <= 0:
        sentence = f"@{name} is live, but the limit of automatic captures in an hour is reached."
        note(streamer, live, sentence, streamer.watch_failures)
    else:
        failed = last and last.status == Session.Status.FAILED
        failures = streamer.watch_failures + 1 if failed else 0
        note(streamer, live, f"@{name} is live.", failures)
        begin(name)


def starts_left() -> int:
    hour_ago = timezone.now() - timedelta(hours=1)
    begun = Session.objects.filter(automatic=True, created_at__gt=hour_ago).count()
    return settings.CAPTURE_WATCH_STARTS_PER_HOUR - begun


def begin(username: str) -> None:
    with suppress(services.AlreadyCaptured):  # someone was faster
        services.start_session(username=username, automatic=True)


def note(streamer: Streamer, status: str, detail: str, failures: int) -> None:
    """Write down what was seen, and when to look again. Nothing is written once unwatched."""
    Streamer.objects.filter(pk=streamer.pk, watched=True).update(
        watch_status=status,
        watch_detail=detail,
        watch_failures=min(failures, 100),
        watch_next_at=Now() + timedelta(seconds=wait_s(failures)),
    )


def wait_s(failures: int) -> float:
    """Twice as long after each failure, with chance against a stampede."""
    wait = min(LOOK_EVERY_S * 2 ** min(failures, 10), LONGEST_WAIT_S)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311
