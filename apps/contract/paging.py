"""Pages under `starting_point`, the page's number, without an OFFSET that grows.

The apps ask for page 0, 1, 2 ... and say nothing about where the last page ended. So the end of
each page is remembered for the sign-in that got it, in Valkey, and the next page begins right
below it: a range of an index, however deep, and a list that grows meanwhile repeats nothing.
A page whose predecessor isn't remembered (a guest, Valkey away, an hour's pause) is found by
OFFSET, down to MAX_OFFSET rows.

    pages = Pages("followers", caller, page, owner_id)
    return pages.fetch("SELECT {json}, f.id FROM ... WHERE f.id < %(before)s ...", parameters)
"""

import logging
from typing import Any

import orjson
import redis
from django.core.cache import cache

from apps.contract.shapes import fetch_rows
from apps.users.callers import Caller

logger = logging.getLogger(__name__)
PAGE_SIZE = 10
MAX_OFFSET = 1000
REMEMBERED_S = 3600
TOP = 2**63 - 1
# What a statement ends with; its second column is `key`, a bigint that falls from row to row.
OFFSET = " OFFSET %(offset)s"
LIMIT = f"LIMIT {PAGE_SIZE}{OFFSET}"


class Pages:
    """One request for a page of one list."""

    def __init__(self, name: str, caller: Caller, page: int, *about: object) -> None:
        self.page = page
        # One person on two phones scrolls twice; guests can't be told apart.
        self.prefix = ""
        if caller.id:
            key = ":".join(map(str, (name, *about, caller.id, caller.token_id or 0)))
            self.prefix = f"page:{key}:"

    def fetch(self, sql: str, parameters: dict[str, Any]) -> list[orjson.Fragment]:
        """The page's objects. The statement uses `%(before)s` and ends with LIMIT."""
        before = self.remembered() if self.page else TOP
        offset = 0 if before is not None else self.page * PAGE_SIZE
        if offset > MAX_OFFSET:
            return []
        if not offset:
            # One that the planner doesn't know counts as a tenth of the list: it would then find
            # each run's own plan cheaper than the one that is kept, and make it anew.
            sql = sql.replace(OFFSET, "")
        place = {"before": TOP if before is None else before, "offset": offset}
        rows = fetch_rows(sql, parameters | place)
        if len(rows) == PAGE_SIZE:
            self.remember(rows[-1][1])
        return [orjson.Fragment(row[0]) for row in rows]

    def remembered(self) -> int | None:
        if not self.prefix:
            return None
        try:
            return cache.get(f"{self.prefix}{self.page}")
        except redis.RedisError:
            logger.warning("Pages can't be remembered: Valkey is away.")
            return None

    def remember(self, end: int) -> None:
        if not self.prefix:
            return
        try:
            cache.set(f"{self.prefix}{self.page + 1}", end, REMEMBERED_S)
        except redis.RedisError:
            logger.warning("Pages can't be remembered: Valkey is away.")
