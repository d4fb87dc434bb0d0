"""What a person who is purged leaves behind in others' videos, and their own files."""

from django.db import connection

from apps.videos.models import Sound, Video
from apps.videos.services import removal

# The counted rows go with the person; their videos and comments are locked in the order of ids.
LOCK_SQL = """SELECT id FROM videos_video WHERE user_id <> %(user_id)s AND id IN (
        SELECT video_id FROM videos_videolike WHERE user_id = %(user_id)s
        UNION SELECT video_id FROM videos_videofavourite WHERE user_id = %(user_id)s
        UNION SELECT video_id FROM videos_videocomment WHERE user_id = %(user_id)s)
    ORDER BY id FOR NO KEY UPDATE"""
LOCK_AUTHORS_SQL = """SELECT id FROM users_user WHERE id IN (
        SELECT v.user_id FROM videos_videolike l JOIN videos_video v ON v.id = l.video_id
        WHERE l.user_id = %(user_id)s AND v.user_id <> %(user_id)s)
    ORDER BY id FOR NO KEY UPDATE"""
UNLIKE_AUTHORS_SQL = """
    UPDATE users_user u SET likes_count = greatest(u.likes_count - g.likes, 0)
    FROM (SELECT v.user_id, count(*) AS likes FROM videos_videolike l
        JOIN videos_video v ON v.id = l.video_id AND v.state <> 'deleted'
        WHERE l.user_id = %(user_id)s GROUP BY 1) g
    WHERE u.id = g.user_id AND u.id <> %(user_id)s"""
UNCOUNT_SQL = """
    UPDATE videos_video v SET {counter} = greatest(v.{counter} - g.count, 0)
    FROM (SELECT video_id, count(*) AS count FROM {table}
        WHERE user_id = %(user_id)s {only} GROUP BY 1) g
    WHERE v.id = g.video_id AND v.user_id <> %(user_id)s"""
UNLIKE_COMMENTS_SQL = """
    UPDATE videos_videocomment c SET like_count = greatest(c.like_count - 1, 0)
    FROM videos_videocommentlike l
    WHERE l.comment_id = c.id AND l.user_id = %(user_id)s AND c.user_id <> %(user_id)s"""
COUNTED = (
    ("like_count", "videos_videolike", ""),
    ("favourite_count", "videos_videofavourite", ""),
    ("comment_count", "videos_videocomment", "AND parent_id IS NULL AND NOT hidden"),
)
STATEMENTS = (
    LOCK_SQL,
    *(
        UNCOUNT_SQL.format(counter=counter, table=table, only=only)
        for counter, table, only in COUNTED
    ),
    UNLIKE_COMMENTS_SQL,
    LOCK_AUTHORS_SQL,
    UNLIKE_AUTHORS_SQL,
)


def leave(user_id: int) -> None:
    """Count a person out of others' numbers, and put the names of their videos' files into the
    outbox. Called in the transaction that purges them, before their rows go."""
    with connection.cursor() as cursor:
        for sql in STATEMENTS:
            cursor.execute(sql, {"user_id": user_id})
    videos = Video.objects.filter(user=user_id).select_related("sound")
    for video in videos.iterator(chunk_size=500):
        removal.forget_files(video)
    # What others still use stays, without a name.
    own = Sound.objects.filter(user=user_id)
    own.filter(name__startswith="original sound").update(name="original sound", thumbnail="")
    own.update(user=None)
