"""The videos that were filmed at a place, the newest first."""

import orjson

from apps.contract.paging import LIMIT, PAGE_SIZE, Pages
from apps.videos.access import LISTED
from apps.videos.models import Place
from apps.videos.profile_lists import JOINS
from apps.videos.shapes import FeedItem

MOST_OF_A_NAME = 5  # places that have the same name
# Each place's newest come off its own index.
PAGE_SQL = f"""
    WITH newest AS (
        SELECT v.id FROM unnest(%(place_ids)s::bigint[]) p(id)
        CROSS JOIN LATERAL (
            SELECT v.id FROM videos_video v JOIN users_user u ON u.id = v.user_id
            WHERE v.place_id = p.id AND v.id < %(before)s AND {LISTED}
            ORDER BY v.id DESC LIMIT {PAGE_SIZE} + %(offset)s) v
        ORDER BY v.id DESC {LIMIT})
    SELECT {FeedItem.sql("v")}, v.id
    FROM newest n JOIN videos_video v ON v.id = n.id {JOINS} ORDER BY v.id DESC"""


def ids_of(name: str) -> list[int]:
    """The places of that name, whatever its case."""
    places = Place.objects.filter(name__lower=name.lower()).order_by("pk")
    return list(places.values_list("pk", flat=True)[:MOST_OF_A_NAME])


def page(
    *, pages: Pages, place_ids: list[int], viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    parameters = {"place_ids": place_ids, "viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(PAGE_SQL, parameters)
