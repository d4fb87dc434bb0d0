"""Where the feed's videos come from.

Each source is a range of an index: at most so many rows are looked at, and of those the first few
that this viewer has not been served are taken. So a page costs the same however many videos there
are, and however much the viewer has seen.

Two sources begin at an id that the page's seed chooses by chance: the pivot.
"""

from collections.abc import Iterator

from apps.videos.feed.filters import IN_FEED, Audience, all_of, new_to, unseen_by

SEEDS = 2**32
FINISHED = 0.8  # of a video's length: then it counts as liked
LATEST_LIKES, LATEST_FAVOURITES, LATEST_SERVED = 30, 15, 60
TAGS, SOUNDS = 8, 4  # that stand for the viewer's taste
INTEREST = 0.4  # what a picked interest is worth, beside the share of liked videos with a tag
UNKNOWN_VIEWERS_REST = 50  # who is not noted pages through what one statement finds


def pivot(table: str) -> str:
    """An id between 0 and the table's highest."""
    return f"(%(seed)s::float8 / {SEEDS} * (SELECT max(id) FROM {table}))::bigint"


def named(steps: dict[str, str]) -> str:
    """The steps as a WITH list; each is made once."""
    return ",\n".join(f"{name} AS MATERIALIZED ({sql})" for name, sql in steps.items())


def taste(audience: Audience) -> Iterator[tuple[str, str]]:
    """`taste`: the tags and sounds that the viewer likes, each with its share of what they liked.

    From the latest likes and favourites, the youngest videos that were watched to the end, and
    the interests they picked, whose titles are read as tags.
    """
    if not audience.is_known:
        return
    key = "user_id = %(viewer_id)s" if audience.is_user else "device_id = %(device_id)s"
    finished = f"""SELECT w.video_id FROM (
            SELECT video_id, longest_s FROM videos_videowatch
            WHERE {key} ORDER BY video_id DESC LIMIT {LATEST_SERVED}) w
        JOIN videos_video v ON v.id = w.video_id
        WHERE v.duration > 0 AND w.longest_s >= {FINISHED} * v.duration"""
    said = f"""(SELECT video_id FROM videos_videolike
            WHERE {key} ORDER BY id DESC LIMIT {LATEST_LIKES})
        UNION (SELECT video_id FROM videos_videofavourite
            WHERE {key} ORDER BY id DESC LIMIT {LATEST_FAVOURITES})
        UNION """
    yield "liked", f"{said if audience.is_user else ''}{finished}"
    tags = f"""(SELECT 'tag' AS kind, h.hashtag_id AS id,
            count(*)::float8 / (SELECT count(*) FROM liked) AS share
        FROM liked l JOIN videos_videohashtag h USING (video_id)
        GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {TAGS})"""
    sounds = f"""(SELECT 'sound', v.sound_id, count(*)::float8 / (SELECT count(*) FROM liked)
        FROM liked l JOIN videos_video v ON v.id = l.video_id WHERE v.sound_id IS NOT NULL
        GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {SOUNDS})"""
    interests = f"""(SELECT 'tag', h.id, {INTEREST}
        FROM site_interestpick p JOIN site_interest i ON i.id = p.interest_id
        JOIN videos_hashtag h ON h.name = lower(replace(i.title, ' ', ''))
        WHERE p.user_id = %(viewer_id)s LIMIT {TAGS})"""
    parts = [tags, sounds, *([interests] if audience.is_user else [])]
    yield (
        "taste",
        f"""SELECT kind, id, sum(share) AS share
        FROM ({" UNION ALL ".join(parts)}) t GROUP BY 1, 2""",
    )


def sources(audience: Audience, unseen: str) -> Iterator[tuple[str, str]]:
    """Each source's name and the statement that gives its videos' ids."""
    if audience.is_user:
        yield "follows", from_follows(unseen)
    if audience.is_known:
        yield "affinity", from_taste(unseen)
    yield "trending", first_unseen("true", "v.heat DESC", unseen, window=400, take=50)
    yield "fresh", first_unseen("v.awaits_audience", "v.id", unseen, window=200, take=20)
    yield (
        "exploration",
        first_unseen(
            f"v.id <= {pivot('videos_video')}",
            "v.id DESC",
            unseen,
            window=60,
            take=20,
        ),
    )


