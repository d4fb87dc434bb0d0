"""Reads of sessions and events, as JSON that PostgreSQL writes. A fixed number of statements."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from apps.capture.models import Category, Session, Source
from apps.capture.shapes import EventShape, SessionDetailShape, SessionShape, StreamerShape
from apps.contract.shapes import fetch_json, fetch_one_json, fetch_rows

EVENTS_LIMIT = 500
SESSIONS_LIMIT = 100
BIGGEST_ID = 2**63 - 1
NEWEST, OLDEST = "newest", "oldest"
OPEN = "open"  # stands for every status of a session that runs

BOUNDS = (
    ("after", "id", ">"),
    ("before", "id", "<"),
    ("since", "happened_at", ">="),
    ("until", "happened_at", "<"),
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

    def sql(self, parameters: dict[str, Any]) -> str:
        """Conditions on `e`; what they compare with is put into `parameters`."""
        conditions = []
        if self.types:
            conditions.append(types_condition(self.types, parameters))
        if self.user.isdecimal() and int(self.user) <= BIGGEST_ID:
            parameters["user_id"] = int(self.user)
            conditions.append("e.user_id = %(user_id)s")
        elif self.user:
            parameters["unique_id"] = self.user.removeprefix("@")
            conditions.append("e.unique_id = %(unique_id)s")
        if self.text:
            parameters["pattern"] = f"%{escape_like(self.text)}%"
            conditions.append("e.text ILIKE %(pattern)s")
        for name, column, sign in BOUNDS:
            if (bound := getattr(self, name)) is not None:
                parameters[name] = bound
                conditions.append(f"e.{column} {sign} %({name})s")
        return "".join(f" AND {condition}" for condition in conditions)


def types_condition(types: tuple[str, ...], parameters: dict[str, Any]) -> str:
    parameters["categories"] = [name for name in types if name in Category.values]
    parameters["types"] = [name for name in types if name not in Category.values]
    if not parameters["types"]:
        return "e.category = ANY(%(categories)s)"
    return "(e.category = ANY(%(categories)s) OR e.type = ANY(%(types)s))"


def escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def events_statement(
    *, session_id: uuid.UUID, day: Any, where: EventFilter, order: str, limit: int
) -> tuple[str, dict[str, Any]]:
    """One page of events by the key (session, id) within one partition."""
    parameters = {"session_id": session_id, "day": day, "limit": limit}
    direction = "DESC" if order == NEWEST else "ASC"
    sql = (
        f"SELECT {EventShape.sql('e')} FROM capture_event e "
        f"WHERE e.session_id = %(session_id)s AND e.session_day = %(day)s{where.sql(parameters)} "
        f"ORDER BY e.id {direction} LIMIT %(limit)s"
    )
    return sql, parameters


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
    sql, parameters = events_statement(
        session_id=session_id, day=day, where=where, order=order, limit=limit + 1
    )
    return to_page(fetch_json(sql, parameters), limit)


def count_events(*, session: Session, where: EventFilter) -> int:
    """How many events match; of a long session this takes seconds unless all of them do."""
    if where.matches_all():
        return session.total
    parameters = {"session_id": session.pk, "day": session.day}
    sql = (
        "SELECT count(*) FROM capture_event e WHERE e.session_id = %(session_id)s "
        f"AND e.session_day = %(day)s{where.sql(parameters)}"
    )
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
