"""People whom somebody may like to follow.

The best hundred are chosen at page 0 and remembered for some minutes, so that the pages that
follow are parts of one list. Followed by those one follows counts first, then shared interests,
then popularity.
"""

import logging
from typing import Any

import orjson
import redis
from django.core.cache import cache
from django.db import connection

from apps.contract.paging import PAGE_SIZE
from apps.contract.shapes import fetch_json
from apps.users.people.lists import ACTIVE, VISIBLE
from apps.users.people.shapes import SuggestionItem

logger = logging.getLogger(__name__)
CHOSEN = 100
REMEMBERED_S = 600
POPULAR_KEY = "suggestions:popular"
LOOKED_AT = 200  # of the followed, and of whom each of them follows

POPULAR_SQL = f"""
    SELECT array(SELECT u.id FROM users_user u
        WHERE u.followers_count > 0 AND NOT u.is_staff AND {ACTIVE}
        ORDER BY u.followers_count DESC, u.id DESC LIMIT {2 * CHOSEN})"""
SHARED_INTERESTS = """(SELECT count(*) FROM site_interestpick own
            JOIN site_interestpick their ON their.interest_id = own.interest_id
            WHERE own.user_id = %(viewer_id)s AND their.user_id = u.id)"""
CHOOSE_SQL = f"""
    WITH mine AS (
        SELECT followed_id FROM users_follow WHERE follower_id = %(viewer_id)s
        ORDER BY id DESC LIMIT {LOOKED_AT}),
    mutual AS (
        SELECT f.followed_id AS id, count(*) AS friends FROM mine m
        CROSS JOIN LATERAL (SELECT followed_id FROM users_follow
            WHERE follower_id = m.followed_id LIMIT {LOOKED_AT}) f
        GROUP BY 1 ORDER BY 2 DESC LIMIT {3 * CHOSEN}),
    newest AS (SELECT id FROM users_user ORDER BY created_at DESC LIMIT {CHOSEN}),
    pool AS (
        SELECT id, max(friends) AS friends FROM (
            SELECT id, friends FROM mutual
            UNION ALL SELECT unnest(%(popular)s::bigint[]), 0
            UNION ALL SELECT id, 0 FROM newest) all_of_them
        GROUP BY 1)
    SELECT array(
        SELECT u.id FROM pool JOIN users_user u ON u.id = pool.id
        WHERE {VISIBLE} AND u.id <> %(viewer_id)s AND NOT u.is_staff
            AND NOT EXISTS (SELECT FROM users_follow f
                WHERE f.follower_id = %(viewer_id)s AND f.followed_id = u.id)
            AND NOT EXISTS (SELECT FROM users_followrequest q
                WHERE q.sender_id = %(viewer_id)s AND q.receiver_id = u.id)
        ORDER BY pool.friends DESC, {SHARED_INTERESTS} DESC, u.followers_count DESC, u.id DESC
        LIMIT {CHOSEN})"""
ITEMS_SQL = f"""
    SELECT {SuggestionItem.sql("u")} FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS f(id, place)
    JOIN users_user u ON u.id = f.id WHERE {VISIBLE} ORDER BY f.place"""


def suggestions_page(*, viewer_id: int, page: int, media_url: str) -> list[orjson.Fragment]:
    """A page of people whom the viewer (0: a guest) does not follow, with their latest videos."""
    ids = chosen_for(viewer_id, again=page == 0)
    part = ids[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    if not part:
        return []
    return fetch_json(ITEMS_SQL, {"ids": part, "viewer_id": viewer_id, "media_url": media_url})


def chosen_for(viewer_id: int, *, again: bool) -> list[int]:
    """The ids of the viewer's suggestions, best first; `again` chooses anew."""
    key = f"suggestions:{viewer_id}"
    ids = None if again else remembered(key)
    if ids is None:
        popular = popular_ids()
        ids = one_array(CHOOSE_SQL, {"viewer_id": viewer_id, "popular": popular})
        remember(key, ids)
    return ids


def popular_ids() -> list[int]:
    """The most followed; a scan of all accounts, so it is made once in some minutes."""
    ids = remembered(POPULAR_KEY)
    if ids is None:
        ids = one_array(POPULAR_SQL, {})
        remember(POPULAR_KEY, ids)
    return ids


def one_array(sql: str, parameters: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def remembered(key: str) -> list[int] | None:
    try:
        return cache.get(key)
    except redis.RedisError:
        logger.warning("Suggestions can't be remembered: Valkey is away.")
        return None


def remember(key: str, ids: list[int]) -> None:
    try:
        cache.set(key, ids, REMEMBERED_S)
    except redis.RedisError:
        logger.warning("Suggestions can't be remembered: Valkey is away.")