def first_unseen(condition: str, order: str, unseen: str, *, window: int, take: int) -> str:
    return f"""SELECT v.id FROM (
            SELECT v.id FROM videos_video v WHERE {IN_FEED} AND {condition}
            ORDER BY {order} LIMIT {window}) v
        WHERE {unseen} LIMIT {take}"""


def from_follows(unseen: str) -> str:
    """The newest of some of the people one follows: all of them up to fifty, else by chance."""
    some = """SELECT followed_id FROM users_follow
            WHERE follower_id = %(viewer_id)s AND followed_id {} pivot.id
            ORDER BY followed_id LIMIT 50"""
    return f"""SELECT v.id
        FROM (SELECT {pivot("users_user")} AS id OFFSET 0) pivot
        CROSS JOIN LATERAL (
            SELECT * FROM (({some.format(">=")}) UNION ALL ({some.format("<")})) f LIMIT 50) f
        CROSS JOIN LATERAL (
            SELECT v.id FROM (SELECT v.id FROM videos_video v
                WHERE v.user_id = f.followed_id AND {IN_FEED} ORDER BY v.id DESC LIMIT 8) v
            WHERE {unseen} LIMIT 2) v
        ORDER BY v.id DESC LIMIT 40"""


def from_taste(unseen: str) -> str:
    """The newest videos with the tags and the sounds that the viewer likes."""
    tagged = "SELECT video_id AS id FROM videos_videohashtag WHERE hashtag_id = t.id"
    with_sound = "SELECT id FROM videos_video WHERE sound_id = t.id"
    newest = """SELECT v.id FROM taste t CROSS JOIN LATERAL (
            SELECT v.id FROM ({rows} ORDER BY {key} DESC LIMIT 20) v WHERE {unseen} LIMIT 6) v
        WHERE t.kind = '{kind}'"""
    return " UNION ALL ".join(
        (
            newest.format(rows=tagged, key="video_id", unseen=unseen, kind="tag"),
            newest.format(rows=with_sound, key="id", unseen=unseen, kind="sound"),
        )
    )


def joined(parts: dict[str, str]) -> str:
    """`found`: the ids of several steps, each with the names of its sources."""
    rows = " UNION ALL ".join(f"SELECT id, '{parts[step]}' AS source FROM {step}" for step in parts)
    return f"SELECT id, array_agg(DISTINCT source) AS sources FROM ({rows}) f GROUP BY id"


def rest(audience: Audience, page_size: int) -> str:
    """If less than a page has passed, the newest of all that pass. Only this step walks on until
    it has found enough."""
    take = page_size if audience.is_known else UNKNOWN_VIEWERS_REST
    return f"""SELECT v.id, '{{the rest}}'::text[] AS sources
        FROM videos_video v JOIN users_user u ON u.id = v.user_id
        WHERE (SELECT count(*) FROM passed) < {page_size}
            AND v.id <> ALL (ARRAY(SELECT id FROM passed)) AND v.id <> %(promoted_id)s
            AND {all_of(new_to(audience))}
        ORDER BY v.id DESC LIMIT {take}"""


def candidates(audience: Audience, page_size: int) -> dict[str, str]:
    """The steps up to `pool`: the videos that are scored."""
    by_source = dict(sources(audience, all_of(unseen_by(audience))))
    return {
        **dict(taste(audience)),
        **by_source,
        "found": joined({name: name for name in by_source}),
        "passed": f"""SELECT v.id, f.sources
            FROM found f JOIN videos_video v ON v.id = f.id JOIN users_user u ON u.id = v.user_id
            WHERE v.id <> %(promoted_id)s AND {all_of(new_to(audience))}""",
        "rest": rest(audience, page_size),
        "pool": "SELECT * FROM passed UNION ALL SELECT * FROM rest",
    }
