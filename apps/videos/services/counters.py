"""The counters of videos and of their authors."""

from collections.abc import Iterable

from django.db import connection, transaction

# Whoever changes a counter holds its row. So it is locked first and counted by a later statement,
# which sees what was committed meanwhile.
LOCK_SQL = "SELECT id FROM videos_video WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
LOCK_AUTHORS_SQL = """SELECT id FROM users_user
    WHERE id IN (SELECT user_id FROM videos_video WHERE id = ANY(%s))
    ORDER BY id FOR NO KEY UPDATE"""
RECOUNT_SQL = """
    UPDATE videos_video v SET
        like_count = (SELECT count(*) FROM videos_videolike r WHERE r.video_id = v.id),
        favourite_count = (SELECT count(*) FROM videos_videofavourite r WHERE r.video_id = v.id),
        comment_count = (SELECT count(*) FROM videos_videocomment c
                         WHERE c.video_id = v.id AND c.parent_id IS NULL AND NOT c.hidden)
    WHERE v.id = ANY(%s)
"""
RECOUNT_AUTHORS_SQL = """
    UPDATE users_user u SET
        video_count = (SELECT count(*) FROM videos_video v
                       WHERE v.user_id = u.id AND v.state = 'ready' AND NOT v.is_story
                       AND v.privacy <> 'draft'),
        likes_count = (SELECT coalesce(sum(v.like_count), 0) FROM videos_video v
                       WHERE v.user_id = u.id AND v.state <> 'deleted')
    WHERE u.id IN (SELECT v.user_id FROM videos_video v WHERE v.id = ANY(%s))
"""


@transaction.atomic
def recount(video_ids: Iterable[int]) -> None:
    """Set the counters of these videos and of their authors from the rows that they count.

    Locks the videos' and then the authors' rows. Views and shares have no rows and stay.
    """
    ids = list(video_ids)
    with connection.cursor() as cursor:
        for sql in (LOCK_SQL, RECOUNT_SQL, LOCK_AUTHORS_SQL, RECOUNT_AUTHORS_SQL):
            cursor.execute(sql, [ids])
