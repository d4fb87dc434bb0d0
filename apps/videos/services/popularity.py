"""The numbers of hashtags and sounds.

How many videos each has, triggers keep exact (models/counting.py); `recount_*` sets them anew.
Views change with every play, so they are added up from time to time.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Max

from apps.videos.models import Hashtag, Sound
from apps.videos.models.counting import counts

BATCH = 1000  # hashtags in one transaction
VIEWS_SQL = f"""
    WITH numbers AS (
        SELECT l.hashtag_id AS id, sum(v.view_count) AS views
        FROM videos_videohashtag l JOIN videos_video v ON v.id = l.video_id
        WHERE l.hashtag_id > %(after)s AND l.hashtag_id <= %(last)s AND {counts("v")}
        GROUP BY 1),
    locked AS (
        SELECT h.id, coalesce(n.views, 0) AS views
        FROM videos_hashtag h LEFT JOIN numbers n ON n.id = h.id
        WHERE h.id > %(after)s AND h.id <= %(last)s AND h.views <> coalesce(n.views, 0)
        ORDER BY h.id FOR NO KEY UPDATE OF h)
    UPDATE videos_hashtag h SET views = l.views FROM locked l WHERE l.id = h.id"""
RECOUNT_HASHTAGS_SQL = f"""
    UPDATE videos_hashtag h SET (videos_count, views) = (
        SELECT count(*), coalesce(sum(v.view_count), 0)
        FROM videos_videohashtag l JOIN videos_video v ON v.id = l.video_id
        WHERE l.hashtag_id = h.id AND {counts("v")})
    WHERE h.id = ANY(%s)"""
RECOUNT_SOUNDS_SQL = f"""
    UPDATE videos_sound s SET videos_count = (
        SELECT count(*) FROM videos_video v WHERE v.sound_id = s.id AND {counts("v")})
    WHERE s.id = ANY(%s)"""


def add_up_views() -> None:
    """Set the views of all hashtags, a thousand hashtags at a time.

    Locks the hashtags that change, in the order of their ids.
    """
    highest = Hashtag.objects.aggregate(highest=Max("pk"))["highest"] or 0
    for after in range(0, highest, BATCH):
        with connection.cursor() as cursor:
            cursor.execute(VIEWS_SQL, {"after": after, "last": after + BATCH})


@transaction.atomic
def recount_hashtags(ids: Iterable[int]) -> None:
    """Set the numbers of these hashtags from the rows that they count. Locks the hashtags."""
    chosen = list(ids)
    lock(Hashtag, chosen)
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT_HASHTAGS_SQL, [chosen])


@transaction.atomic
def recount_sounds(ids: Iterable[int]) -> None:
    """Set how many videos use these sounds. Locks the sounds."""
    chosen = list(ids)
    lock(Sound, chosen)
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT_SOUNDS_SQL, [chosen])


def lock(kind: type[Hashtag] | type[Sound], ids: list[int]) -> None:
    """Wait for whoever changes the numbers now; the next statement sees what they did."""
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk"))
