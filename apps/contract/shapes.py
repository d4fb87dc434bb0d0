"""What a contract object holds, declared once: SQL that builds it, and its documentation.

    class SoundShape(Shape):
        id = integer("id")
        name = text("title")

`SoundShape.sql("s")` is an SQL expression that makes the JSON object out of the row with alias
`s`. Postgres writes the JSON and Python passes it on as bytes; nothing is built per row here,
which is what makes a page of ten with all relations several times cheaper than serializers
over the ORM (benchmarks/README.md).

A source is a column of the shape's own row ("title") or any SQL with `{t}` for its alias
("{t}.likes + {t}.shares"). `%(name)s` in it is a parameter of the statement. Types follow the
stricter of the two clients: texts are never null, flags are 0/1, moments are UTC text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import orjson
import psycopg
from django.db import connection
from psycopg.types.string import TextLoader

from apps.contract.guarded import url_for

PREPARE_AFTER = 3
PARAMETER = re.compile(r"%(?:%|\((\w+)\)s)")
COLUMN = re.compile(r"^[a-z_][a-z0-9_]*$")

JsonSchema = dict[str, Any]


@dataclass(frozen=True)
class Field:
    source: str
    template: str
    schema: JsonSchema

    def sql(self, alias: str) -> str:
        source = f"{{t}}.{self.source}" if COLUMN.match(self.source) else self.source
        return self.template.replace("{source}", source).replace("{t}", alias)


def integer(source: str) -> Field:
    return Field(source, "coalesce({source}, 0)", {"type": "integer"})


def number(source: str) -> Field:
    return Field(source, "coalesce({source}, 0)::float8", {"type": "number"})


def text(source: str) -> Field:
    return Field(source, "coalesce({source}::text, '')", {"type": "string"})


def flag(source: str) -> Field:
    return Field(source, "coalesce({source}, false)::int", {"type": "integer", "enum": [0, 1]})


def moment(source: str) -> Field:
    """`YYYY-MM-DD HH:MM:SS` in UTC, empty for null."""
    template = "coalesce(to_char({source} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '')"
    return Field(source, template, {"type": "string", "example": "2026-01-31 18:30:00"})


def media(source: str) -> Field:
    """An absolute URL of a stored file; the statement needs the parameter `media_url`.

    A guarded name (apps/contract/guarded.py) gets a link that the viewer alone can use for a while.
    """
    template = (
        "CASE WHEN coalesce({source}, '') = '' THEN '' "
        "WHEN {source} LIKE 'http%%' THEN {source} "
        "WHEN {source} LIKE 'guarded/%%' THEN %(guarded_url)s || substr({source}, 9) "
        "ELSE %(media_url)s || {source} END"
    )
    return Field(source, template, {"type": "string", "format": "uri"})


def constant(value: Any) -> Field:
    """The same JSON value in every object."""
    literal = orjson.dumps(value).decode().replace("'", "''").replace("%", "%%")
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    schema = {"type": kinds[type(value)]} if value is not None else {"nullable": True}
    return Field(f"'{literal}'::json", "{source}", schema)


def nested(shape: "type[Shape]", alias: str, rows: str = "", *, when: str = "true") -> Field:
    """Another shape, null unless `when` holds.

    `rows` is the FROM clause onwards that yields `alias`; without it the statement has joined it.
    """
    source = f"(SELECT {shape.sql(alias)} {rows} LIMIT 1)" if rows else shape.sql(alias)
    if when != "true":
        source = f"CASE WHEN {when} THEN {source} END"
    return Field(source, "{source}", shape.schema() | {"nullable": True})


def listed(shape: "type[Shape]", alias: str, rows: str) -> Field:
    """A list of another shape; `rows` is the FROM clause onwards that yields `alias`."""
    source = f"(SELECT coalesce(json_agg({shape.sql(alias)}), '[]'::json) {rows})"
    return Field(source, "{source}", {"type": "array", "items": shape.schema()})


class Shape:
    """The base of contract objects. Subclasses inherit and may override fields."""

    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls.fields = cls.fields | own

    @classmethod
    def sql(cls, alias: str) -> str:
        """An expression that makes the JSON object from the row called `alias`."""
        columns = ", ".join(f'{field.sql(alias)} AS "{name}"' for name, field in cls.fields.items())
        # Not json_build_object: a function takes at most 100 arguments, a User has more.
        return f"(SELECT row_to_json(o) FROM (SELECT {columns}) o)"

    @classmethod
    def schema(cls) -> JsonSchema:
        return {
            "type": "object",
            "properties": {name: field.schema for name, field in cls.fields.items()},
        }


@lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[bytes, list[str]]:
    """The statement with $1, $2 ... for its named parameters, and their names in that order."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return PARAMETER.sub(number, sql).encode(), names


class NamedCursor(psycopg.RawCursor):
    """Takes named parameters without parsing a long statement anew at every run, as psycopg's
    own cursors do."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        text, names = numbered(query)
        if "guarded_url" in names:
            params = {"guarded_url": url_for(params)} | params
        return super().execute(text, [params[name] for name in names], **options)


class PlannedCursor(NamedCursor):
    """Never prepares: PostgreSQL plans each run for the values of that run."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **options | {"prepare": False})


@contextmanager
def prepared_cursor(kind: type[NamedCursor] = NamedCursor) -> Iterator[Any]:
    """A cursor whose statements the server prepares after a few runs.

    Planning a page with all its relations costs more than running it. JSON comes as text.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE_AFTER
        raw.adapters.register_loader("json", TextLoader)
    make: Any = (
        connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    )
    with make(kind(raw)) as cursor:
        yield cursor


def fetch_json(
    sql: str, parameters: dict[str, Any], *, prepared: bool = True
) -> list[orjson.Fragment]:
    """The rows of a statement whose first column is JSON, ready for an answer."""
    return [orjson.Fragment(row[0]) for row in fetch_rows(sql, parameters, prepared=prepared)]


def fetch_rows(sql: str, parameters: dict[str, Any], *, prepared: bool = True) -> list[tuple]:
    """The rows of a statement, JSON columns as text.

    `prepared=False` is for statements whose best plan depends on the values.
    """
    with prepared_cursor(NamedCursor if prepared else PlannedCursor) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def fetch_one_json(sql: str, parameters: dict[str, Any]) -> orjson.Fragment | None:
    """The first row of such a statement, or None."""
    rows = fetch_json(sql, parameters)
    return rows[0] if rows else None
