"""Hashtags, their pages, and those that somebody keeps.

Statements call the hashtag `h`, and the row that puts a video under it `l`.

Sources: contract/ios/models.schema.json (HashtagResponse, MsgHashtag, Hashtag), android's reads of
showVideosAgainstHashtag, contract/conflicts.md "Videos and feed".
"""

from dataclasses import dataclass

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import (
    Shape,
    constant,
    fetch_one_json,
    fetch_rows,
    flag,
    integer,
    moment,
    nested,
    text,
)
from apps.users.shapes import PublicUser
from apps.videos.access import LISTED
from apps.videos.profile_lists import JOINS
from apps.videos.shapes import FeedItem, VideoWithAuthor

FEW = 100  # so many views are added up on the spot
KEPT = """EXISTS (SELECT FROM videos_hashtagfavourite k
        WHERE k.user_id = %(viewer_id)s AND k.hashtag_id = {t}.id)"""
VIEWS = f"""CASE WHEN {{t}}.videos_count > {FEW} THEN {{t}}.views ELSE (
        SELECT coalesce(sum(v.view_count), 0)
        FROM videos_videohashtag l JOIN videos_video v ON v.id = l.video_id
        WHERE l.hashtag_id = {{t}}.id AND v.state = 'ready' AND v.privacy = 'public'
            AND NOT v.block AND NOT v.is_story) END"""


class HashtagMark(Shape):
    """A tag beside one of its videos."""

    id = integer("id")
    name = text("name")
    favourite = flag(KEPT)


class HashtagShape(HashtagMark):
    """A tag under the names of all builds; iOS needs `views` as text."""

    hashtag = text("name")
    views = text(VIEWS)
    videos_count = integer("videos_count")
    video_count = integer("videos_count")
    lang_id = constant(0)
    created = moment("created_at")


class HashtagItem(Shape):
    Hashtag = nested(HashtagShape, "h")


class HashtagVideoShape(Shape):
    id = integer("id")
    hashtag_id = integer("hashtag_id")
    video_id = integer("video_id")


class HashtagVideoItem(FeedItem):
    """A video of a tag: iOS reads the author beside the video, Android inside it."""

    Video = nested(VideoWithAuthor, "v")
    HashtagVideo = nested(HashtagVideoShape, "l")
    Hashtag = nested(HashtagMark, "h")


class HashtagFavouriteShape(Shape):
    id = integer("id")
    user_id = integer("user_id")
    hashtag_id = integer("hashtag_id")
    created = moment("created_at")


class KeptHashtagItem(HashtagItem):
    """Somebody `me` keeps the tag by the row `f`."""

    HashtagFavourite = nested(HashtagFavouriteShape, "f")
    User = nested(PublicUser, "me")


@dataclass(frozen=True, slots=True)
class HashtagHead:
    """What stands above a tag's videos."""

    id: int
    name: str
    favourite: int
    views: int
    videos_count: int


HEAD_SQL = f"""
    SELECT h.id, h.name, ({KEPT.format(t="h")})::int, {VIEWS.format(t="h")}, h.videos_count
    FROM videos_hashtag h WHERE h.name = %(name)s"""
# Of a list's newest videos, for one page. So few that the planner, who counts with an average tag,
# reads them in the order of their index instead of sorting all that a common tag has.
LOOKED_AT = 300
PAGE_SQL = f"""
    SELECT {HashtagVideoItem.sql("v")}, v.id
    FROM (SELECT * FROM videos_videohashtag WHERE hashtag_id = %(hashtag_id)s
            AND video_id < %(before)s ORDER BY video_id DESC LIMIT {LOOKED_AT}) l
    JOIN videos_video v ON v.id = l.video_id
    JOIN videos_hashtag h ON h.id = l.hashtag_id {JOINS}
    WHERE {LISTED} ORDER BY l.video_id DESC {LIMIT}"""
KEPT_FROM = """FROM videos_hashtagfavourite f JOIN videos_hashtag h ON h.id = f.hashtag_id
    JOIN users_user me ON me.id = f.user_id WHERE f.user_id = %(viewer_id)s"""
KEPT_SQL = f"""
    SELECT {KeptHashtagItem.sql("h")}, f.id {KEPT_FROM} AND f.id < %(before)s
    ORDER BY f.id DESC {LIMIT}"""
ONE_KEPT_SQL = f"""
    SELECT {KeptHashtagItem.sql("h")} {KEPT_FROM} AND f.hashtag_id = %(hashtag_id)s"""


def tidy(name: str) -> str:
    """The name of a tag as it is kept."""
    return name.strip().lstrip("#").lower()


def head(*, name: str, viewer_id: int) -> HashtagHead | None:
    """The tag of that name, if there is one."""
    rows = fetch_rows(HEAD_SQL, {"name": tidy(name), "viewer_id": viewer_id})
    return HashtagHead(*rows[0]) if rows else None


def page(*, pages: Pages, hashtag_id: int, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The tag's videos, the newest first."""
    parameters = {"hashtag_id": hashtag_id, "viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(PAGE_SQL, parameters)


def kept_page(*, pages: Pages, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The tags that somebody keeps, the last kept first."""
    return pages.fetch(KEPT_SQL, {"viewer_id": viewer_id, "media_url": media_url})


def kept_answer(*, hashtag_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """What addHashtagFavourite says of a tag that is kept now."""
    parameters = {"hashtag_id": hashtag_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(ONE_KEPT_SQL, parameters)
