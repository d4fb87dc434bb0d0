"""Reads of chat groups."""

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import fetch_one_json
from apps.groups.shapes import GroupAnswer, GroupMember
from apps.users.people.lists import VISIBLE

GROUP_SQL = f"SELECT {GroupAnswer.sql('g')} FROM groups_chatgroup g WHERE g.id = %(group_id)s"


# For members only; who is blocked either way stays out of sight.
MEMBERS_SQL = f"""SELECT {GroupMember.sql("u")}, m.id
    FROM groups_membership m JOIN users_user u ON u.id = m.user_id
    WHERE m.group_id = %(group_id)s AND m.id < %(before)s AND {VISIBLE} AND EXISTS (
        SELECT FROM groups_membership own
        WHERE own.group_id = %(group_id)s AND own.user_id = %(viewer_id)s)
    ORDER BY m.id DESC {LIMIT}"""


def members_page(
    *, pages: Pages, group_id: int, viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    """The members of a group, newest first; empty for outsiders."""
    parameters = {"group_id": group_id, "viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(MEMBERS_SQL, parameters)


def group_record(*, group_id: int, media_url: str) -> orjson.Fragment | None:
    return fetch_one_json(GROUP_SQL, {"group_id": group_id, "media_url": media_url})
