"""The discover screen: popular hashtags, each with some of its videos.

A section shows the most viewed of its newest CANDIDATES videos that the viewer may see.

Sources: contract/ios/models.schema.json (DiscoverResponseMsg), android's reads of
showDiscoverySections, contract/conflicts.md "Videos and feed" for DiscoverySection.
"""

import orjson

from apps.contract.paging import PAGE_SIZE
from apps.contract.shapes import Field, Shape, constant, fetch_json, integer, nested, text
from apps.videos.access import LISTED
from apps.videos.discovery.hashtags import HashtagShape, HashtagVideoItem
from apps.videos.profile_lists import JOINS

SHOWN = 5  # videos of each
CANDIDATES = 30
MOST_PAGES = 10


CLIPS = Field("clips.items", "{source}", {"type": "array", "items": HashtagVideoItem.schema()})


class SectionHashtag(HashtagShape):
    Videos = CLIPS


class SectionHead(Shape):
    id = integer("id")
    title = text("name")
    type = constant("hashtag")


class Section(Shape):
    """A tag `h` with `clips`, which are made once and stand in two places for two ages of apps."""

    Hashtag = nested(SectionHashtag, "h")
    DiscoverySection = nested(SectionHead, "h")
    Videos = CLIPS


SECTIONS_SQL = f"""
    SELECT {Section.sql("h")}
    FROM (SELECT * FROM videos_hashtag h WHERE h.videos_count > 0 AND NOT h.is_hidden
        ORDER BY h.views DESC, h.videos_count DESC, h.id DESC
        LIMIT {PAGE_SIZE} OFFSET %(offset)s) h
    CROSS JOIN LATERAL (
        SELECT json_agg({HashtagVideoItem.sql("v")} ORDER BY v.view_count DESC, v.id DESC) AS items
        FROM (
            SELECT l.* FROM (
                SELECT * FROM videos_videohashtag l WHERE l.hashtag_id = h.id
                ORDER BY l.video_id DESC LIMIT {CANDIDATES}) l
            JOIN videos_video v ON v.id = l.video_id JOIN users_user u ON u.id = v.user_id
            WHERE {LISTED} ORDER BY v.view_count DESC, v.id DESC LIMIT {SHOWN}) l
        JOIN videos_video v ON v.id = l.video_id {JOINS}) clips
    WHERE clips.items IS NOT NULL
    ORDER BY h.views DESC, h.videos_count DESC, h.id DESC"""


def page(*, page: int, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """Up to ten sections, the most viewed first; those with nothing to see are left out."""
    if page >= MOST_PAGES:
        return []
    parameters = {"viewer_id": viewer_id, "media_url": media_url, "offset": page * PAGE_SIZE}
    return fetch_json(SECTIONS_SQL, parameters)
