"""The library of sounds, and the videos that use one.

Statements call the sound `s`, its section `sc` and its uploader `u`. A sound may be used by
whoever could be shown its uploader's public things; the operators' own by everybody.

Sources: contract/ios/models.schema.json (AllSoundResponseMsg, FavouriteSoundMSG, SearchSoundMsg),
android's reads of showSounds.
"""

import orjson

from apps.contract.answers import Refused
from apps.contract.paging import LIMIT, PAGE_SIZE, Pages
from apps.contract.shapes import (
    Field,
    Shape,
    constant,
    fetch_json,
    fetch_one_json,
    fetch_rows,
    integer,
    listed,
    moment,
    nested,
)
from apps.users.people.lists import ACTIVE, NO_BLOCK
from apps.users.shapes import PublicUser
from apps.users.words import fold, part_of
from apps.videos.access import LISTED
from apps.videos.discovery.hashtags import LOOKED_AT
from apps.videos.profile_lists import JOINS
from apps.videos.shapes import FeedItem, SoundSectionShape, SoundShape

NO_SUCH_SOUND = "This sound is not available."
TEASER = 3  # sounds of each section in the library
MOST_PAGES = 20  # of sections

WITH_UPLOADER = "LEFT JOIN users_user u ON u.id = s.user_id"
USABLE = f"""(s.user_id = %(viewer_id)s OR (s.publish AND (u.id IS NULL OR ({ACTIVE}
        AND (NOT u.is_private OR EXISTS (SELECT FROM users_follow f
            WHERE f.follower_id = %(viewer_id)s AND f.followed_id = u.id)) AND {NO_BLOCK}))))"""


class SoundItem(Shape):
    Sound = nested(SoundShape, "s")


class FoundSoundItem(SoundItem):
    """A sound with its section, which both clients need as an object."""

    SoundSection = nested(SoundSectionShape, "sc")


SECTION_SOUNDS = f"""FROM (SELECT s.* FROM videos_sound s {WITH_UPLOADER}
        WHERE s.section_id = {{t}}.id AND {USABLE} ORDER BY s.id DESC LIMIT {TEASER}) s"""


class SectionItem(Shape):
    """A section `sc` with its newest sounds."""

    SoundSection = nested(SoundSectionShape, "sc")
    Sound: Field = listed(SoundShape, "s", SECTION_SOUNDS)


class SoundFavouriteShape(Shape):
    id = integer("id")
    user_id = integer("user_id")
    sound_id = integer("sound_id")
    created = moment("created_at")


class KeptSoundItem(FoundSoundItem):
    """Somebody `me` keeps the sound by the row `f`."""

    SoundFavourite = nested(SoundFavouriteShape, "f")
    User = nested(PublicUser, "me")


class SoundRecord(FoundSoundItem):
    """`msg` of addSound; the videos and who keeps it have calls of their own."""

    Video = constant([])
    SoundFavourite = constant([])


RECORD_SQL = f"""
    SELECT {SoundRecord.sql("s")} FROM videos_sound s
    LEFT JOIN videos_soundsection sc ON sc.id = s.section_id WHERE s.id = %(sound_id)s"""
SECTIONS_SQL = f"""
    SELECT {SectionItem.sql("sc")} FROM videos_soundsection sc
    WHERE EXISTS (SELECT FROM videos_sound s {WITH_UPLOADER}
        WHERE s.section_id = sc.id AND {USABLE})
    ORDER BY sc.position, sc.id LIMIT {PAGE_SIZE} OFFSET %(offset)s"""
SECTION_SQL = f"""
    SELECT {SoundItem.sql("s")}, s.id FROM videos_sound s {WITH_UPLOADER}
    WHERE s.section_id = %(section_id)s AND s.id < %(before)s AND {USABLE}
    ORDER BY s.id DESC {LIMIT}"""
KEPT_FROM = f"""FROM videos_soundfavourite f JOIN videos_sound s ON s.id = f.sound_id
    JOIN users_user me ON me.id = f.user_id {WITH_UPLOADER}
    LEFT JOIN videos_soundsection sc ON sc.id = s.section_id
    WHERE f.user_id = %(viewer_id)s AND {USABLE}"""
KEPT_SQL = f"""
    SELECT {KeptSoundItem.sql("s")}, f.id {KEPT_FROM} AND f.id < %(before)s
        AND (%(folded)s = '' OR clipcast_fold(s.name || ' ' || s.description) LIKE %(part)s)
    ORDER BY f.id DESC {LIMIT}"""
ONE_KEPT_SQL = f"SELECT {KeptSoundItem.sql('s')} {KEPT_FROM} AND s.id = %(sound_id)s"
# LOOKED_AT keeps the sound's videos in the order of its index, however many there are.
VIDEOS_SQL = f"""
    SELECT {FeedItem.sql("v")}, v.id
    FROM (SELECT * FROM videos_video WHERE sound_id = %(sound_id)s AND id < %(before)s
            ORDER BY id DESC LIMIT {LOOKED_AT}) v {JOINS}
    WHERE {LISTED} ORDER BY v.id DESC {LIMIT}"""
USABLE_SQL = f"""
    SELECT EXISTS (SELECT FROM videos_soundfavourite k
        WHERE k.user_id = %(viewer_id)s AND k.sound_id = s.id)::int
    FROM videos_sound s {WITH_UPLOADER} WHERE s.id = %(sound_id)s AND {USABLE}"""


def sections(*, page: int, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """Ten sections of the library, each with its newest sounds. Operators order the sections."""
    if page >= MOST_PAGES:
        return []
    parameters = {"viewer_id": viewer_id, "media_url": media_url, "offset": page * PAGE_SIZE}
    return fetch_json(SECTIONS_SQL, parameters)


def section_page(
    *, pages: Pages, section_id: int, viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    """The sounds of a section, the newest first."""
    parameters = {"section_id": section_id, "viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(SECTION_SQL, parameters)


def kept_page(
    *, pages: Pages, viewer_id: int, media_url: str, keyword: str = ""
) -> list[orjson.Fragment]:
    """The sounds that somebody keeps (with the keyword in them), the last kept first."""
    folded = fold(keyword)
    parameters = {"viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(KEPT_SQL, parameters | {"folded": folded, "part": part_of(folded)})


def kept_answer(*, sound_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """What addSoundFavourite says of a sound that is kept now."""
    parameters = {"sound_id": sound_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(ONE_KEPT_SQL, parameters)


def record(*, sound_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    parameters = {"sound_id": sound_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(RECORD_SQL, parameters)


def videos_page(
    *, pages: Pages, sound_id: int, viewer_id: int, media_url: str
) -> list[orjson.Fragment]:
    """The videos that use a sound, the newest first."""
    parameters = {"sound_id": sound_id, "viewer_id": viewer_id, "media_url": media_url}
    return pages.fetch(VIDEOS_SQL, parameters)


def check_usable(sound_id: int, *, viewer_id: int) -> int:
    """1 if the viewer keeps the sound, else 0. Raises Refused for a sound out of reach."""
    rows = fetch_rows(USABLE_SQL, {"sound_id": sound_id, "viewer_id": viewer_id})
    if not rows:
        raise Refused(NO_SUCH_SOUND)
    return rows[0][0]
