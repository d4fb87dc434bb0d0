"""Plays that the apps tell of."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from apps.contract.answers import Refused
from apps.videos import access
from apps.videos.feed.ranking import WEIGHTS_SQL
from apps.videos.viewers import Viewer

LOCK_SQL = """SELECT id FROM videos_video WHERE id = ANY(%(video_ids)s)
    ORDER BY id FOR NO KEY UPDATE"""
SKIP_S = 2  # a play shorter than this, and than half the video, left it at once
PLAYS = """
    SELECT video_id, count(*) AS plays, max(seconds) AS longest_s
    FROM unnest(%(video_ids)s::bigint[], %(seconds)s::float8[]) AS p(video_id, seconds)
    GROUP BY video_id ORDER BY video_id"""
# Plays that were not timed (0 seconds) say nothing of how much was seen.
SEEN = """
    SELECT p.video_id, count(*) AS plays, count(*) FILTER (WHERE timed) AS timed,
        coalesce(sum(least(1, seconds / duration)) FILTER (WHERE timed), 0) AS completion,
        count(*) FILTER (WHERE timed AND seconds < least(%(skip_s)s, duration / 2)) AS skips
    FROM unnest(%(video_ids)s::bigint[], %(seconds)s::float8[]) AS p(video_id, seconds)
    JOIN videos_video d ON d.id = p.video_id, LATERAL (SELECT seconds > 0 AND duration > 0) t(timed)
    GROUP BY p.video_id"""
COUNT_SQL = f"""
    UPDATE videos_video v SET view_count = v.view_count + p.plays,
        timed_plays = v.timed_plays + p.timed,
        completion_sum = v.completion_sum + p.completion,
        quick_skips = v.quick_skips + p.skips,
        awaits_audience = v.awaits_audience AND v.view_count + p.plays < w.fresh_audience
    FROM ({SEEN}) p, ({WEIGHTS_SQL}) w WHERE v.id = p.video_id"""
# A play longer than the video is a loop: it was seen to its end.
NOTE_SQL = f"""
    INSERT INTO videos_videowatch ({{column}}, video_id, served_at, plays, longest_s)
    SELECT %(viewer)s, v.id, statement_timestamp(), p.plays,
        CASE WHEN v.duration > 0 THEN least(p.longest_s, v.duration) ELSE p.longest_s END
    FROM ({PLAYS}) p JOIN videos_video v ON v.id = p.video_id ORDER BY v.id
    ON CONFLICT ({{column}}, video_id) WHERE {{column}} IS NOT NULL
    DO UPDATE SET served_at = excluded.served_at,
        plays = videos_videowatch.plays + excluded.plays,
        longest_s = greatest(videos_videowatch.longest_s, excluded.longest_s)"""


@dataclass(frozen=True, slots=True)
class Play:
    """One play of a video; 0 seconds if the app didn't say how long it was."""

    video_id: int
    seconds: float = 0


@transaction.atomic
def watch(*, viewer: Viewer, plays: list[Play]) -> int:
    """Count each play and note how far a known viewer got; the last counted video's id.

    Plays of videos that the viewer may not see count for nothing. Raises Refused if that leaves
    none. Locks the videos in the order of their ids.
    """
    seen = access.visible([play.video_id for play in plays], viewer_id=viewer.user_id)
    plays = [play for play in plays if play.video_id in seen]
    if not plays:
        raise Refused(access.NO_SUCH_VIDEO)
    column = "user_id" if viewer.user_id else "device_id"
    parameters: dict[str, Any] = {
        "video_ids": [play.video_id for play in plays],
        "seconds": [play.seconds for play in plays],
        "skip_s": SKIP_S,
        "viewer": viewer.user_id or viewer.device_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, parameters)
        cursor.execute(COUNT_SQL, parameters)
        if viewer.is_known:
            cursor.execute(NOTE_SQL.format(column=column), parameters)
    return plays[-1].video_id
