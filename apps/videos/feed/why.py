"""Why this video: the feed's own steps for one viewer, with every part laid open. Notes nothing."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from psycopg.types.numeric import Int8

from apps.contract.shapes import fetch_rows
from apps.videos.feed.candidates import joined, named, rest, sources, taste
from apps.videos.feed.filters import Audience, Filters, all_of, new_to, unseen_by
from apps.videos.feed.page import PAGE_SIZE
from apps.videos.feed.ranking import PARTS, WEIGHTS_SQL, ranking, scored
from apps.videos.viewers import Viewer

NOT_LOOKED_AT = "No source came upon it for this page."
WEIGHED = ", ".join(f"'{name}', w.{name} * ({part})::float8" for name, part in PARTS.items())


@dataclass(frozen=True, slots=True)
class Candidate:
    """One video that the feed came upon: `place` on the next pages, or the `reasons` against it."""

    video_id: int
    description: str
    author: str
    sources: list[str]
    reasons: list[str]
    place: float | None
    score: float | None
    parts: dict[str, float]


def explain(*, viewer: Viewer, seed: int, video_id: int = 0) -> list[Candidate]:
    """What this viewer's next page would be made of, the page first.

    `video_id` is looked at too if no source comes upon it. A page made by the app a moment later
    differs by chance: its seed is another.
    """
    parameters = {
        "viewer_id": Int8(viewer.user_id),
        "device_id": Int8(viewer.device_id),
        "device_key": viewer.device_key,
        "seed": Int8(seed),
        "promoted_id": Int8(0),
        "video_id": Int8(video_id),
    }
    rows = fetch_rows(explain_sql(Audience.of(viewer)), parameters)
    return [candidate(*row) for row in rows]


def candidate(*row: Any) -> Candidate:
    *facts, parts = row
    return Candidate(*facts, orjson.loads(parts or "{}"))  # type: ignore[call-arg]


@cache
def explain_sql(audience: Audience) -> str:
    # Sources pass over what was served; here the same ranges are read with that too.
    new = dict(sources(audience, all_of(unseen_by(audience))))
    every = {f"{name}_and_served": sql for name, sql in sources(audience, "true")}
    names = {name: name for name in new} | {f"{name}_and_served": name for name in new}
    ranks = ranking(has_taste=audience.is_known)
    ranks["scored"] = scored(
        has_taste=audience.is_known, more=f", json_build_object({WEIGHED}) AS parts"
    )
    steps = {
        "weights": WEIGHTS_SQL,
        **dict(taste(audience)),
        **new,
        **every,
        "found": joined(names),
        "judged": judged(new_to(audience)),
        "passed": "SELECT id, sources FROM judged WHERE reasons = '{}'",
        "rest": rest(audience, PAGE_SIZE),
        "pool": "SELECT * FROM passed UNION ALL SELECT * FROM rest",
        **ranks,
        "all_of_them": """SELECT * FROM judged WHERE id NOT IN (SELECT id FROM rest)
            UNION ALL SELECT id, sources, '{}' FROM rest""",
    }
    return f"""WITH {named(steps)}
        SELECT v.id, v.description, u.username, c.sources, c.reasons, r.place, s.score, s.parts
        FROM all_of_them c JOIN videos_video v ON v.id = c.id JOIN users_user u ON u.id = v.user_id
        LEFT JOIN ranked r ON r.id = c.id LEFT JOIN scored s ON s.id = c.id
        ORDER BY r.place, r.turn, v.id DESC"""


def judged(conditions: Filters) -> str:
    """What was found, and what was asked for, with the reasons against each."""
    reasons = ", ".join(
        f"CASE WHEN ({condition}) IS NOT TRUE THEN '{reason.replace(chr(39), chr(39) * 2)}' END"
        for reason, condition in conditions.items()
    )
    return f"""SELECT v.id, f.sources, array_remove(ARRAY[{reasons},
            CASE WHEN f.sources = '{{}}' THEN '{NOT_LOOKED_AT}' END], NULL) AS reasons
        FROM (SELECT * FROM found UNION ALL SELECT id, '{{}}' FROM videos_video
            WHERE id = %(video_id)s AND id NOT IN (SELECT id FROM found)) f
        JOIN videos_video v ON v.id = f.id JOIN users_user u ON u.id = v.user_id"""
