"""What happens to promotions by the clock."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.promotions import services
from apps.promotions.models import Promotion, PromotionEvent
from apps.users.people.lists import ACTIVE

DUE_AT_ONCE = 1_000
# A hidden video or a banned owner comes first: why it ended is then no riddle.
DUE_SQL = f"""
    SELECT id, reason FROM (
        SELECT p.id, CASE WHEN v.id IS NULL OR v.block OR {ACTIVE} IS NOT TRUE THEN 'video'
            WHEN p.reach >= p.total_reach THEN 'budget'
            WHEN p.end_at <= statement_timestamp() THEN 'time' END AS reason
        FROM promotions_promotion p JOIN users_user u ON u.id = p.user_id
        LEFT JOIN videos_video v ON v.id = p.video_id
        WHERE p.state <> 'ended') open
    WHERE reason IS NOT NULL ORDER BY id LIMIT {DUE_AT_ONCE}"""
FOLLOWERS_SQL = """
    UPDATE promotions_promotion p SET followers = found.people FROM (
        SELECT count(DISTINCT e.user_id) AS people
        FROM promotions_promotion p JOIN promotions_promotionevent e ON e.promotion_id = p.id
        JOIN users_follow f ON f.follower_id = e.user_id AND f.followed_id = p.user_id
            AND f.created_at >= e.created_at
        WHERE p.id = %(id)s AND e.kind = 's') found
    WHERE p.id = %(id)s AND p.followers <> found.people"""


def end_due() -> int:
    """End every promotion that is over; how many. A transaction each (services.end)."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_SQL)
        due = cursor.fetchall()
    return sum(
        services.end(promotion_id=promotion_id, reason=Promotion.EndReason(reason))
        for promotion_id, reason in due
    )


def count_followers() -> None:
    """Note how many of those reached followed the owner afterwards, where that is the goal."""
    running = Promotion.objects.filter(
        state=Promotion.State.RUNNING, destination=Promotion.Destination.FOLLOWER, reach__gt=0
    )
    for promotion_id in running.values_list("pk", flat=True):
        with connection.cursor() as cursor:
            cursor.execute(FOLLOWERS_SQL, {"id": promotion_id})


def forget_events() -> int:
    """Delete who saw promotions that ended long ago; how many rows. The counts stay."""
    long_ago = timezone.now() - timedelta(days=settings.PROMOTION_EVENT_KEEP_DAYS)
    deleted, _ = PromotionEvent.objects.filter(promotion__ended_at__lt=long_ago).delete()
    return deleted
