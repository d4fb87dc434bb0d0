"""Search over people, videos, sounds and hashtags.

Words match whatever their case and accents, the last from its beginning. Each search looks at a
bounded number of candidates, so that a common word costs what a rare one does: those that are
popular anyhow, and if they hold too few, what the index of words has. Of them the best TOP make
the pages.
Where the server has pg_trgm, a search that finds nothing is tried again with room for typos.

The candidates' statement is planned for the very words, since how common they are decides how they
are looked up; the page's own is prepared like all others.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.db import connection, transaction

from apps.contract.paging import PAGE_SIZE
from apps.contract.shapes import Shape, fetch_json
from apps.users.people.lists import VISIBLE
from apps.users.people.shapes import FollowedRecord
from apps.users.people.suggestions import popular_ids
from apps.users.words import fold, prefix_of, query_of
from apps.videos.access import LISTED
from apps.videos.discovery.hashtags import HashtagItem
from apps.videos.discovery.sounds import USABLE, WITH_UPLOADER, FoundSoundItem
from apps.videos.feed.filters import IN_FEED
from apps.videos.profile_lists import JOINS
from apps.videos.services import trigrams
from apps.videos.shapes import FeedItem

TOP = 200  # results in all
ENOUGH = 50  # among the popular, so that the index is not asked
INDEXED = 200  # candidates from an index
# An index goes through every word with a beginning: of videos' it is asked for shorter ones whole.
FEWEST_OF_A_WORD = 3
POPULAR_VIDEOS, POPULAR_SOUNDS, POPULAR_HASHTAGS = 1000, 200, 1000  # looked through
MISTYPED = 50

PERSON_WORDS = """to_tsvector('simple',
        clipcast_fold(u.username || ' ' || u.first_name || ' ' || u.last_name))"""
SOUND_WORDS = "to_tsvector('simple', clipcast_fold(s.name || ' ' || s.description))"
QUERY = "%(query)s::tsquery"
SECTION = "(%(section_id)s = 0 OR s.section_id = %(section_id)s)"
SHOWN_TAG = "h.videos_count > 0 AND NOT h.is_hidden"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: page `page` for `viewer_id` (0: a guest)."""

    keyword: str
    page: int
    viewer_id: int
    media_url: str
    section_id: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing to search for.

    `popular` and `indexed` are SELECTs of ids that match; `mistyped` of those that nearly do.
    `table` holds them, `best` is their order, `joins` what an item is made of, `shown` what the
    viewer may see.
    """

    item: type[Shape]
    alias: str
    table: str
    popular: str
    indexed: str
    mistyped: str
    shown: str
    best: str
    joins: str = ""
    found: str = ""  # in place of `joins` where only ids are wanted

    def candidates(self) -> str:
        return f"""popular AS MATERIALIZED ({self.popular}), candidate AS (
            SELECT id FROM popular UNION (SELECT id FROM ({self.indexed} LIMIT {INDEXED}) i
            WHERE (SELECT count(*) FROM popular) < {ENOUGH}))"""

    def ids_sql(self, candidates: str) -> str:
        """Whether the viewer may see it is asked of one after the other until a page is full."""
        t = self.alias
        return f"""WITH {candidates}
            SELECT {t}.id FROM (
                SELECT {t}.* FROM candidate c JOIN {self.table} {t} ON {t}.id = c.id
                ORDER BY {self.best} LIMIT {TOP}) {t} {self.found or self.joins}
            WHERE {self.shown} ORDER BY {self.best} LIMIT {PAGE_SIZE} OFFSET %(offset)s"""

    def items_sql(self) -> str:
        return f"""SELECT {self.item.sql(self.alias)}
            FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS c(id, place)
            JOIN {self.table} {self.alias} ON {self.alias}.id = c.id {self.joins}
            ORDER BY c.place"""


PEOPLE = Kind(
    item=FollowedRecord,
    alias="u",
    table="users_user",
    popular=f"""SELECT u.id FROM users_user u
        WHERE u.id = ANY(%(popular)s) AND {PERSON_WORDS} @@ {QUERY}
        UNION ALL SELECT u.id FROM users_user u WHERE lower(u.username) = %(exact)s""",
    indexed=f"SELECT u.id FROM users_user u WHERE {PERSON_WORDS} @@ {QUERY}",
    mistyped="""SELECT u.id FROM users_user u WHERE clipcast_fold(u.username) %% %(folded)s
        ORDER BY similarity(clipcast_fold(u.username), %(folded)s) DESC""",
    shown=f"u.id <> %(viewer_id)s AND NOT u.is_staff AND {VISIBLE}",
    best="lower(u.username) = %(exact)s DESC, u.followers_count DESC, u.id DESC",
)
VIDEOS = Kind(
    item=FeedItem,
    alias="v",
    table="videos_video",
    popular=f"""SELECT h.id FROM (SELECT v.id, v.search FROM videos_video v WHERE {IN_FEED}
        ORDER BY v.heat DESC LIMIT {POPULAR_VIDEOS}) h WHERE h.search @@ {QUERY}""",
    indexed="SELECT v.id FROM videos_video v WHERE v.search @@ %(whole)s::tsquery",
    mistyped="""SELECT v.id FROM videos_video v
        WHERE %(folded)s <%% clipcast_fold(v.description)
        ORDER BY word_similarity(%(folded)s, clipcast_fold(v.description)) DESC""",
    joins=JOINS,
    # Author by author, as far as a page needs.
    found="CROSS JOIN LATERAL (SELECT * FROM users_user u WHERE u.id = v.user_id OFFSET 0) u",
    shown=f"v.user_id <> %(viewer_id)s AND {LISTED}",
    best="v.heat DESC, v.id DESC",
)
SOUNDS = Kind(
    item=FoundSoundItem,
    alias="s",
    table="videos_sound",
    popular=f"""SELECT s.id FROM (SELECT * FROM videos_sound s WHERE s.publish
            ORDER BY s.videos_count DESC, s.id DESC LIMIT {POPULAR_SOUNDS}) s
        WHERE {SECTION} AND {SOUND_WORDS} @@ {QUERY}""",
    indexed=f"SELECT s.id FROM videos_sound s WHERE {SECTION} AND {SOUND_WORDS} @@ {QUERY}",
    mistyped=f"""SELECT s.id FROM videos_sound s
        WHERE {SECTION} AND %(folded)s <%% clipcast_fold(s.name)
        ORDER BY word_similarity(%(folded)s, clipcast_fold(s.name)) DESC""",
    joins=f"{WITH_UPLOADER} LEFT JOIN videos_soundsection sc ON sc.id = s.section_id",
    shown=USABLE,
    best="s.videos_count DESC, s.id DESC",
)
POPULAR_TAGS = f"""SELECT h.id, h.name FROM videos_hashtag h WHERE {SHOWN_TAG}
        ORDER BY h.views DESC, h.videos_count DESC, h.id DESC LIMIT {POPULAR_HASHTAGS}"""
HASHTAGS = Kind(
    item=HashtagItem,
    alias="h",
    table="videos_hashtag",
    popular=f"""SELECT h.id FROM ({POPULAR_TAGS}) h
        WHERE clipcast_fold(h.name) LIKE %(prefix)s""",
    indexed=f"""SELECT h.id FROM videos_hashtag h
        WHERE clipcast_fold(h.name) LIKE %(prefix)s AND {SHOWN_TAG}""",
    mistyped="""SELECT h.id FROM videos_hashtag h WHERE clipcast_fold(h.name) %% %(folded)s
        ORDER BY similarity(clipcast_fold(h.name), %(folded)s) DESC""",
    shown=SHOWN_TAG,
    best="h.name = %(exact)s DESC, h.views DESC, h.videos_count DESC, h.id DESC",
)


def results(kind: Kind, asked: Asked) -> list[orjson.Fragment]:
    """The page of what is found, the best first; empty past the first TOP."""
    offset = asked.page * PAGE_SIZE
    if offset >= TOP:
        return []
    found = found_ids(kind, asked, offset)
    if not found:
        return []
    parameters = {
        "ids": found,
        "viewer_id": asked.viewer_id,
        "media_url": asked.media_url,
    }
    return fetch_json(kind.items_sql(), parameters)


def found_ids(kind: Kind, asked: Asked, offset: int) -> list[int]:
    folded = fold(asked.keyword.lstrip("#@"))
    query = query_of(folded)
    if not query and kind is not HASHTAGS:
        return []
    parameters: dict[str, Any] = {
        "query": query,
        "whole": query_of(folded, fewest=FEWEST_OF_A_WORD),
        "folded": folded,
        "exact": asked.keyword.lower().lstrip("#@"),
        "prefix": prefix_of(folded),  # "_" alone asks for the popular hashtags
        "popular": popular_ids() if kind is PEOPLE else [],
        "section_id": asked.section_id,
        "viewer_id": asked.viewer_id,
        "offset": offset,
    }
    found = ids(kind.ids_sql(kind.candidates()), parameters)
    if found or offset or not folded or not has_trigrams():
        return found
    with transaction.atomic():
        trigrams.be_lenient()
        return ids(kind.ids_sql(f"candidate AS ({kind.mistyped} LIMIT {MISTYPED})"), parameters)


def ids(sql: str, parameters: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


@cache
def has_trigrams() -> bool:
    """Whether the server forgives typos; asked once in a process."""
    return trigrams.are_ready()
