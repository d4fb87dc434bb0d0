"""Reads of sessions and events, as JSON that PostgreSQL writes. A fixed number of statements."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from apps.capture.categories import category_of
from apps.capture.models import Category, Session, Source
from apps.capture.shapes import EventShape, SessionDetailShape, SessionShape, StreamerShape
from apps.contract.shapes import fetch_json, fetch_one_json, fetch_rows

EVENTS_LIMIT = 500
SESSIONS_LIMIT = 100
BIGGEST_ID = 2**63 - 1
NEWEST, OLDEST = "newest", "oldest"
OPEN = "open"  # stands for every status of a session that runs

IN_SESSION = "e.session_id = %(session_id)s AND e.session_day = %(day)s"
# How many events a search looks through before it hands back a cursor.
SEARCH_WINDOW = 50_000
# The newest person of that name in the session.
USER_BY_NAME = (
    "(SELECT user_id FROM capture_participant WHERE session_id = %(session_id)s "
    "AND unique_id = %(unique_id)s ORDER BY last_at DESC LIMIT 1)"
)
# The counts by minute know which ids a time holds, so that no index by time is needed.
MINUTES = (
    "FROM capture_minute WHERE session_id = %(session_id)s "
    "AND minute >= date_trunc('minute', coalesce(%(since)s, '-infinity'::timestamptz)) "
    "AND minute < coalesce(%(until)s, 'infinity'::timestamptz)"
)

SESSIONS_FROM = "FROM capture_session s JOIN capture_streamer st ON st.id = s.streamer_id"
SESSION_SQL = f"SELECT {SessionDetailShape.sql('s')} {SESSIONS_FROM} WHERE s.id = %(session_id)s"

STREAMER_SQL = (
    f"SELECT {StreamerShape.sql('t')} FROM capture_streamer t "
    "WHERE t.username = %(username)s AND t.source = %(source)s"
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of a list; `next_cursor` is the last item's id if there are more."""

    items: list[orjson.Fragment]
    next_cursor: Any


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events of a session. `types` holds categories and TikTok's names of messages."""

    types: tuple[str, ...] = ()
    user: str = ""  # TikTok's number of the user, or the name
    text: str = ""
    after: int | None = None
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def between(self, after: int | None, before: int | None) -> "EventFilter":
        """The same with other bounds of the id."""
        return replace(self, after=after, before=before)

    def matches_all(self) -> bool:
        return self == EventFilter()

    def has_two_ends(self) -> bool:
        """A plan for any two bounds expects a handful of events between them and sorts those, of
        which there may be a hundred thousand; one for these bounds reads a page in order."""
        times = self.since is not None or self.until is not None
        return times or (self.after is not None and self.before is not None)

    def sql(self, parameters: dict[str, Any]) -> str:
        """Conditions on `e` but those on the type; what they compare with is put into
        `parameters`, which name the session already."""
        conditions = []
        if self.user.isdecimal() and int(self.user) <= BIGGEST_ID:
            parameters["user_id"] = int(self.user)
            conditions.append("e.user_id = %(user_id)s")
        elif self.user:
            parameters["unique_id"] = self.user.removeprefix("@")
            conditions.append(f"e.user_id = {USER_BY_NAME}")
        if self.text:
            parameters["pattern"] = f"%{escape_like(self.text)}%"
            conditions.append("e.text ILIKE %(pattern)s")
        for name, sign in (("since", ">="), ("until", "<")):
            if getattr(self, name) is not None:
                conditions.append(f"e.happened_at {sign} %({name})s")
        return "".join(f" AND {condition}" for condition in conditions) + self.span(parameters)

    def span(self, parameters: dict[str, Any]) -> str:
        """Conditions on the id of `e`."""
        conditions = []
        for name, sign in (("after", ">"), ("before", "<")):
            if (bound := getattr(self, name)) is not None:
                parameters[name] = bound
                conditions.append(f"e.id {sign} %({name})s")
        if self.since is not None or self.until is not None:
            parameters |= {"since": self.since, "until": self.until}
            conditions.append(f"e.id >= (SELECT min(first_id) {MINUTES})")
            conditions.append(f"e.id <= (SELECT max(last_id) {MINUTES})")
        return "".join(f" AND {condition}" for condition in conditions)

    def kinds(self) -> list[tuple[str, str | None]]:
        """Pairs of category and, unless all of it is wanted, type: the index is by category."""
        whole = [name for name in self.types if name in Category.values]
        kinds: list[tuple[str, str | None]] = [(name, None) for name in whole]
        for name in self.types:
            if name in whole:
                continue
            category = category_of(name)
            if category not in whole:
                kinds.append((category, name))
        return list(dict.fromkeys(kinds))

    def is_search(self) -> bool:
        """Whether no index leads to what is wanted: a text, or a type within its category."""
        return not self.user and (bool(self.text) or any(name for _, name in self.kinds()))


def escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def events_statement(
    *, session_id: uuid.UUID, day: Any, where: EventFilter, order: str, limit: int
) -> tuple[str, dict[str, Any]]:
    """One page of events by the key (session, id), or by category, within one partition."""
    parameters = {"session_id": session_id, "day": day, "limit": limit}
    page = (
        f"SELECT * FROM capture_event e WHERE {IN_SESSION}{{kind}}{where.sql(parameters)} "
        f"ORDER BY e.id {direction(order)} LIMIT %(limit)s"
    )
    if not where.types:
        return f"SELECT {EventShape.sql('e')} FROM ({page.format(kind='')}) e", parameters
    kinds = where.kinds()
    parameters["categories"] = [category for category, _ in kinds]
    parameters["types"] = [name for _, name in kinds]
    # A page of each kind by its index, and of these the first: rare kinds cost no long scan.
    kind = " AND e.category = k.category AND (k.type IS NULL OR e.type = k.type)"
    sql = (
        f"SELECT {EventShape.sql('e')} FROM "
        "unnest(%(categories)s::text[], %(types)s::text[]) AS k(category, type) "
        f"CROSS JOIN LATERAL ({page.format(kind=kind)}) e "
        f"ORDER BY e.id {direction(order)} LIMIT %(limit)s"
    )
    return sql, parameters


def direction(order: str) -> str:
    return "DESC" if order == NEWEST else "ASC"


def session_day(session_id: uuid.UUID) -> Any:
    """The day by which the session's events are found, or None if there is no such session."""
    return Session.objects.filter(pk=session_id).values_list("day", flat=True).first()


def find_session(session_id: uuid.UUID) -> orjson.Fragment | None:
    return fetch_one_json(SESSION_SQL, {"session_id": session_id})


def find_streamer(username: str) -> orjson.Fragment | None:
    return fetch_one_json(STREAMER_SQL, {"username": username, "source": Source.TIKTOK.value})


def list_events(
    *, session_id: uuid.UUID, day: Any, where: EventFilter, order: str = NEWEST, limit: int = 100
) -> Page:
    """A page of a session's events.

    A search for a text or for a type looks through `SEARCH_WINDOW` events: a page of it may hold
    fewer than `limit`, or none, and still have a `next_cursor` at which the search goes on.
    """
    edge = search_edge(session_id, day, where, order) if where.is_search() else None
    if edge is not None:
        beyond = (edge, where.before) if order == NEWEST else (where.after, edge)
        where = where.between(*beyond)
    sql, parameters = events_statement(
        session_id=session_id, day=day, where=where, order=order, limit=limit + 1
    )
    found = fetch_json(sql, parameters, prepared=not where.has_two_ends())
    page = to_page(found, limit)
    if page.next_cursor is None and edge is not None:
        # The event at the edge is the first that the next page looks at.
        return replace(page, next_cursor=edge + 1 if order == NEWEST else edge - 1)
    return page


def search_edge(session_id: uuid.UUID, day: Any, where: EventFilter, order: str) -> int | None:
    """The id of the first event beyond the window of a search; None if there is none."""
    parameters = {"session_id": session_id, "day": day, "window": SEARCH_WINDOW}
    rows = fetch_rows(
        f"SELECT e.id FROM capture_event e WHERE {IN_SESSION}{where.span(parameters)} "
        f"ORDER BY e.id {direction(order)} OFFSET %(window)s LIMIT 1",
        parameters,
        prepared=not where.has_two_ends(),
    )
    return rows[0][0] if rows else None


def count_events(*, session: Session, where: EventFilter) -> int:
    """How many events match; of a long session this takes seconds unless all of them do."""
    if where.matches_all():
        return session.total
    parameters: dict[str, Any] = {"session_id": session.pk, "day": session.day}
    kind = ""
    if where.types:
        parameters["categories"] = [name for name in where.types if name in Category.values]
        parameters["types"] = [name for name in where.types if name not in Category.values]
        kind = " AND (e.category = ANY(%(categories)s) OR e.type = ANY(%(types)s))"
    sql = f"SELECT count(*) FROM capture_event e WHERE {IN_SESSION}{kind}{where.sql(parameters)}"
    return fetch_rows(sql, parameters)[0][0]


def list_sessions(
    *,
    status: str = "",
    username: str = "",
    cursor: uuid.UUID | None = None,
    limit: int = 20,
) -> Page:
    """The newest first. `cursor` is the id of the session after which to go on."""
    parameters: dict[str, Any] = {"limit": limit + 1}
    conditions = ["true"]
    if status:
        parameters["statuses"] = list(Session.OPEN) if status == OPEN else [status]
        conditions.append("s.status = ANY(%(statuses)s)")
    if username:
        parameters["username"] = username
        conditions.append("st.username = %(username)s")
    if cursor:
        parameters["cursor"] = cursor
        conditions.append(
            "(s.created_at, s.id) < "
            "(SELECT created_at, id FROM capture_session WHERE id = %(cursor)s)"
        )
    sql = (
        f"SELECT {SessionShape.sql('s')} {SESSIONS_FROM} WHERE {' AND '.join(conditions)} "
        "ORDER BY s.created_at DESC, s.id DESC LIMIT %(limit)s"
    )
    return to_page(fetch_json(sql, parameters), limit)


def to_page(rows: list[orjson.Fragment], limit: int) -> Page:
    """One row more than `limit` was asked for: it tells whether there are more."""
    items = rows[:limit]
    if len(rows) <= limit:
        return Page(items=items, next_cursor=None)
    return Page(items=items, next_cursor=orjson.loads(orjson.dumps(items[-1]))["id"])
