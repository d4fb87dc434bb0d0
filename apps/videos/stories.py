"""The live stories of a person and of their friends.

Statements call a person who has stories `u`, and that person's stories `v`. A story is seen by
whoever may see the video (apps.videos.access). How often it was seen is its `view`.
"""

import orjson

from apps.contract.paging import LIMIT, Pages
from apps.contract.shapes import (
    Field,
    Shape,
    fetch_json,
    fetch_one_json,
    integer,
    media,
    moment,
    nested,
    number,
    text,
)
from apps.users.people.lists import VISIBLE
from apps.users.shapes import PublicUser
from apps.videos.access import MAY_SEE, STORY_LIVES
from apps.videos.shapes import SoundShape, VideoShape

FRIENDS = 5000  # of the newest that one follows
MOST = 50  # stories of one person
OWN_FIRST = 2**62
LIVE = f"v.is_story AND v.state = 'ready' AND {STORY_LIVES} AND {MAY_SEE}"


class StoryItem(Shape):
    Video = nested(VideoShape, "v")
    Sound = nested(SoundShape, "s", when="s.id IS NOT NULL")


class StoryPerson(PublicUser):
    """Android reads the person's fields and their stories side by side."""

    Video = Field(
        f"""(SELECT coalesce(json_agg({StoryItem.sql("v")} ORDER BY v.id), '[]'::json)
            FROM (SELECT v.* FROM videos_video v WHERE v.user_id = {{t}}.id AND {LIVE}
                ORDER BY v.id DESC LIMIT {MOST}) v
            LEFT JOIN videos_sound s ON s.id = v.sound_id)""",
        "{source}",
        {"type": "array", "items": StoryItem.schema()},
    )


class StoryShape(Shape):
    """A story as the older calls know it."""

    id = integer("id")
    user_id = integer("user_id")
    type = text("'video'")
    attachment = media("file")
    thum = media("thumbnail")
    duration = number("round({t}.duration::numeric, 1)")
    created = moment("created_at")


class StoryRecord(StoryItem):
    Story = nested(StoryShape, "v")
    User = nested(PublicUser, "u")


PEOPLE = f"""people AS (
        SELECT %(viewer_id)s::bigint AS id UNION ALL
        SELECT f.followed_id FROM (SELECT * FROM users_follow
            WHERE follower_id = %(viewer_id)s ORDER BY id DESC LIMIT {FRIENDS}) f
        WHERE EXISTS (SELECT FROM users_follow g
            WHERE g.follower_id = f.followed_id AND g.followed_id = f.follower_id))"""
FRIENDS_SQL = f"""
    WITH {PEOPLE},
    tellers AS (
        SELECT u.id, CASE WHEN u.id = %(viewer_id)s THEN {OWN_FIRST} ELSE latest.id END AS key
        FROM people p JOIN users_user u ON u.id = p.id
        CROSS JOIN LATERAL (SELECT v.id FROM videos_video v
            WHERE v.user_id = u.id AND {LIVE} ORDER BY v.id DESC LIMIT 1) latest
        WHERE {VISIBLE})
    SELECT {StoryPerson.sql("u")}, t.key FROM tellers t JOIN users_user u ON u.id = t.id
    WHERE t.key < %(before)s ORDER BY t.key DESC {LIMIT}"""
RECORDS = f"""SELECT {StoryRecord.sql("v")} FROM videos_video v
    JOIN users_user u ON u.id = v.user_id LEFT JOIN videos_sound s ON s.id = v.sound_id"""
RECORD_SQL = f"{RECORDS} WHERE v.id = %(video_id)s"
OF_DAY = "(%(day)s::date IS NULL OR (v.created_at AT TIME ZONE 'UTC')::date = %(day)s::date)"
OWN_SQL = f"""{RECORDS} WHERE v.user_id = %(viewer_id)s AND {LIVE} AND {OF_DAY}
    ORDER BY v.id LIMIT {MOST}"""
OTHERS_SQL = f"""WITH {PEOPLE} {RECORDS}
    WHERE v.user_id IN (SELECT id FROM people) AND v.user_id <> %(viewer_id)s
        AND {LIVE} AND {OF_DAY}
    ORDER BY v.id DESC LIMIT {MOST}"""


def friends_page(*, pages: Pages, viewer_id: int, media_url: str) -> list[orjson.Fragment]:
    """The viewer, if they have stories, and then their friends who have, the latest first."""
    return pages.fetch(FRIENDS_SQL, {"viewer_id": viewer_id, "media_url": media_url})


def record(*, video_id: int, viewer_id: int, media_url: str) -> orjson.Fragment | None:
    """A story for its owner, whatever its state."""
    parameters = {"video_id": video_id, "viewer_id": viewer_id, "media_url": media_url}
    return fetch_one_json(RECORD_SQL, parameters)


def of_day(*, day: str | None, viewer_id: int, media_url: str) -> dict[str, list[orjson.Fragment]]:
    """The live stories of a day (YYYY-MM-DD; None: all): one's own, and one's friends'."""
    parameters = {"day": day, "viewer_id": viewer_id, "media_url": media_url}
    return {
        "mystory": fetch_json(OWN_SQL, parameters),
        "other": fetch_json(OTHERS_SQL, parameters),
    }
