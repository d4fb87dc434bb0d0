"""Patterns of gifts that an operator should look at."""

from django.conf import settings
from django.db import connection

# Once a person and day; an operator's review is not undone by more of the same.
FLAG_SQL = """
    INSERT INTO gifts_flag (user_id, day, senders, coins, reviewed, created_at)
    SELECT s.receiver_id, CURRENT_DATE, count(DISTINCT s.sender_id), sum(s.coins), false, now()
    FROM gifts_sentgift s JOIN users_user u ON u.id = s.sender_id
    WHERE s.created_at > now() - interval '1 day' AND u.created_at > now() - interval '7 days'
    GROUP BY s.receiver_id HAVING count(DISTINCT s.sender_id) >= %s
    ON CONFLICT (user_id, day) DO UPDATE
    SET senders = excluded.senders, coins = excluded.coins
"""


def flag_new_senders() -> int:
    """Flag everybody who got gifts from many new accounts within a day; how many they are."""
    with connection.cursor() as cursor:
        cursor.execute(FLAG_SQL, [settings.GIFT_FLAG_NEW_SENDERS])
        return cursor.rowcount
