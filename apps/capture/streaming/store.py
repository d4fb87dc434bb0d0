"""What the streams read from PostgreSQL, over asynchronous connections of their own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connections
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from apps.capture.models import Session
from apps.capture.selectors import BIGGEST_ID, SESSIONS_FROM
from apps.capture.shapes import EventShape, SessionDetailShape
from apps.capture.streaming.frames import EventFrame, event_frame

POOL_SIZE = 4
# The feeds ask again by themselves: better often than with the pool's growing pauses.
POOL_TIMEOUT_S = 3
RECONNECT_TIMEOUT_S = 2
PAGE = 500
STATE_SQL = f"""
    SELECT s.day, s.status = ANY(%(open)s), {SessionDetailShape.sql("s")}::text
    {SESSIONS_FROM} WHERE s.id = %(session_id)s
"""
LAST_ID_SQL = """
    SELECT coalesce(max(id), 0) FROM capture_event
    WHERE session_id = %(session_id)s AND session_day = %(day)s
"""
COLUMNS = f"e.id, e.category, e.type, {EventShape.sql('e')}::text"
BETWEEN = """
    e.session_id = %(session_id)s AND e.session_day = %(day)s
    AND e.id > %(after)s AND e.id <= %(up_to)s
"""
EVENTS_SQL = f"SELECT {COLUMNS} FROM capture_event e WHERE {BETWEEN} ORDER BY e.id LIMIT {PAGE}"
# A page of each category by its index, and of these the first: a rare one costs no long scan.
SOME_EVENTS_SQL = f"""
    SELECT {COLUMNS} FROM unnest(%(categories)s::text[]) k(category) CROSS JOIN LATERAL (
        SELECT * FROM capture_event e WHERE e.category = k.category AND {BETWEEN}
        ORDER BY e.id LIMIT {PAGE}
    ) e ORDER BY e.id LIMIT {PAGE}
"""
ID_BACK_SQL = """
    SELECT e.id FROM capture_event e
    WHERE e.session_id = %(session_id)s AND e.session_day = %(day)s
    ORDER BY e.id DESC OFFSET %(count)s LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class State:
    day: date
    is_open: bool
    json: str


class Store:
    def __init__(self) -> None:
        parameters = connections["default"].get_connection_params()
        for name in ("cursor_factory", "context"):
            parameters.pop(name, None)
        self.pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            kwargs=parameters | {"autocommit": True},
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_TIMEOUT_S,
            reconnect_timeout=RECONNECT_TIMEOUT_S,
            open=False,
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()

    async def state(self, session_id: uuid.UUID) -> State | None:
        """The session now, or None if there is no such session."""
        parameters = {"session_id": session_id, "open": list(Session.OPEN)}
        rows = await self.rows(STATE_SQL, parameters)
        return State(*rows[0]) if rows else None

    async def last_id(self, session_id: uuid.UUID, day: date) -> int:
        rows = await self.rows(LAST_ID_SQL, {"session_id": session_id, "day": day})
        return rows[0][0]

    async def events(
        self,
        session_id: uuid.UUID,
        day: date,
        after: int,
        up_to: int = BIGGEST_ID,
        categories: Sequence[str] = (),
    ) -> list[EventFrame]:
        """At most PAGE events with ids above `after`, in their order. No categories: all."""
        parameters = {"session_id": session_id, "day": day, "after": after, "up_to": up_to}
        sql = EVENTS_SQL
        if categories:
            sql, parameters["categories"] = SOME_EVENTS_SQL, list(categories)
        return [event_frame(*row) for row in await self.rows(sql, parameters)]

    async def id_back(self, session_id: uuid.UUID, day: date, count: int) -> int:
        """The id after which the session has `count` events; 0 if it has no more than these."""
        rows = await self.rows(ID_BACK_SQL, {"session_id": session_id, "day": day, "count": count})
        return rows[0][0] if rows else 0

    async def rows(self, sql: str, parameters: dict) -> list[tuple]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql.encode(), parameters)
            return await cursor.fetchall()
