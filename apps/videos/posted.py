"""Reads about people's own uploads."""

from typing import Any

import orjson
from django.db.models import Q

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import fetch_one_json
from apps.users.models import User
from apps.videos.models import Video
from apps.videos.shapes import PostedItem

FROM = """FROM videos_video v JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id"""
ITEM_SQL = f"SELECT {PostedItem.sql('v')} {FROM} WHERE v.id = %(video_id)s"
UNREADY_SQL = f"""SELECT {PostedItem.sql("v")}, v.id {FROM}
    WHERE v.user_id = %(viewer_id)s AND v.state NOT IN ('ready', 'deleted') AND v.id < %(before)s
    ORDER BY v.id DESC {LIMIT}"""

DRAFTS_SQL = f"""SELECT {PostedItem.sql("v")}, v.id {FROM}
    WHERE v.user_id = %(viewer_id)s AND v.privacy = 'draft' AND v.state <> 'deleted'
    AND v.id < %(before)s ORDER BY v.id DESC {LIMIT}"""


def item(*, video_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """A video for its owner, whatever its state."""
    parameters = {"video_id": video_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(ITEM_SQL, parameters)


def unready(*, pages: Pages, user_id: int, media_url: str) -> list[orjson.Fragment]:
    """The person's uploads that are not ready, the newest first."""
    return pages.fetch(UNREADY_SQL, {"viewer_id": user_id, "media_url": media_url})


def drafts(*, pages: Pages, user_id: int, media_url: str) -> list[orjson.Fragment]:
    """The person's drafts, the newest first, whatever their state."""
    return pages.fetch(DRAFTS_SQL, {"viewer_id": user_id, "media_url": media_url})


def draft_count(user_id: int) -> int:
    drafts = Video.objects.filter(user=user_id, privacy=Video.Privacy.DRAFT)
    return drafts.exclude(state=Video.State.DELETED).count()


def people(items: list[dict[str, Any]]) -> list[int]:
    """The ids of the people a client means: Android sends ids, iOS user names."""
    ids = [int(text) for text in texts(items, "user_id", "id") if is_id(text)]
    names = [name.lstrip("@") for name in texts(items, "name", "username")]
    if not ids and not names:
        return []
    found = User.objects.filter(Q(pk__in=ids) | Q(username__in=names))
    return list(found.values_list("pk", flat=True))


def texts(items: list[dict[str, Any]], *keys: str) -> list[str]:
    found = (str(item[key]).strip() for item in items for key in keys if item.get(key))
    return [text for text in found if "\x00" not in text]


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
