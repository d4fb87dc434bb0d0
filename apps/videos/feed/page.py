"""The feed's statement: a page of ten as JSON, and the note of what was served."""

from functools import cache

import orjson
from psycopg.types.numeric import Int8

from apps.contract.shapes import fetch_rows
from apps.videos.feed.candidates import candidates, named
from apps.videos.feed.filters import Audience, all_of, new_to, visible_to
from apps.videos.feed.ranking import WEIGHTS_SQL, ranking
from apps.videos.promoted import Promoted
from apps.videos.shapes import HomeItem
from apps.videos.viewers import Viewer

PAGE_SIZE = 10


def next_page(
    *, viewer: Viewer, page: int, seed: int, media_url: str, promoted: Promoted | None = None
) -> tuple[list[orjson.Fragment], bool]:
    """The next ten items for this viewer, noted as served; whether the promoted one is there.

    A known viewer gets what comes next whatever `page` says. An unknown one pages through the
    candidates, in the same order with the same `seed`. Empty when there is nothing (more) to show.
    """
    parameters = {
        "viewer_id": Int8(viewer.user_id),
        "device_id": Int8(viewer.device_id),
        "device_key": viewer.device_key,
        "offset": Int8(0 if viewer.is_known else page * PAGE_SIZE),
        "seed": Int8(seed),
        "media_url": media_url,
        "promoted_id": Int8(promoted.video_id if promoted else 0),
        "promotion_id": Int8(promoted.promotion_id if promoted else 0),
        "promotion": promoted.promotion if promoted else None,
    }
    rows = fetch_rows(feed_sql(Audience.of(viewer)), parameters)
    return [orjson.Fragment(row[0]) for row in rows], any(row[1] for row in rows)


@cache
def feed_sql(audience: Audience) -> str:
    """The statement for one kind of viewer."""
    steps = page_steps(audience)
    if not audience.is_known:
        return f"WITH {named(steps)} {items('page')}"
    key = ("user_id", "viewer_id") if audience.is_user else ("device_id", "device_id")
    steps["again"] = everything_again(*key, all_of(visible_to(audience)))
    steps["chosen"] = "SELECT * FROM page UNION ALL SELECT * FROM again"
    return f"WITH {named(steps)}, noted AS ({noted(*key)}) {items('chosen')}"


def page_steps(audience: Audience) -> dict[str, str]:
    """The steps up to `page`: ids with their places."""
    return {
        "weights": WEIGHTS_SQL,
        "promoted": promoted_step(audience),
        **candidates(audience, PAGE_SIZE),
        **ranking(has_taste=audience.is_known),
        "page": f"""(SELECT id, place, turn, 0::bigint AS promotion_id FROM ranked
            ORDER BY place, turn
            LIMIT {PAGE_SIZE} - (SELECT count(*) FROM promoted) OFFSET %(offset)s)
            UNION ALL SELECT id, place, 0, %(promotion_id)s FROM promoted""",
    }


def promoted_step(audience: Audience) -> str:
    """The promoted video, if it passes, for a place between the third and the ninth other."""
    return f"""SELECT v.id, 3.5 + mod(%(seed)s, 7) AS place
        FROM videos_video v JOIN users_user u ON u.id = v.user_id
        WHERE v.id = %(promoted_id)s AND {all_of(new_to(audience))}"""


def everything_again(column: str, parameter: str, visible: str) -> str:
    """When nothing is left: everything, the longest unseen first, the viewer's own videos last."""
    order = "v.user_id = %(viewer_id)s, w.served_at NULLS FIRST, v.id"
    return f"""SELECT v.id, row_number() OVER (ORDER BY {order}) AS place, 0 AS turn,
            0::bigint AS promotion_id
        FROM videos_video v JOIN users_user u ON u.id = v.user_id
        LEFT JOIN videos_videowatch w ON w.{column} = %({parameter})s AND w.video_id = v.id
        WHERE NOT EXISTS (SELECT FROM page) AND {visible} ORDER BY {order} LIMIT {PAGE_SIZE}"""


def noted(column: str, parameter: str) -> str:
    # In id order, so that two requests of one viewer can't lock each other out. A lost note
    # costs a repeated video, so this commit need not wait for the disk.
    return f"""INSERT INTO videos_videowatch ({column}, video_id, served_at)
        SELECT %({parameter})s, id, statement_timestamp()
        FROM chosen, (SELECT set_config('synchronous_commit', 'off', true)) relaxed ORDER BY id
        ON CONFLICT ({column}, video_id) WHERE {column} IS NOT NULL
        DO UPDATE SET served_at = excluded.served_at"""


def items(source: str) -> str:
    return f"""SELECT {HomeItem.sql("v")}, c.promotion_id > 0
    FROM {source} c JOIN videos_video v ON v.id = c.id JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id ORDER BY c.place, c.turn"""
