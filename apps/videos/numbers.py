"""Reads of a creator's numbers by video, from the rows that plays, likes and comments leave.

Sources: contract/endpoints.yaml and android/endpoints.json showVideoAnalytics.
"""

import orjson

from apps.contract.shapes import fetch_one_json, integer, nested, number
from apps.videos.posted import FROM
from apps.videos.shapes import VideoRecord, VideoShape

WATCHED = "FROM videos_videowatch w WHERE w.video_id = {t}.id AND w.plays > 0"


class VideoNumbers(VideoShape):
    """A video with what became of it. `reached` are people and phones, of whom each counts once."""

    play_count = integer("view_count")
    comment_count = integer(
        "(SELECT count(*) FROM videos_videocomment c WHERE c.video_id = {t}.id AND NOT c.hidden)"
    )
    share_count = integer("share_count")
    download_count = integer("download_count")
    repost_count = integer("(SELECT count(*) FROM videos_videorepost r WHERE r.video_id = {t}.id)")
    reached = integer(f"(SELECT count(*) {WATCHED})")
    average_watch_s = number(f"(SELECT round(avg(w.longest_s)::numeric, 1) {WATCHED})")
    finished_percent = integer(
        f"(SELECT round(100 * avg((w.longest_s >= 0.9 * {{t}}.duration)::int)) {WATCHED})"
    )


class VideoNumbersItem(VideoRecord):
    Video = nested(VideoNumbers, "v")


VIDEO_SQL = f"""SELECT {VideoNumbersItem.sql("v")} {FROM}
    WHERE v.id = %(video_id)s AND v.user_id = %(viewer_id)s AND v.state <> 'deleted'"""


def of_video(*, video_id: int, owner_id: int, media_url: str) -> orjson.Fragment | None:
    """The numbers of one of the owner's videos, None if it is not theirs."""
    parameters = {"video_id": video_id, "viewer_id": owner_id, "media_url": media_url}
    return fetch_one_json(VIDEO_SQL, parameters)
