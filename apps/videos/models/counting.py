"""How many videos a hashtag or a sound has: triggers keep the numbers.

Whatever changes a video, the app, an operator, moderation or a person's deletion, changes the
numbers in the same transaction. Only videos that everybody may be shown count. Rows are locked in
the order of their ids.
"""

from typing import Any

import pgtrigger


def counts(video: str) -> str:
    """Whether the video of this alias counts, in SQL (apps.videos.models.IN_FEED)."""
    return (
        f"{video}.state = 'ready' AND {video}.privacy = 'public'"
        f" AND NOT {video}.block AND NOT {video}.is_story"
    )


def changed(table: str, rows: str, sign: str) -> str:
    """Count up or down: `rows` is a SELECT of ids (of `table`) and numbers."""
    return f"""
        PERFORM 1 FROM {table} t JOIN ({rows}) r(id, number) ON r.id = t.id
        ORDER BY t.id FOR NO KEY UPDATE OF t;
        UPDATE {table} t SET videos_count = greatest(0, t.videos_count {sign} r.number)
        FROM ({rows}) r(id, number) WHERE t.id = r.id;"""


def of_sounds(table: str) -> str:
    return f"""SELECT v.sound_id, count(*) FROM {table} v
        WHERE v.sound_id IS NOT NULL AND {counts("v")} GROUP BY 1"""


def of_tags(links: str, videos: str) -> str:
    return f"""SELECT l.hashtag_id, count(*) FROM {links} l JOIN {videos} v ON v.id = l.video_id
        WHERE {counts("v")} GROUP BY 1"""


def statement(name: str, operation: Any, func: str) -> pgtrigger.Trigger:
    """A trigger that sees all rows of a statement at once, as `rows`."""
    is_delete = operation is pgtrigger.Delete
    seen = pgtrigger.Referencing(old="rows") if is_delete else pgtrigger.Referencing(new="rows")
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=seen,
        func=f"{func} RETURN NULL;",
    )


VIDEO_TRIGGERS = [
    statement(
        "count_new_videos", pgtrigger.Insert, changed("videos_sound", of_sounds("rows"), "+")
    ),
    # Links that outlive their video within the transaction are found without it, and not counted.
    statement(
        "count_gone_videos",
        pgtrigger.Delete,
        changed("videos_sound", of_sounds("rows"), "-")
        + changed("videos_hashtag", of_tags("videos_videohashtag", "rows"), "-"),
    ),
    pgtrigger.Trigger(
        name="count_changed_video",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state", "privacy", "block", "is_story", "sound_id"),
        condition=pgtrigger.Condition(
            f"(({counts('OLD')}) IS DISTINCT FROM ({counts('NEW')})"
            " OR OLD.sound_id IS DISTINCT FROM NEW.sound_id)"
        ),
        func=f"""
        PERFORM 1 FROM videos_sound s WHERE s.id IN (OLD.sound_id, NEW.sound_id)
        ORDER BY s.id FOR NO KEY UPDATE;
        UPDATE videos_sound s SET videos_count = greatest(0, s.videos_count
            - (s.id IS NOT DISTINCT FROM OLD.sound_id AND {counts("OLD")})::int
            + (s.id IS NOT DISTINCT FROM NEW.sound_id AND {counts("NEW")})::int)
        WHERE s.id IN (OLD.sound_id, NEW.sound_id);
        IF ({counts("OLD")}) <> ({counts("NEW")}) THEN
            PERFORM 1 FROM videos_hashtag h WHERE h.id IN (
                SELECT l.hashtag_id FROM videos_videohashtag l WHERE l.video_id = NEW.id)
            ORDER BY h.id FOR NO KEY UPDATE;
            UPDATE videos_hashtag h SET videos_count = greatest(0, h.videos_count
                + CASE WHEN {counts("NEW")} THEN 1 ELSE -1 END)
            WHERE h.id IN (
                SELECT l.hashtag_id FROM videos_videohashtag l WHERE l.video_id = NEW.id);
        END IF;
        RETURN NULL;""",
    ),
]
LINK_TRIGGERS = [
    statement(
        "count_new_links",
        pgtrigger.Insert,
        changed("videos_hashtag", of_tags("rows", "videos_video"), "+"),
    ),
    statement(
        "count_gone_links",
        pgtrigger.Delete,
        changed("videos_hashtag", of_tags("rows", "videos_video"), "-"),
    ),
]
