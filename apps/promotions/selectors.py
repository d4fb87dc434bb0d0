"""A person's promotions and how they do."""

from datetime import date, timedelta
from typing import Any

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import Shape, fetch_json, fetch_one_json, nested
from apps.promotions.shapes import (
    SPENT,
    BookedPromotion,
    PromotionItem,
    PromotionShape,
    TappedPromotion,
)

MOST = 500  # promotions in showAllPromotions, which has no pages
TABLES = """FROM promotions_promotion p JOIN users_user u ON u.id = p.user_id
    LEFT JOIN videos_video v ON v.id = p.video_id
    LEFT JOIN promotions_audience a ON a.id = p.audience_id"""
# Days go from midnight to midnight UTC. The clients' own day may be the one before or after.
BOOKED_IN = """p.user_id = %(viewer_id)s
    AND p.created_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC'
    AND p.created_at < (%(until)s::date + 1)::timestamp AT TIME ZONE 'UTC'"""


def one_sql(shape: type[Shape]) -> str:
    return f"SELECT {shape.sql('p')} {TABLES} WHERE p.id = %(promotion_id)s"


BOOKED_SQL = one_sql(BookedPromotion)
OWN_SQL = one_sql(PromotionItem)
TAPPED_SQL = one_sql(TappedPromotion)
PAGE_SQL = f"""SELECT {PromotionItem.sql("p")}, p.id {TABLES}
    WHERE {BOOKED_IN} AND p.id < %(before)s ORDER BY p.id DESC {LIMIT}"""
# Views and likes are those of the videos, each counted once.
STATS_SQL = f"""
    WITH booked AS (SELECT * FROM promotions_promotion p WHERE {BOOKED_IN}),
    clips AS (SELECT view_count, like_count FROM videos_video
        WHERE id IN (SELECT video_id FROM booked))
    SELECT json_build_object({{keys}}) FROM (SELECT
        (SELECT coalesce(sum(coins), 0) FROM booked) AS coins,
        (SELECT coalesce(sum({SPENT.replace("{t}", "b")}), 0) FROM booked b) AS spent,
        (SELECT coalesce(sum(taps), 0) FROM booked) AS taps,
        (SELECT coalesce(sum(view_count), 0) FROM clips) AS views,
        (SELECT coalesce(sum(like_count), 0) FROM clips) AS likes) total"""
PAGE_STATS_SQL = STATS_SQL.format(
    keys="'total_coins', coins, 'total_destination_tap', taps, 'total_likes', likes,"
    " 'total_views', views"
)
PERIOD_STATS_SQL = STATS_SQL.format(
    keys="'coins_spent', spent, 'total_video_views', views, 'total_destination_tap', taps,"
    " 'total_video_likes', likes, 'starting_date', to_char(%(since)s::date, 'Mon DD'),"
    " 'ending_date', to_char(%(until)s::date, 'Mon DD')"
)


class PeriodItem(Shape):
    """An item of showAllPromotions."""

    Promotion = nested(PromotionShape, "p")


PERIOD_SQL = f"""SELECT {PeriodItem.sql("p")} FROM promotions_promotion p
    WHERE {BOOKED_IN} ORDER BY p.id DESC LIMIT {MOST}"""


def booked(*, promotion_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """A promotion that was just booked, with its owner's new wallet."""
    return one(BOOKED_SQL, promotion_id, viewer_id, media_url)


def tapped(
    *, promotion_id: int, viewer_id: int, is_owner: bool, media_url: str
) -> orjson.Fragment | None:
    """A promotion whose button was tapped; its numbers only for its owner."""
    return one(OWN_SQL if is_owner else TAPPED_SQL, promotion_id, viewer_id, media_url)


def one(sql: str, promotion_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    parameters = {"promotion_id": promotion_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(sql, parameters)


def page(
    *, pages: Pages, viewer_id: int, since: date, until: date, media_url: str
) -> dict[str, Any] | None:
    """Ten of a person's promotions that were booked on these days, and the sums of all of them.

    None for an empty page.
    """
    wide = {"since": since - timedelta(days=1), "until": until + timedelta(days=1)}
    parameters = {"viewer_id": viewer_id, "media_url": media_url} | wide
    details = pages.fetch(PAGE_SQL, parameters)
    if not details:
        return None
    return {"Details": details, "Stats": fetch_one_json(PAGE_STATS_SQL, parameters)}


def period(*, viewer_id: int, since: date, until: date) -> dict[str, Any]:
    """All of a person's promotions that were booked on these days, MOST at most."""
    parameters = {"viewer_id": viewer_id, "since": since, "until": until}
    return {
        "Promotions": fetch_json(PERIOD_SQL, parameters),
        "Stats": fetch_one_json(PERIOD_STATS_SQL, parameters),
    }
