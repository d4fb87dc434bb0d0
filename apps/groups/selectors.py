"""Reads of chat groups."""

import orjson

from apps.contract.shapes import fetch_one_json
from apps.groups.shapes import GroupAnswer

GROUP_SQL = f"SELECT {GroupAnswer.sql('g')} FROM groups_chatgroup g WHERE g.id = %(group_id)s"


def group_record(*, group_id: int, media_url: str) -> orjson.Fragment | None:
    return fetch_one_json(GROUP_SQL, {"group_id": group_id, "media_url": media_url})
