"""Lists of videos that belong to a person: own, liked, reposted, saved.

Each holds only what the viewer may see (apps.videos.access), the newest first. Statements call
the row that puts a video into the list `f`.
"""

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import Shape, fetch_json
from apps.users.models import PrivacySetting
from apps.users.people.lists import Viewed, may_see_lists
from apps.videos.access import MAY_SEE, are_friends
from apps.videos.shapes import FavouriteItem, FeedItem, LikedItem

JOINS = """JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id"""
# MAY_SEE leaves to others what is ready; its owner sees here what becomes of an upload, too.
OWN = f"""SELECT {FeedItem.sql("v")}, v.id FROM videos_video v {JOINS}
    WHERE v.user_id = %(owner_id)s AND NOT v.is_story AND {MAY_SEE}"""
PINNED_SQL = f"""{OWN} AND v.privacy = 'public' AND v.pinned_at IS NOT NULL
    ORDER BY v.pinned_at DESC"""
PUBLIC_SQL = f"""{OWN} AND v.privacy = 'public' AND v.pinned_at IS NULL AND v.id < %(before)s
    ORDER BY v.id DESC {LIMIT}"""
PRIVATE_SQL = f"""{OWN} AND v.privacy = 'private' AND v.id < %(before)s
    ORDER BY v.id DESC {LIMIT}"""


def reactions_sql(shape: type[Shape], table: str) -> str:
    return f"""SELECT {shape.sql("v")}, f.id
        FROM {table} f JOIN videos_video v ON v.id = f.video_id {JOINS}
        WHERE f.user_id = %(owner_id)s AND f.id < %(before)s AND v.state = 'ready' AND {MAY_SEE}
        ORDER BY f.id DESC {LIMIT}"""


LIKED_SQL = reactions_sql(LikedItem, "videos_videolike")
FAVOURITES_SQL = reactions_sql(FavouriteItem, "videos_videofavourite")
REPOSTED_SQL = reactions_sql(FeedItem, "videos_videorepost")


def public_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    """The owner's public videos; the pinned ones stand before the first page."""
    first = [] if pages.page else fetch_json(PINNED_SQL, viewed.parameters)
    return first + pages.fetch(PUBLIC_SQL, viewed.parameters)


def private_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    """The owner's private videos, which nobody else is shown."""
    if viewed.owner_id != viewed.viewer_id:
        return []
    return pages.fetch(PRIVATE_SQL, viewed.parameters)


def liked_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(LIKED_SQL, viewed.parameters)


def favourites_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(FAVOURITES_SQL, viewed.parameters)


def reposted_page(*, pages: Pages, viewed: Viewed) -> list[orjson.Fragment]:
    return pages.fetch(REPOSTED_SQL, viewed.parameters)


def may_see_likes(*, owner_id: int, viewer_id: int) -> bool:
    """Whether the owner's setting liked_videos (at first: nobody else) lets the viewer look."""
    if owner_id == viewer_id:
        return True
    settings = PrivacySetting.objects.filter(user=owner_id)
    audience = settings.values_list("liked_videos", flat=True).first()
    if audience == PrivacySetting.Audience.FRIEND:
        return are_friends(owner_id, viewer_id)
    if audience != PrivacySetting.Audience.EVERYONE:
        return False
    return may_see_lists(owner_id=owner_id, viewer_id=viewer_id)
