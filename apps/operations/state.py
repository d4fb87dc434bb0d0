"""How the system is, in numbers: what waits where, and how old the oldest of it is.

Read by Prometheus (metrics.py) and by the operators' home page. Every number comes from
PostgreSQL or Valkey at the moment of asking, so that it is the same in every process.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson
import redis
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.capture import readers, valkey
from apps.capture.journal import key_of
from apps.operations import signs
from config import health
from config.queues import PUBLISHED_AT, QUEUES

# As config/health.py calls them.
DATABASE, VALKEY = "database", "valkey"


@dataclass(frozen=True, slots=True)
class Sample:
    """A number of a family, with the value of the family's label (or none)."""

    value: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one kind. `read` raises DatabaseError or RedisError while one that it needs is
    away."""

    name: str
    help: str
    read: Callable[[], Iterable[Sample]]
    label: str = ""
    needs: tuple[str, ...] = (DATABASE,)


def by_sql(sql: str) -> Callable[[], list[Sample]]:
    """The rows of a statement: label and number, or a number alone."""

    def read() -> list[Sample]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        return [Sample(float(row[-1] or 0), str(row[0]) if len(row) > 1 else "") for row in rows]

    return read


def age_sql(column: str, source: str) -> str:
    return f"SELECT coalesce(extract(epoch FROM now() - min({column})), 0) FROM {source}"


def queue_lengths() -> list[Sample]:
    return [Sample(float(valkey.client().llen(queue)), queue) for queue in QUEUES]


def queue_ages() -> list[Sample]:
    """Seconds since the oldest message of each queue was published."""
    return [Sample(age_of(valkey.client().lindex(queue, -1)), queue) for queue in QUEUES]


def age_of(message: bytes | str | None) -> float:
    if message is None:
        return 0
    published = orjson.loads(message).get("headers", {}).get(PUBLISHED_AT)
    return max(0.0, time.time() - published) if published else 0


def open_sessions() -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM capture_session WHERE source = 'tiktok'"
            " AND status IN ('waiting', 'connecting', 'live', 'reconnecting')"
        )
        return [str(row[0]) for row in cursor.fetchall()]


def capture_frames() -> list[Sample]:
    """Frames that the socket gave and that are not yet rows."""
    sessions = open_sessions()
    pipeline = valkey.client().pipeline(transaction=False)
    for session in sessions:
        pipeline.xlen(key_of(session))
    return [Sample(float(sum(pipeline.execute())))]


def capture_lag() -> list[Sample]:
    """Seconds that the oldest of those frames has waited."""
    pipeline = valkey.client().pipeline(transaction=False)
    for session in open_sessions():
        pipeline.xrange(key_of(session), count=1)
    oldest = [int(frames[0][0].split(b"-")[0]) for frames in pipeline.execute() if frames]
    return [Sample(max(0.0, time.time() - min(oldest) / 1000) if oldest else 0)]


def stream_readers() -> list[Sample]:
    return [
        Sample(float(number), process)
        for process, number in readers.by_process(valkey.client()).items()
    ]


def sign_age(sign: str) -> Callable[[], list[Sample]]:
    """Seconds since something was last done; no number if it never was."""

    def read() -> list[Sample]:
        age = signs.age_s(sign)
        return [] if age is None else [Sample(age)]

    return read


def is_up(server: str) -> Callable[[], list[Sample]]:
    """1 or 0, within seconds also of a server that is silent."""
    return lambda: [Sample(health.checks((server,))[server] == health.OK)]


OPEN_STATUS = "status IN ('waiting', 'connecting', 'live', 'reconnecting')"
WAITING_UPLOADS = "videos_videoupload WHERE done_at IS NULL"
FAMILIES = [
    Family("clipcast_database_up", "1 while PostgreSQL answers", is_up(DATABASE), needs=()),
    Family("clipcast_valkey_up", "1 while Valkey answers", is_up(VALKEY), needs=()),
    Family(
        "clipcast_queue_messages",
        "Tasks that wait for a worker",
        queue_lengths,
        "queue",
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_queue_oldest_seconds",
        "Age of the oldest waiting task",
        queue_ages,
        "queue",
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_uploads",
        "Videos by state of their upload, of the last seven days",
        by_sql(
            "SELECT v.state, count(*) FROM videos_videoupload u"
            " JOIN videos_video v ON v.id = u.video_id"
            " WHERE u.created_at > now() - interval '7 days' OR u.done_at IS NULL GROUP BY 1"
        ),
        "state",
    ),
    Family(
        "clipcast_upload_oldest_waiting_seconds",
        "Age of the oldest upload that is not encoded",
        by_sql(age_sql("created_at", WAITING_UPLOADS)),
    ),
    Family(
        "clipcast_live_rooms",
        "Live rooms that have not ended",
        by_sql("SELECT status, count(*) FROM live_liveroom WHERE status <> 'ended' GROUP BY 1"),
        "status",
    ),
    Family(
        "clipcast_live_viewers",
        "People who watch live rooms",
        by_sql("SELECT coalesce(sum(viewers_now), 0) FROM live_liveroom WHERE status <> 'ended'"),
    ),
    Family(
        "clipcast_audio_rooms",
        "Audio rooms that are open",
        by_sql("SELECT count(*) FROM rooms_audioroom WHERE ended_at IS NULL"),
    ),
    Family(
        "clipcast_capture_sessions",
        "Captures that have not ended",
        by_sql(
            f"SELECT status, count(*) FROM capture_session"
            f" WHERE source = 'tiktok' AND {OPEN_STATUS} GROUP BY 1"
        ),
        "status",
    ),
    Family(
        "clipcast_capture_waiting_frames",
        "Frames not yet stored",
        capture_frames,
        needs=(DATABASE, VALKEY),
    ),
    Family(
        "clipcast_capture_lag_seconds",
        "Age of the oldest frame not yet stored",
        capture_lag,
        needs=(DATABASE, VALKEY),
    ),
    Family(
        "clipcast_capture_gaps_open",
        "Captures whose socket is down now",
        by_sql(
            "SELECT count(*) FROM capture_gap g JOIN capture_session s ON s.id = g.session_id"
            f" WHERE g.to_at IS NULL AND s.{OPEN_STATUS}"
        ),
    ),
    Family(
        "clipcast_capture_gap_seconds_day",
        "Seconds of captures' gaps that began in the last 24 hours",
        by_sql(
            "SELECT coalesce(sum(extract(epoch FROM coalesce(to_at, now()) - from_at)), 0)"
            " FROM capture_gap WHERE from_at > now() - interval '1 day'"
        ),
    ),
    Family(
        "clipcast_stream_readers",
        "Readers of streams, by the process that serves them",
        stream_readers,
        "process",
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_pushes_waiting",
        "Pushes that are to be sent",
        by_sql("SELECT count(*) FROM notifications_push WHERE state = 'pending'"),
    ),
    Family(
        "clipcast_ledger_proof_age_seconds",
        "Time since the books were last proved",
        by_sql(
            "SELECT extract(epoch FROM now() - max(started_at)) FROM wallet_auditrun"
            " HAVING count(*) > 0"
        ),
    ),
    Family(
        "clipcast_ledger_broken_rules",
        "Rules of the books that did not hold at the last proof",
        by_sql("SELECT broken FROM wallet_auditrun ORDER BY started_at DESC LIMIT 1"),
    ),
    Family(
        "clipcast_beat_age_seconds",
        "Time since beat last put a task into a queue",
        sign_age(signs.BEAT),
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_hooks_age_seconds",
        "Time since a hooks process last gave a sign of life",
        sign_age(signs.HOOKS),
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_backup_age_seconds",
        "Time since manage.py backup last ended well",
        sign_age(signs.BACKUP),
        needs=(VALKEY,),
    ),
    Family(
        "clipcast_open",
        "What waits for an operator",
        by_sql(
            "SELECT 'reports', count(*) FROM moderation_report WHERE state = 'open'"
            " UNION ALL SELECT 'verifications', count(*)"
            " FROM moderation_verificationrequest WHERE state = 'pending'"
            " UNION ALL SELECT 'payouts', count(*) FROM wallet_payout WHERE status = 'pending'"
            " UNION ALL SELECT 'held videos', count(*)"
            " FROM moderation_heldvideo WHERE state = 'waiting'"
            " UNION ALL SELECT 'promotions', count(*)"
            " FROM promotions_promotion WHERE state = 'pending'"
        ),
        "what",
    ),
]


def read_all() -> Iterable[tuple[Family, list[Sample]]]:
    """Every family that can be read now. What needs a server that is away is left out, and not
    tried one after the other: each would take seconds, and the scrape would fail whole."""
    answers = health.checks((DATABASE, VALKEY))
    away = {name for name, answer in answers.items() if answer != health.OK}
    for family in FAMILIES:
        if away.isdisjoint(family.needs):
            try:
                samples = list(family.read())
            except redis.RedisError:
                away.add(VALKEY)
            except (OperationalError, InterfaceError):
                away.add(DATABASE)
            except DatabaseError:
                continue  # of this one alone: the release before, perhaps, has no such table
            else:
                yield family, samples
