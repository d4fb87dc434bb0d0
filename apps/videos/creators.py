"""A person's own latest and most seen videos, for the analytics screen."""

from datetime import datetime

import orjson

from apps.contract.shapes import fetch_one_json
from apps.videos.feed.filters import IN_FEED
from apps.videos.shapes import FeedItem

MOST_RECENT, MOST_SEEN = 7, 9


def listed(order: str, most: int) -> str:
    return f"""(SELECT coalesce(json_agg({FeedItem.sql("v")} ORDER BY {order}), '[]'::json)
        FROM (SELECT * FROM videos_video v
            WHERE v.user_id = %(viewer_id)s AND {IN_FEED}
                AND v.created_at BETWEEN %(start)s AND %(end)s
            ORDER BY {order} LIMIT {most}) v
        JOIN users_user u ON u.id = v.user_id LEFT JOIN videos_sound s ON s.id = v.sound_id)"""


PAGE_SQL = f"""SELECT json_build_object(
    'Recent', {listed("v.id DESC", MOST_RECENT)},
    'Trending', {listed("v.view_count DESC, v.id DESC", MOST_SEEN)},
    'VideoCount', (SELECT count(*) FROM videos_video v
        WHERE v.user_id = %(viewer_id)s AND {IN_FEED}))"""


def trending_and_recent(
    *, user_id: int, start: datetime, end: datetime, media_url: str
) -> orjson.Fragment | None:
    """Public videos of this person that were made in the range; VideoCount counts all."""
    return fetch_one_json(
        PAGE_SQL, {"viewer_id": user_id, "start": start, "end": end, "media_url": media_url}
    )
