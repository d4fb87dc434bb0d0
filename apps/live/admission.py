"""Who may publish into a room and who may watch it: the questions of MediaMTX's auth hook.

MediaMTX asks one question at a time and lets all else wait, so each answer is one statement on
unique indexes. Nothing here writes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hmac import compare_digest
from itertools import islice
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from apps.contract.shapes import prepared_cursor
from apps.live.models import LiveRoom, co_host_id_of, room_id_of
from apps.live.passes import QUERY_KEY, holder_of
from apps.users.callers import digest

READING_KEYS = ("token", "auth_token")
MAX_SECRETS = 4  # one may stand in several places; more is somebody trying
MAX_SECRET_LENGTH = 512

ACTIVE_PERSON = """
    u.status <> 'deleted' AND (u.status <> 'banned' OR u.banned_until <= now())
"""
ROOM_AT_PATH = """
    r.id = %(room_id)s AND r.status <> 'ended'
    AND %(prefix)s = CASE WHEN %(guests)s AND r.privacy = 'public' AND r.price_coins = 0
        THEN 'pub' ELSE 'prv' END
"""
MAY_PUBLISH_SQL = f"""
    SELECT 1 FROM live_publishkey k
    JOIN live_liveroom r ON r.id = k.room_id
    JOIN users_user u ON u.id = k.user_id
    WHERE k.digest = ANY(%(digests)s) AND {ROOM_AT_PATH} AND {ACTIVE_PERSON}
        AND k.user_id = coalesce(%(co_host_id)s::bigint, r.host_id)
        AND (%(co_host_id)s::bigint IS NULL OR k.user_id <> r.host_id)
"""
# As `has_perm` says it. CASE: whoever is no operator costs no look at rights.
OPERATOR = """
    CASE WHEN NOT (u.is_staff AND u.is_active) THEN false WHEN u.is_superuser THEN true
    ELSE EXISTS (SELECT FROM auth_permission p
        JOIN django_content_type c ON c.id = p.content_type_id AND c.app_label = 'live'
        WHERE p.codename = 'view_liveroom' AND (
            EXISTS (SELECT FROM users_user_user_permissions o
                WHERE o.user_id = u.id AND o.permission_id = p.id)
            OR EXISTS (SELECT FROM users_user_groups g
                JOIN auth_group_permissions q ON q.group_id = g.group_id
                WHERE g.user_id = u.id AND q.permission_id = p.id))) END
"""
# The host, operators who may see rooms, those who broadcast with the host, and viewers who may
# come in and have paid the price.
MAY_WATCH = f"""
    (u.id = r.host_id OR {OPERATOR}
     OR EXISTS (SELECT FROM live_publishkey k WHERE k.room_id = r.id AND k.user_id = u.id)
     OR ((r.privacy = '{LiveRoom.Privacy.PUBLIC}' OR (
            r.privacy = '{LiveRoom.Privacy.FOLLOWERS}' AND EXISTS (SELECT FROM users_follow f
                WHERE f.follower_id = u.id AND f.followed_id = r.host_id)))
        AND (r.price_coins = 0 OR EXISTS (SELECT FROM live_viewer v
            WHERE v.room_id = r.id AND v.user_id = u.id AND v.transfer_id IS NOT NULL))
        AND NOT EXISTS (SELECT FROM live_viewer v
            WHERE v.room_id = r.id AND v.user_id = u.id AND v.kicked)
        AND NOT EXISTS (SELECT FROM users_block b
            WHERE b.blocker_id = r.host_id AND b.blocked_id = u.id)))
"""
LIVING_TOKEN = f"""
    t.digest = ANY(%(digests)s) AND t.revoked_at IS NULL
        AND t.last_used_at > now() - make_interval(days => %(token_days)s) AND {ACTIVE_PERSON}
"""
MAY_READ_SQL = f"""
    SELECT 1 FROM users_authtoken t
    JOIN users_user u ON u.id = t.user_id
    JOIN live_liveroom r ON {ROOM_AT_PATH}
    WHERE {LIVING_TOKEN} AND {MAY_WATCH}
"""
HOLDER_MAY_READ_SQL = f"""
    SELECT 1 FROM users_user u JOIN live_liveroom r ON {ROOM_AT_PATH}
    WHERE u.id = %(holder_id)s AND {ACTIVE_PERSON} AND {MAY_WATCH}
"""
# Of (room, person) pairs, those who may not watch (any more).
UNWELCOME_SQL = f"""
    SELECT p.room_id, p.user_id FROM unnest(%(rooms)s::bigint[], %(users)s::bigint[])
        AS p(room_id, user_id)
    JOIN live_liveroom r ON r.id = p.room_id
    LEFT JOIN users_user u ON u.id = p.user_id
    WHERE (({ACTIVE_PERSON}) AND {MAY_WATCH}) IS NOT TRUE
