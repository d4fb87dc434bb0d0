"""A creator's numbers for a range of days, in one statement.

What is stored decides what can be told: a view counts on the day when a clip was last served to
that viewer, likes on the day they were given and still stand, followers on the day they came and
stayed. Comments are counted by clip only: their number is that of clips posted in the range.
Source: contract/android/endpoints.json showAnalytics (graph points are lists of one object, counts
are text, a city's name stands under the key Country).
"""

from datetime import date, timedelta
from typing import Any

import orjson

from apps.contract.shapes import fetch_one_json

MAX_DAYS = 366
PLACES_SHOWN = 10

# The viewers' and the followers' days are UTC, as all dates in answers are.
ANALYTICS_SQL = """
WITH days AS (
    SELECT day::date FROM generate_series(%(start)s::date, %(end)s::date, '1 day') day
), span AS (
    SELECT %(start)s::date::timestamp AT TIME ZONE 'UTC' AS since,
           (%(end)s::date + 1)::timestamp AT TIME ZONE 'UTC' AS until
), clips AS (
    SELECT id, comment_count, created_at FROM videos_video WHERE user_id = %(user_id)s
), views AS (
    SELECT (w.served_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count
    FROM clips c JOIN videos_videowatch w ON w.video_id = c.id, span
    WHERE w.served_at >= since AND w.served_at < until GROUP BY 1
), fans AS (
    SELECT (f.created_at AT TIME ZONE 'UTC')::date AS day,
           lower(u.gender) AS gender, u.country, u.city,
           CASE WHEN age < 18 THEN '' WHEN age < 25 THEN '18-24' WHEN age < 35 THEN '25-34'
                WHEN age < 45 THEN '35-44' WHEN age < 55 THEN '45-54'
                WHEN age >= 55 THEN '55+' ELSE '' END AS age_range
    FROM users_follow f JOIN users_user u ON u.id = f.follower_id,
         LATERAL (SELECT extract(year FROM age(u.dob)) AS age) a, span
    WHERE f.followed_id = %(user_id)s AND u.status <> 'deleted'
      AND f.created_at >= since AND f.created_at < until
), followers_by_day AS (
    SELECT day, count(*) AS count FROM fans GROUP BY 1
)
SELECT json_build_object(
    'starting_date', to_char(%(start)s::date, 'Mon DD'),
    'ending_date', to_char(%(end)s::date, 'Mon DD'),
    'total_video_views', (SELECT coalesce(sum(count), 0) FROM views)::text,
    'total_video_likes', (SELECT count(*) FROM clips c JOIN videos_videolike l ON l.video_id = c.id,
        span WHERE l.created_at >= since AND l.created_at < until)::text,
    'total_video_comments', (SELECT coalesce(sum(comment_count), 0) FROM clips, span
        WHERE created_at >= since AND created_at < until)::text,
    'total_profile_visits', (SELECT count(*) FROM users_profilevisit p, span
        WHERE p.visited_id = %(user_id)s AND visited_at >= since AND visited_at < until)::text,
    'total_followers', (SELECT count(*) FROM fans)::text,
    'total_male_followers', (SELECT count(*) FROM fans WHERE gender = 'male')::text,
    'total_female_followers', (SELECT count(*) FROM fans WHERE gender = 'female')::text,
    'video_views_graph', (SELECT json_agg(json_build_array(json_build_object(
        'date', to_char(day, 'YYYY-MM-DD'), 'count', coalesce(count, 0)::text)) ORDER BY day)
        FROM days LEFT JOIN views USING (day)),
    'followers_graph', (SELECT json_agg(json_build_array(json_build_object(
        'date', to_char(day, 'YYYY-MM-DD'), 'count', coalesce(count, 0)::text)) ORDER BY day)
        FROM days LEFT JOIN followers_by_day USING (day)),
    'age_group', (SELECT json_agg(json_build_array(json_build_object('age_range', r.name,
        'count', (SELECT count(*) FROM fans WHERE age_range = r.name)::text)))
        FROM (VALUES ('18-24'), ('25-34'), ('35-44'), ('45-54'), ('55+')) r (name)),
    'followers_country', (SELECT coalesce(json_agg(json_build_object(
        'Country', country, 'count', count::text)), '[]') FROM (SELECT country, count(*)
        FROM fans WHERE country <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(places)s) c),
    'followers_city', (SELECT coalesce(json_agg(json_build_object(
        'Country', city, 'count', count::text)), '[]') FROM (SELECT city, count(*)
        FROM fans WHERE city <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(places)s) c)
)
"""


def analytics(*, user_id: int, start: date, end: date) -> orjson.Fragment | None:
    """The numbers of the days from `start` to `end`, both included, at most MAX_DAYS."""
    start = max(start, end - timedelta(days=MAX_DAYS - 1))
    parameters: dict[str, Any] = {"user_id": user_id, "places": PLACES_SHOWN}
    return fetch_one_json(ANALYTICS_SQL, parameters | {"start": start, "end": end})
