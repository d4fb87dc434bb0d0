"""Which promotion somebody is shown, and the counts of it.

Only signed-in people are shown promotions: they are of an age, and each counts once. The feed asks
`Source` (apps.videos.promoted) for each of their pages.

A showing is counted by one statement that holds the promotion's row: first the row, then the event
of the person and day, then the count. So nothing is counted twice, nor past what was paid for, and
nothing after the end, which takes the same lock.
"""

import hashlib
from random import random

import orjson
import redis
from django.core.cache import cache
from django.db import connection
from django.db.models import F
from psycopg.types.numeric import Int8

from apps.contract.shapes import constant, fetch_one_json, fetch_rows, integer, nested
from apps.promotions.audiences import MATCHES
from apps.promotions.models import Promotion
from apps.promotions.shapes import ShownPromotion
from apps.videos.access import OTHERS_MAY_SEE
from apps.videos.comments import VideoDetail
from apps.videos.promoted import Promoted
from apps.videos.shapes import VideoShape
from apps.videos.viewers import Viewer

# From a random place in the draw, so many running promotions are looked at for a page.
LOOKED_AT = 100
TAP_COUNTS_ONCE_S = 24 * 3600
TODAY = "(statement_timestamp() AT TIME ZONE 'UTC')::date"

NEAR = f"""(
        (SELECT p.id, 0 AS lap, p.turn FROM promotions_promotion p
         WHERE p.state = 'running' AND p.turn >= %(turn)s ORDER BY p.turn LIMIT {LOOKED_AT})
        UNION ALL
        (SELECT p.id, 1 AS lap, p.turn FROM promotions_promotion p
         WHERE p.state = 'running' AND p.turn < %(turn)s ORDER BY p.turn LIMIT {LOOKED_AT}))"""
# The promotion `p` of the video `v` by `u` may be shown to the viewer now.
SHOWABLE = f"""p.state = 'running' AND p.reach < p.total_reach
        AND p.start_at <= statement_timestamp() AND p.end_at > statement_timestamp()
        AND p.user_id <> %(viewer_id)s AND {OTHERS_MAY_SEE} AND NOT v.is_story
        AND NOT EXISTS (SELECT FROM promotions_promotionevent e WHERE e.promotion_id = p.id
            AND e.user_id = %(viewer_id)s AND e.day = {TODAY} AND e.kind = 's' OFFSET 0)
        AND NOT EXISTS (SELECT FROM videos_notinterested n
            WHERE n.user_id = %(viewer_id)s AND n.video_id = v.id OFFSET 0)
        AND (p.audience_id IS NULL OR EXISTS (
            SELECT FROM promotions_audience a, users_user u
            WHERE a.id = p.audience_id AND u.id = %(viewer_id)s AND {MATCHES} OFFSET 0))"""
UNSEEN = """NOT EXISTS (SELECT FROM videos_videowatch w
            WHERE w.user_id = %(viewer_id)s AND w.video_id = v.id OFFSET 0)"""


def pick_sql(*conditions: str) -> str:
    return f"""SELECT p.id, p.video_id, {ShownPromotion.sql("p")}
        FROM {NEAR} near JOIN promotions_promotion p ON p.id = near.id
        JOIN videos_video v ON v.id = p.video_id JOIN users_user u ON u.id = v.user_id
        WHERE {" AND ".join((SHOWABLE, *conditions))} ORDER BY near.lap, near.turn LIMIT 1"""


FEED_PICK_SQL = pick_sql(UNSEEN)
START_PICK_SQL = pick_sql()
COUNT_SQL = f"""
    WITH open AS (
        SELECT id FROM promotions_promotion p,
            (SELECT set_config('synchronous_commit', 'off', true)) relaxed
        WHERE id = %s AND {{condition}} FOR NO KEY UPDATE OF p
    ), event AS (
        INSERT INTO promotions_promotionevent (promotion_id, user_id, day, kind)
        SELECT id, %s, {TODAY}, %s FROM open ON CONFLICT DO NOTHING RETURNING promotion_id
    )
    UPDATE promotions_promotion p SET {{column}} = {{column}} + 1
    FROM event WHERE p.id = event.promotion_id"""