"""
MAY_FOLLOW_EVENTS_SQL = f"""
    SELECT 1 FROM users_authtoken t
    JOIN users_user u ON u.id = t.user_id
    JOIN live_liveroom r ON r.session_id = %(session_id)s
    WHERE {LIVING_TOKEN} AND {MAY_WATCH}
"""


@dataclass(frozen=True, slots=True)
class Question:
    """What MediaMTX asks. Source: its `authHTTPAddress`, v1.20.1."""

    action: str
    path: str
    password: str
    token: str
    query: str

    @classmethod
    def parse(cls, values: Any) -> "Question":
        """Raises ValueError for anything but the object of texts that MediaMTX sends."""
        if not isinstance(values, dict):
            raise ValueError("not an object")
        texts = [values.get(name) for name in cls.__slots__]
        if not values.get("action") or not all(isinstance(t, str | None) for t in texts):
            raise ValueError("not the fields of an auth request")
        return cls(*(text or "" for text in texts))


def is_allowed(question: Question) -> bool:
    """The answer; raises django.db.Error if the database gives none."""
    if question.action == "publish":
        return may_publish(question)
    if question.action == "read":
        return may_read(question)
    return is_internal(question.token)  # api, metrics, pprof, playback


def may_publish(question: Question) -> bool:
    secrets = (question.token, question.password, *in_query(question.query, ("token",)))
    digests = digests_of(secrets)
    return bool(digests) and room_exists(MAY_PUBLISH_SQL, question, digests=digests)


def may_read(question: Question) -> bool:
    """Whoever may watch a room that is not for everyone; MediaMTX asks about no other.

    The viewer's pass or token must stand in the query, where MediaMTX goes on to show it: whom
    nobody could tell apart, nobody could put out.
    """
    if question.path.startswith("pub/"):
        return room_id_of(question.path) is not None
    if (holder_id := holder_in(question)) is not None:
        return room_exists(HOLDER_MAY_READ_SQL, question, holder_id=holder_id)
    digests = digests_of(in_query(question.query, READING_KEYS))
    return bool(digests) and room_exists(MAY_READ_SQL, question, digests=digests)


def holder_in(question: Question) -> int | None:
    """Whose pass for this room stands in the query."""
    room_id = room_id_of(question.path)
    texts = islice(in_query(question.query, (QUERY_KEY,)), MAX_SECRETS)
    holders = [holder_of(text, room_id=room_id) for text in texts] if room_id else []
    return next(filter(None, holders), None)


def is_internal(token: str) -> bool:
    return compare_digest(token.encode(), settings.MEDIAMTX_SECRET.encode())


def room_exists(sql: str, question: Question, **parameters: Any) -> bool:
    room_id = room_id_of(question.path)
    if room_id is None:
        return False
    parameters |= {
        "room_id": room_id,
        "prefix": question.path[:3],
        "guests": settings.ROOM_GUESTS,
        "co_host_id": co_host_id_of(question.path),
        "token_days": settings.TOKEN_UNUSED_DAYS,
    }
    return fetch_one(sql, parameters) is not None


def digests_of(secrets: Iterable[str]) -> list[bytes]:
    """Of a few of these; a secret may stand in several places at once."""
    given = [text for text in dict.fromkeys(secrets) if 0 < len(text) <= MAX_SECRET_LENGTH]
    return [digest(text) for text in given[:MAX_SECRETS]]


def in_query(query: str, keys: tuple[str, ...]) -> Iterator[str]:
    try:
        values = parse_qs(query, max_num_fields=50)
    except ValueError:
        return
    for key in keys:
        yield from values.get(key, ())


def fetch_one(sql: str, parameters: dict[str, Any]) -> tuple | None:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def may_follow_events(request: HttpRequest, session_id: UUID) -> bool:
    """Whether the app's token lets its owner read what happens in a room (config/stream.py)."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    texts = (
        request.headers.get("Auth-Token", ""),
        bearer if scheme.lower() == "bearer" else "",
        request.GET.get("auth_token", ""),
    )
    secrets = [text.strip() for text in texts if 0 < len(text.strip()) <= MAX_SECRET_LENGTH]
    if not secrets:
        return False
    parameters = {
        "digests": [digest(secret) for secret in secrets],
        "session_id": session_id,
        "token_days": settings.TOKEN_UNUSED_DAYS,
    }
    return fetch_one(MAY_FOLLOW_EVENTS_SQL, parameters) is not None
