"""Who watches rooms now: counting them, and finding those who may not (any more).

MediaMTX asks us when somebody begins to watch, and about public rooms not even then. What it
shows of its connections is looked at every few seconds, so that whom a host throws out or blocks,
and whom an operator bans, is cut off wherever they watch.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.core.cache import cache
from django.db import connection

from apps.live.admission import READING_KEYS, UNWELCOME_SQL, in_query
from apps.live.mediamtx import Connection, MediaServer, Stream
from apps.live.models import co_host_id_of, room_id_of
from apps.live.passes import QUERY_KEY, holder_of
from apps.users.callers import digest
from apps.users.models import AuthToken

# Who watches by a way that MediaMTX does not see (a CDN) calls watchLiveStream again within this.
HEARTBEAT_S = 60
SHUT_FOR_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Watcher:
    """A connection that watches a stream; `user_id` is None for a guest."""

    connection: Connection
    path: str
    room_id: int
    user_id: int | None
    address: str


def who_watches(server: MediaServer, streams: list[Stream]) -> list[Watcher]:
    """Everybody who watches a room. Raises MediaServerAway."""
    reading = {reader: stream.path for stream in streams for reader in stream.readers}
    visits = server.visits({reader.kind for reader in reading})
    seen = [(reader, path, visits[reader]) for reader, path in reading.items() if reader in visits]
    owners = owners_of_tokens(visit.query for _, _, visit in seen)
    return [
        Watcher(reader, path, room_id, who(visit.query, room_id, owners), visit.address)
        for reader, path, visit in seen
        if (room_id := room_id_of(path)) is not None
    ]


def owners_of_tokens(queries: Iterable[str]) -> dict[bytes, int]:
    """The people behind the tokens in the queries, by the tokens' digests."""
    digests = {digest(token) for query in queries for token in in_query(query, READING_KEYS)}
    if not digests:
        return {}
    rows = AuthToken.objects.filter(digest__in=digests).values_list("digest", "user_id")
    return {bytes(found): user_id for found, user_id in rows}


def who(query: str, room_id: int, owners: dict[bytes, int]) -> int | None:
    """The person whose pass or token stands in the query."""
    for text in in_query(query, (QUERY_KEY,)):
        if holder := holder_of(text, room_id=room_id):
            return holder
    tokens = in_query(query, READING_KEYS)
    return next((owners[d] for d in map(digest, tokens) if d in owners), None)


# --- Counting -------------------------------------------------------------------------------

COUNTED = """
    WITH here AS (
        SELECT w.room_id, w.user_id
        FROM unnest(%(rooms)s::bigint[], %(users)s::bigint[]) AS w(room_id, user_id)
        UNION
        SELECT v.room_id, v.user_id FROM live_viewer v
        WHERE v.room_id = ANY(%(ids)s::bigint[]) AND v.present AND v.seen_at > %(seen_after)s
    ), people AS (
        SELECT h.room_id, count(*) AS number FROM here h JOIN live_liveroom r ON r.id = h.room_id
        JOIN users_user u ON u.id = h.user_id
        LEFT JOIN live_viewer v ON v.room_id = h.room_id AND v.user_id = h.user_id
        WHERE h.user_id <> r.host_id AND coalesce(v.present, NOT u.is_staff)
            AND NOT EXISTS (SELECT FROM live_publishkey k
                WHERE k.room_id = h.room_id AND k.user_id = h.user_id)
        GROUP BY h.room_id
    ), found AS (
        SELECT s.id, s.publisher_id, s.guests + coalesce(p.number, 0) AS viewers
        FROM unnest(%(ids)s::bigint[], %(publishers)s::text[], %(guests)s::bigint[])
            AS s(id, publisher_id, guests) LEFT JOIN people p ON p.room_id = s.id
    )
"""
MARK_ONLINE_SQL = f"""
    {COUNTED}
    UPDATE live_liveroom r
    SET status = 'live', started_at = coalesce(r.started_at, %(now)s), interrupted_at = NULL,
        publisher_id = f.publisher_id, viewers_now = f.viewers,
        viewers_peak = greatest(r.viewers_peak, f.viewers)
    FROM found f
    WHERE r.id = f.id AND r.status <> 'ended'
        AND (r.status, r.publisher_id, r.viewers_now)
            IS DISTINCT FROM ('live', f.publisher_id, f.viewers)
"""


def mark_online(found: list[tuple[int, Stream]], watchers: list[Watcher], *, now: datetime) -> None:
    """These rooms are live and have so many viewers: a person counts once, however many screens.

    Those who said goodbye don't count while MediaMTX still shows them (HLS: 30 to 40 s), nor do
    host, co-hosts, and operators who look in from the dashboard.
    """
    at_the_host = [w for w in watchers if co_host_id_of(w.path) is None]
    people = [w for w in at_the_host if w.user_id is not None]
    guests = Counter(w.room_id for w in at_the_host if w.user_id is None)
    publishers = [stream.publisher.id if stream.publisher else "" for _, stream in found]
    with connection.cursor() as cursor:
        cursor.execute(
            MARK_ONLINE_SQL,
            {
                "now": now,
                "seen_after": now - timedelta(seconds=HEARTBEAT_S),
                "ids": [room_id for room_id, _ in found],
                "publishers": publishers,
                "guests": [guests[room_id] for room_id, _ in found],
                "rooms": [w.room_id for w in people],
                "users": [w.user_id for w in people],
            },
        )


# --- Closing --------------------------------------------------------------------------------


def unwelcome(watchers: list[Watcher]) -> list[Watcher]:
    """Those who may not watch what they watch.

    A public room is open to guests, of whom nobody knows who they are. Somebody who was thrown
    out and comes back as a guest is known by the address that they came from before.
    """
    people = {(w.room_id, w.user_id) for w in watchers if w.user_id is not None}
    refused = may_not_watch(people) if people else set()
    out = [w for w in watchers if (w.room_id, w.user_id) in refused]
    shut = shut_addresses({w.room_id for w in watchers}, out)
    guests = [w for w in watchers if w.user_id is None]
    return out + [
        w for w in guests if w.path.startswith("prv/") or w.address in shut.get(w.room_id, ())
    ]


def may_not_watch(people: set[tuple[int, int]]) -> set[tuple[int, int | None]]:
    parameters: dict[str, Any] = {
        "rooms": [room for room, _ in people],
        "users": [user for _, user in people],
    }
    with connection.cursor() as cursor:
        cursor.execute(UNWELCOME_SQL, parameters)
        return set(cursor.fetchall())


def shut_addresses(room_ids: set[int], out: list[Watcher]) -> dict[int, set[str]]:
    """From where guests may not come, by room, with the addresses of those who are put out now."""
    keys = {room_id: shut_key(room_id) for room_id in room_ids}
    stored = cache.get_many(keys.values()) if keys else {}
    shut: dict[int, set[str]] = {room_id: stored.get(key, set()) for room_id, key in keys.items()}
    for watcher in out:
        known = shut[watcher.room_id]
        if is_somebodys_own(watcher.address) and watcher.address not in known:
            known.add(watcher.address)
            cache.set(shut_key(watcher.room_id), known, timeout=SHUT_FOR_S)
    return shut


def shut_key(room_id: int) -> str:
    return f"live:shut:{room_id}"


def is_somebodys_own(address: str) -> bool:
    """Not a private one: that is a proxy's, behind which everybody is."""
    try:
        return ip_address(address).is_global
    except ValueError:
        return False
