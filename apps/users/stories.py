"""The live stories and the playlists of a person, as profiles and feeds show them.

A story is a video with `is_story` that is not older than STORY_HOURS.
"""

from apps.contract.shapes import (
    Field,
    Shape,
    constant,
    flag,
    integer,
    media,
    moment,
    number,
    text,
)
from apps.users.relations import BLOCKED

MOST = 50
# What a person `{t}` shows is for everybody, or for the followers of a private account; never
# across a block.
OPEN = f"""(NOT {{t}}.is_private OR {{t}}.id = %(viewer_id)s OR EXISTS (
                SELECT FROM users_follow sf
                WHERE sf.follower_id = %(viewer_id)s AND sf.followed_id = {{t}}.id))
            AND NOT {BLOCKED}"""
STORY_HOURS = 24
# After that the story `{t}` is gone for everyone, whenever its rows and files go
# (apps/videos/services/stories.py).
STORY_LIVES = f"{{t}}.created_at > now() - interval '{STORY_HOURS} hours'"


class StoryVideo(Shape):
    """What Android's story screen reads of a video `sv`."""

    id = integer("id")
    user_id = integer("user_id")
    description = text("description")
    video = media("file")
    thum = media("thumbnail")
    gif = media("gif")
    view = integer("view_count")
    section = constant("0")
    sound_id = integer("sound_id")
    privacy_type = text("privacy")
    allow_comments = text("CASE WHEN {t}.allow_comments THEN 'true' ELSE 'false' END")
    allow_duet = flag("allow_duet")
    block = flag("block")
    duet_video_id = integer("duet_of_id")
    old_video_id = constant(0)
    duration = number("round({t}.duration::numeric, 1)")
    promote = constant(0)
    pin_comment_id = integer("pinned_comment_id")
    pin = constant(0)
    repost_user_id = constant(0)
    repost_video_id = constant(0)
    quality_check = constant(0)
    aws_job_id = constant("")
    aws_label = constant("")
    story = flag("is_story")
    created = moment("created_at")


STORIES = Field(
    f"""(SELECT coalesce(json_agg(json_build_object('Video', {StoryVideo.sql("sv")})
            ORDER BY sv.id), '[]'::json)
        FROM (SELECT sv.* FROM videos_video sv WHERE sv.user_id = {{t}}.id AND sv.is_story
            AND sv.state = 'ready' AND sv.privacy = 'public' AND NOT sv.block
            AND {STORY_LIVES.format(t="sv")}
            AND {OPEN}
            ORDER BY sv.id DESC LIMIT {MOST}) sv)""",
    "{source}",
    {
        "type": "array",
        "items": {"type": "object", "properties": {"Video": StoryVideo.schema()}},
    },
)


class PlaylistTile(Shape):
    """As much of a playlist as a profile shows."""

    id = integer("id")
    user_id = integer("user_id")
    name = text("name")
    created = moment("created_at")


PLAYLISTS = Field(
    f"""(SELECT coalesce(json_agg({PlaylistTile.sql("pl")} ORDER BY pl.id DESC), '[]'::json)
        FROM videos_playlist pl WHERE pl.user_id = {{t}}.id
            AND {OPEN})""",
    "{source}",
    {"type": "array", "items": PlaylistTile.schema()},
)
