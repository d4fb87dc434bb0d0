"""Answers about single videos: a video's record, and the reaction that was just made."""

import orjson

from apps.contract.shapes import Shape, fetch_one_json
from apps.videos import shapes
from apps.videos.viewers import Viewer

RECORD_SQL = f"""
    SELECT {shapes.VideoRecord.sql("v")}
    FROM videos_video v JOIN users_user u ON u.id = v.user_id
    LEFT JOIN videos_sound s ON s.id = v.sound_id WHERE v.id = %(video_id)s"""
WATCH_SQL = f"""
    SELECT {shapes.WatchAnswer.sql("v")} FROM videos_video v
    LEFT JOIN videos_videowatch w ON w.video_id = v.id
        AND (w.user_id = %(viewer_id)s OR %(viewer_id)s = 0 AND w.device_id = %(device_id)s)
    LEFT JOIN users_device d ON d.id = %(device_id)s
    WHERE v.id = %(video_id)s"""


def reaction_sql(table: str, answer: type[Shape]) -> str:
    return f"""SELECT {answer.sql("r")} FROM {table} r
        JOIN videos_video v ON v.id = r.video_id JOIN users_user me ON me.id = r.user_id
        WHERE r.user_id = %(viewer_id)s AND r.video_id = %(video_id)s"""


LIKE_SQL = reaction_sql("videos_videolike", shapes.LikeAnswer)
FAVOURITE_SQL = reaction_sql("videos_videofavourite", shapes.FavouriteAnswer)
NOT_INTERESTED_SQL = reaction_sql("videos_notinterested", shapes.NotInterestedAnswer)


def record(
    sql: str, *, video_id: int, viewer_id: int, media_url: str, device_id: int = 0
) -> orjson.Fragment | None:
    """The answer that one of the statements above makes, or None if its row is gone."""
    parameters = {
        "video_id": video_id,
        "viewer_id": viewer_id,
        "device_id": device_id,
        "media_url": media_url,
    }
    return fetch_one_json(sql, parameters)


def watch_answer(*, viewer: Viewer, video_id: int, media_url: str) -> orjson.Fragment | None:
    return record(
        WATCH_SQL,
        video_id=video_id,
        viewer_id=viewer.user_id,
        device_id=viewer.device_id,
        media_url=media_url,
    )
