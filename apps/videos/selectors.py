"""Reads of videos. The home feed is one statement, written out by `feed_sql`.

How a page of the feed comes about:

1. Candidates: the newest and the hottest videos that this viewer may see and has not been served,
   each list straight off its own index and cut short there, so that the cost follows what the
   viewer has seen and not how many videos there are.
2. Order: `heat` (reactions and youth, apps.videos.models.HEAT_SQL) plus chance.
3. If nothing is left: everything the viewer may see again, longest unseen first, own videos last.
4. At most one promoted video (apps.videos.promoted) that passes the same conditions takes a place.
5. What goes out is noted in videos_videowatch by the same statement.
"""

from functools import cache

import orjson
from psycopg.types.numeric import Int8

from apps.contract.shapes import fetch_rows
from apps.users.people.lists import ACTIVE
from apps.videos.promoted import Promoted
from apps.videos.shapes import HomeItem
from apps.videos.viewers import Viewer

PAGE_SIZE = 10
CANDIDATES = 50  # from each list
# Chance is worth up to a tenfold of reactions, or half a day of youth.
CHANCE = "((hashint8extended(v.id, %(seed)s) & 1048575) / 1048576.0)"

# The words of the partial indexes (apps.videos.models.IN_FEED).
IN_FEED = "v.state = 'ready' AND v.privacy = 'public' AND NOT v.block AND NOT v.is_story"
# OFFSET 0 keeps the planner from joining: each candidate is looked up by itself, so that nobody's
# long history is read through for a page.
FOLLOWED = """EXISTS (SELECT FROM users_follow f
        WHERE f.follower_id = %(viewer_id)s AND f.followed_id = v.user_id OFFSET 0)"""
NOT_BLOCKED = """v.user_id <> ALL (ARRAY(
        SELECT b.blocked_id FROM users_block b WHERE b.blocker_id = %(viewer_id)s
        UNION ALL
        SELECT b.blocker_id FROM users_block b WHERE b.blocked_id = %(viewer_id)s))"""
INTERESTED = """NOT EXISTS (SELECT FROM videos_notinterested n
        WHERE n.user_id = %(viewer_id)s AND n.video_id = v.id OFFSET 0)"""
UNSEEN_BY = {
    column: f"""NOT EXISTS (SELECT FROM videos_videowatch w
        WHERE w.{column} = %({parameter})s AND w.video_id = v.id OFFSET 0)"""
    for column, parameter in {"user_id": "viewer_id", "device_id": "device_id"}.items()
}


def feed_page(
    *, viewer: Viewer, page: int, seed: int, media_url: str, promoted: Promoted | None = None
) -> tuple[list[orjson.Fragment], bool]:
    """The next ten items for this viewer, noted as served; whether the promoted one is there.

    A known viewer gets what comes next whatever `page` says. An unknown one pages through the
    candidates, in the same order with the same `seed`. Empty when there is nothing (more) to show.
    """
    sql = feed_sql(bool(viewer.user_id), bool(viewer.device_id))
    parameters = {
        "viewer_id": Int8(viewer.user_id),
        "device_id": Int8(viewer.device_id),
        "offset": Int8(0 if viewer.is_known else page * PAGE_SIZE),
        "seed": Int8(seed),
        "media_url": media_url,
        "promoted_id": Int8(promoted.video_id if promoted else 0),
        "promotion_id": Int8(promoted.promotion_id if promoted else 0),
        "promotion": promoted.promotion if promoted else None,
    }
    rows = fetch_rows(sql, parameters)
    return [orjson.Fragment(row[0]) for row in rows], any(row[1] for row in rows)


@cache
def feed_sql(is_user: bool, has_device: bool) -> str:
    """The statement for one kind of viewer."""
    may_see = visible_to(is_user)
    unseen = [UNSEEN_BY["user_id"]] * is_user + [UNSEEN_BY["device_id"]] * has_device
    new = [*may_see, *["v.user_id <> %(viewer_id)s"] * is_user, *unseen]
    steps = [
        promoted_step(new),
        candidates("newest", "v.id", new),
        candidates("hottest", "v.heat", new),
        PAGE,
    ]
    if not (is_user or has_device):
        return f"WITH {', '.join(steps)} {items('page')}"
    key = ("user_id", "viewer_id") if is_user else ("device_id", "device_id")
    steps += [everything_again(*key, may_see), noted(*key)]
    return f"WITH {', '.join(steps)} {items('chosen')}"


def visible_to(is_user: bool) -> list[str]:
    """What every video in a feed fulfils, of the video `v` and its author `u`."""
    if not is_user:
        return [IN_FEED, ACTIVE, "NOT u.is_private"]
    return [IN_FEED, ACTIVE, f"(NOT u.is_private OR {FOLLOWED})", NOT_BLOCKED, INTERESTED]


def candidates(name: str, order: str, conditions: list[str]) -> str:
    return f"""{name} AS (
        SELECT v.id, v.heat FROM videos_video v JOIN users_user u ON u.id = v.user_id
        WHERE {" AND ".join(conditions)} ORDER BY {order} DESC LIMIT {CANDIDATES})"""


def promoted_step(conditions: list[str]) -> str:
    """The promoted video, if it passes, for a place between the third and the ninth other."""
    return f"""promoted AS (
        SELECT v.id, 3.5 + mod(%(seed)s, 7) AS place
        FROM videos_video v JOIN users_user u ON u.id = v.user_id
        WHERE v.id = %(promoted_id)s AND {" AND ".join(conditions)})"""


PAGE = f"""page AS (
        (SELECT v.id, row_number() OVER (ORDER BY v.heat + {CHANCE} DESC) AS place,
            0::bigint AS promotion_id
        FROM (SELECT * FROM newest UNION SELECT * FROM hottest) v
        WHERE v.id <> %(promoted_id)s
        ORDER BY place LIMIT {PAGE_SIZE} - (SELECT count(*) FROM promoted) OFFSET %(offset)s)
        UNION ALL SELECT id, place, %(promotion_id)s FROM promoted)"""


def everything_again(column: str, parameter: str, conditions: list[str]) -> str:
    own = "v.user_id = %(viewer_id)s"
    return f"""again AS (
        SELECT v.id, row_number() OVER (ORDER BY {own}, w.served_at NULLS FIRST) AS place,
            0::bigint AS promotion_id
        FROM videos_video v JOIN users_user u ON u.id = v.user_id
        LEFT JOIN videos_videowatch w ON w.{column} = %({parameter})s AND w.video_id = v.id
        WHERE NOT EXISTS (SELECT FROM page) AND {" AND ".join(conditions)}
        ORDER BY {own}, w.served_at NULLS FIRST LIMIT {PAGE_SIZE})"""


def noted(column: str, parameter: str) -> str:
    # In id order, so that two requests of one viewer can't lock each other out. A lost note
    # costs a repeated video, so this commit need not wait for the disk.
    return f"""chosen AS (SELECT * FROM page UNION ALL SELECT * FROM again),
    noted AS (
        INSERT INTO videos_videowatch ({column}, video_id, served_at)
        SELECT %({parameter})s, id, statement_timestamp()
        FROM chosen, (SELECT set_config('synchronous_commit', 'off', true)) relaxed ORDER BY id
        ON CONFLICT ({column}, video_id) WHERE {column} IS NOT NULL
        DO UPDATE SET served_at = excluded.served_at)"""


def items(source: str) -> str:
    return f"""SELECT {HomeItem.sql("v")}, c.promotion_id > 0
    FROM {source} c JOIN videos_video v ON v.id = c.id JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id ORDER BY c.place"""
