"""What a candidate scores, and how a page is put together from scored candidates.

The score is the sum of parts, each times its weight (apps.videos.models.FeedWeights). The weights
are read in the feed's own statement.
"""

from django.db import models

from apps.videos.models import FeedWeights

# With few plays, a video counts as half watched by this many more.
PRIOR_PLAYS = 5
# Chance of a video on this page: 20 bits of a hash.
CHANCE = "((hashint8extended(v.id, %(seed)s) & 1048575)::float8 / 1048576)"
FOLLOWED = """EXISTS (SELECT FROM users_follow f
        WHERE f.follower_id = %(viewer_id)s AND f.followed_id = v.user_id OFFSET 0)"""

# SQL of the video `v`, its `taste` (affinity) and the weights `w`, by the weight's name.
PARTS = {
    "completion": f"(v.completion_sum + {PRIOR_PLAYS / 2}) / (v.timed_plays + {PRIOR_PLAYS})",
    "likes": "log(1.0::float8 + v.like_count)",
    "comments": "log(1.0::float8 + v.comment_count)",
    "shares": "log(1.0::float8 + v.share_count)",
    "youth": """power(0.5::float8, least(60::float8, greatest(0::float8,
        extract(epoch FROM now() - v.created_at)::float8 / 3600 / w.half_life_h)))""",
    "followed": f"{FOLLOWED}::int",
    "affinity": "least(1, coalesce(t.affinity, 0))",
    "chance": CHANCE,
    "quick_skips": f"-v.quick_skips::float8 / (v.timed_plays + {PRIOR_PLAYS})",
    "not_interested": "-log(1.0::float8 + v.not_interested_count)",
    "reports": "-log(1.0::float8 + v.report_count)",
}
SCORE = " + ".join(f"w.{name} * ({part})::float8" for name, part in PARTS.items())
AFFINITY = """(SELECT sum(t.share) AS affinity FROM taste t
            WHERE t.kind = 'sound' AND t.id = v.sound_id OR t.kind = 'tag' AND t.id IN (
                SELECT h.hashtag_id FROM videos_videohashtag h WHERE h.video_id = v.id))"""
NO_AFFINITY = "(SELECT 0 AS affinity)"


def weight(field: models.Field) -> str:
    return f"coalesce(max(w.{field.column}), {field.default!r}) AS {field.column}"


# One row: the operator's weights, or what the model says if there is no row yet.
WEIGHTS_SQL = f"""SELECT {
    ", ".join(weight(field) for field in FeedWeights._meta.fields if not field.primary_key)
} FROM videos_feedweights w"""


def scored(*, has_taste: bool, more: str = "") -> str:
    affinity = AFFINITY if has_taste else NO_AFFINITY
    return f"""SELECT v.id, v.user_id, v.sound_id, p.sources, {SCORE} AS score{more}
        FROM weights w CROSS JOIN pool p JOIN videos_video v ON v.id = p.id
        CROSS JOIN LATERAL {affinity} t"""


# A video's round: first of each sound its best video, and of these each author's best; then the
# second bests ... So the videos of a page's first round all have different authors and sounds, and
# an author's next video waits until every other author who still has one has had a turn.
ROUNDS = """SELECT *, greatest(nth_of_sound, row_number() OVER author) AS round,
            first_value(score) OVER author AS best_of_author
        FROM (SELECT *, CASE WHEN sound_id IS NULL THEN 1 ELSE row_number() OVER (
                PARTITION BY sound_id ORDER BY score DESC, id) END AS nth_of_sound
            FROM scored) s
        WINDOW author AS (PARTITION BY user_id ORDER BY nth_of_sound, score DESC, id)"""
IN_TURN = "round, best_of_author DESC, score DESC, id"


def nth_of(source: str) -> str:
    """Which one of its source's videos it is; null for others and after the first round."""
    of_it = f"'{source}' = ANY(sources)"
    return f"""(CASE WHEN round = 1 AND {of_it} THEN row_number() OVER (
                PARTITION BY {of_it} ORDER BY {IN_TURN}) END)"""


# The best of the fresh stands no lower than fourth, the best of exploration no lower than seventh.
PLACED = f"""SELECT id, sources, score, round, row_number() OVER (ORDER BY {IN_TURN}) AS turn,
            CASE WHEN {nth_of("fresh")} <= (SELECT fresh_slots FROM weights) THEN 3.5
                WHEN {nth_of("exploration")} <= (SELECT exploration_slots FROM weights) THEN 6.5
            END AS kept_place
        FROM rounds"""
RANKED = "SELECT *, least(turn, kept_place) AS place FROM placed"


def ranking(*, has_taste: bool) -> dict[str, str]:
    """The steps from `pool` to `ranked`: each candidate with its place."""
    return {
        "scored": scored(has_taste=has_taste),
        "rounds": ROUNDS,
        "placed": PLACED,
        "ranked": RANKED,
    }
