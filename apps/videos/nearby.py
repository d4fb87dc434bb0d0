"""Videos near a position, the nearest first.

The index on the position finds the nearest in a box around it, on the plane of degrees; the
distance over the sphere then sorts and cuts them.
"""

from functools import cache
from math import cos, radians

import orjson

from apps.contract.paging import PAGE_SIZE
from apps.contract.shapes import fetch_json
from apps.videos.feed.filters import IN_FEED, Audience, all_of, visible_to
from apps.videos.shapes import FeedItem

RADIUS_KM = 50
DEGREE_KM = 111.2  # of latitude
LOOKED_AT = 300  # a crowd on one spot is not read through
DISTANCE_KM = """2 * 6371 * asin(sqrt(least(1, sin(radians(v.lat - %(lat)s) / 2) ^ 2
    + cos(radians(v.lat)) * cos(radians(%(lat)s)) * sin(radians(v.long - %(long)s) / 2) ^ 2)))"""


@cache
def page_sql(is_user: bool) -> str:
    audience = Audience(is_user=is_user, has_device=False)
    return f"""
    WITH around AS (
        SELECT v.id, {DISTANCE_KM} AS km
        FROM unnest(%(centres)s::float8[]) c(long) CROSS JOIN LATERAL (
            SELECT v.id, v.lat, v.long FROM videos_video v
            WHERE {IN_FEED} AND v.lat IS NOT NULL AND point(v.long, v.lat) <@ box(
                point(c.long - %(width)s, %(lat)s - %(height)s),
                point(c.long + %(width)s, %(lat)s + %(height)s))
            ORDER BY point(v.long, v.lat) <-> point(c.long, %(lat)s) LIMIT {LOOKED_AT}) v),
    near AS (
        SELECT v.id, a.km
        FROM around a JOIN videos_video v ON v.id = a.id JOIN users_user u ON u.id = v.user_id
        WHERE a.km <= {RADIUS_KM} AND v.user_id <> %(viewer_id)s
            AND {all_of(visible_to(audience))}
        ORDER BY a.km, v.id DESC LIMIT {PAGE_SIZE} OFFSET %(offset)s)
    SELECT {FeedItem.sql("v")}
    FROM near n JOIN videos_video v ON v.id = n.id JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id ORDER BY n.km, v.id DESC"""


def page(
    *, viewer_id: int, lat: float, long: float, page: int, media_url: str
) -> list[orjson.Fragment]:
    """Ten videos within RADIUS_KM of a position in degrees; `viewer_id` is 0 for a guest."""
    height = RADIUS_KM / DEGREE_KM
    width = min(180.0, height / max(cos(radians(lat)), 0.001))
    parameters = {
        "viewer_id": viewer_id,
        "lat": lat,
        "long": long,
        "height": height,
        "width": width,
        "centres": centres(long, width),
        "offset": page * PAGE_SIZE,
        "media_url": media_url,
    }
    return fetch_json(page_sql(bool(viewer_id)), parameters)


def centres(long: float, width: float) -> list[float]:
    """The longitude, and the same seen from beyond the date line if the box crosses it."""
    if long + width > 180:
        return [long, long - 360]
    if long - width < -180:
        return [long, long + 360]
    return [long]
