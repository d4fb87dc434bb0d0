"""The feed of the people one follows, newest first.

Each followed author's newest video comes off the author's own index, so that a page costs what is
followed and not how many videos there are.
"""

import orjson

from apps.contract.paging import LIMIT, PAGE_SIZE, Pages
from apps.users.people.lists import VISIBLE
from apps.videos.access import OLD_ENOUGH
from apps.videos.feed.filters import IN_FEED, INTERESTED, NOT_REPORTED
from apps.videos.shapes import FeedItem

# Of one followed author `f`; the page's videos are among those of the authors whose newest such
# video is among the page's number of newest ones.
OF_AUTHOR = f"""SELECT v.id FROM videos_video v
            WHERE v.user_id = f.followed_id AND v.id < %(before)s
                AND {IN_FEED} AND {INTERESTED} AND {NOT_REPORTED} AND {OLD_ENOUGH}
            ORDER BY v.id DESC LIMIT"""
WANTED = f"{PAGE_SIZE} + %(offset)s"
PAGE_SQL = f"""
    WITH authors AS (
        SELECT f.followed_id FROM users_follow f JOIN users_user u ON u.id = f.followed_id
        CROSS JOIN LATERAL ({OF_AUTHOR} 1) v
        WHERE f.follower_id = %(viewer_id)s AND {VISIBLE}
        ORDER BY v.id DESC LIMIT {WANTED}),
    newest AS (
        SELECT v.id FROM authors f CROSS JOIN LATERAL ({OF_AUTHOR} {WANTED}) v
        ORDER BY v.id DESC {LIMIT})
    SELECT {FeedItem.sql("v")}, v.id
    FROM newest n JOIN videos_video v ON v.id = n.id JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id ORDER BY v.id DESC"""


def page(*, pages: Pages, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The next ten videos of the people that the viewer follows."""
    return pages.fetch(PAGE_SQL, {"viewer_id": viewer_id, "media_url": media_url})
