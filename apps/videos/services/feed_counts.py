"""What the feed's score counts from time to time: reports, and who waits for an audience."""

from django.db import connection

from apps.videos.models import FeedWeights

# A day's reports and decisions change the number; whoever reports twice counts once.
REPORTS_SQL = """
    WITH reported AS (
        SELECT DISTINCT target_id FROM moderation_report WHERE kind = 'video'
            AND greatest(created_at, handled_at) > now() - interval '1 day'),
    counted AS (
        SELECT target_id, count(DISTINCT reporter_id) FILTER (WHERE state <> 'dismissed') AS people
        FROM moderation_report JOIN reported USING (target_id)
        WHERE kind = 'video' GROUP BY target_id)
    UPDATE videos_video v SET report_count = c.people
    FROM counted c WHERE v.id = c.target_id AND v.report_count <> c.people"""
WAITING_SQL = """
    UPDATE videos_video SET awaits_audience = false
    WHERE id IN (SELECT id FROM videos_video
        WHERE awaits_audience AND state = 'ready' AND privacy = 'public' AND NOT block
            AND NOT is_story AND created_at < now() - make_interval(days =>
                coalesce((SELECT fresh_days FROM videos_feedweights), %(days)s))
        ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)"""
MOST = 5000


def count_reports() -> int:
    """Set how many people reported each video that was reported or judged within a day; how many
    videos changed. Locks them."""
    with connection.cursor() as cursor:
        cursor.execute(REPORTS_SQL)
        return cursor.rowcount


def end_waiting() -> int:
    """Videos older than the operator's limit wait for an audience no longer; how many, at most
    MOST. Locks them, passing over those that others have locked."""
    days = FeedWeights._meta.get_field("fresh_days").default
    with connection.cursor() as cursor:
        cursor.execute(WAITING_SQL, {"days": days, "most": MOST})
        return cursor.rowcount