SHOWN_SQL = COUNT_SQL.format(
    condition="p.state = 'running' AND p.reach < p.total_reach", column="reach"
)
TAPPED_SQL = COUNT_SQL.format(condition="p.state = 'running'", column="taps")


class Source:
    """What the feed asks (apps.videos.promoted)."""

    def pick(self, viewer: Viewer) -> Promoted | None:
        return pick(viewer_id=viewer.user_id)

    def shown(self, viewer: Viewer, promoted: Promoted) -> None:
        count_showing(promotion_id=promoted.promotion_id, viewer_id=viewer.user_id)


def pick(*, viewer_id: int, sql: str = FEED_PICK_SQL) -> Promoted | None:
    """A promotion for this person now, drawn by chance; None if there is none."""
    rows = fetch_rows(sql, {"viewer_id": Int8(viewer_id), "turn": random()})  # noqa: S311
    return Promoted(*rows[0]) if rows else None


def count_showing(*, promotion_id: int, viewer_id: int) -> bool:
    """Count that the viewer was shown the promotion; False if it counts for nothing.

    That is the second time on a day, or when everybody paid for was reached meanwhile. Locks the
    promotion for a moment; a lost count costs its owner nothing, so no disk is waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(SHOWN_SQL, [promotion_id, viewer_id, "s"])
        return bool(cursor.rowcount)


def tap(*, promotion_id: int, viewer_id: int, address: str) -> Promotion | None:
    """Count a tap while the promotion runs; the promotion, or None if there is none.

    A person counts once a day, and so does an address from which guests tap. The owner's own taps
    are not counted.
    """
    promotion = Promotion.objects.filter(pk=promotion_id).first()
    if promotion is None or promotion.user_id == viewer_id:
        return promotion
    if viewer_id:
        with connection.cursor() as cursor:
            cursor.execute(TAPPED_SQL, [promotion_id, viewer_id, "t"])
    elif is_first_tap(promotion_id, address):
        running = Promotion.objects.filter(pk=promotion_id, state=Promotion.State.RUNNING)
        running.update(taps=F("taps") + 1)
    return promotion


def is_first_tap(promotion_id: int, address: str) -> bool:
    """Whether no guest has tapped from this address today. Only a digest of it is kept."""
    digest = hashlib.sha256(f"{promotion_id} {address}".encode()).hexdigest()
    try:
        return cache.add(f"promotion-tap:{digest}", 1, TAP_COUNTS_ONCE_S)
    except redis.RedisError:
        return False


class PromotedVideo(VideoShape):
    """A video `v` under the keys by which the clients know an advertisement."""

    promote = constant(1)
    promotion_id = integer("p.id")
    Promotion = nested(ShownPromotion, "p")


class StartUpAd(VideoDetail):
    Video = nested(PromotedVideo, "v")


START_AD_SQL = f"""
    SELECT {StartUpAd.sql("v")} FROM promotions_promotion p JOIN videos_video v ON v.id = p.video_id
    JOIN users_user u ON u.id = v.user_id LEFT JOIN videos_sound s ON s.id = v.sound_id
    WHERE p.id = %(promotion_id)s"""


def start_up_ad(*, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """A promotion with its video for the app's start, counted; None if there is none to show."""
    picked = pick(viewer_id=viewer_id, sql=START_PICK_SQL) if viewer_id else None
    if picked is None:
        return None
    if not count_showing(promotion_id=picked.promotion_id, viewer_id=viewer_id):
        return None
    parameters = {"promotion_id": picked.promotion_id, "viewer_id": viewer_id}
    return fetch_one_json(START_AD_SQL, parameters | {"media_url": media_url})
