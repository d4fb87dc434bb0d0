"""What the clients are told about videos and sounds.

Statements that use them give the parameters `viewer_id` (0 for a guest) and `media_url`, and
join the author as `u` and the sound as `s` (left) to the video `v`.

Sources: contract/ios/models.schema.json (Video, Sound, HomeResponseMsg), ios/NOTES.md "The most
surprising type requirements" 9 to 12, android/endpoints.json showRelatedVideos,
contract/conflicts.md "Videos and feed".
"""

from apps.contract.shapes import (
    Field,
    Shape,
    constant,
    flag,
    integer,
    media,
    moment,
    nested,
    number,
    text,
)
from apps.users.shapes import DeviceShape, FeedUser, PublicUser


def reacted(table: str) -> Field:
    """1 if the viewer has a row in this table for the video."""
    return flag(
        f"EXISTS (SELECT FROM {table} r WHERE r.user_id = %(viewer_id)s AND r.video_id = {{t}}.id)"
    )


def word(source: str) -> Field:
    """A flag that the clients read as the text "true" or "false"."""
    return text(f"CASE WHEN {source} THEN 'true' ELSE 'false' END")


def degrees(source: str) -> Field:
    """A position, as text; "0.0" is what the clients know as nowhere."""
    return text(f"coalesce({{t}}.{source}::text, '0.0')")


class SoundShape(Shape):
    """A sound under the names of all builds; its length is a text, "MM:SS"."""

    id = integer("id")
    name = text("name")
    title = text("name")
    description = text("description")
    audio = media("audio")
    sound = media("audio")
    thum = media("thumbnail")
    cover = media("thumbnail")
    duration = text("to_char(make_interval(secs => {t}.duration), 'MI:SS')")
    sound_section_id = integer("section_id")
    section = text("coalesce({t}.section_id, 0)")
    total_videos = integer("videos_count")
    uploaded_by = text("uploaded_by")
    publish = flag("publish")
    job_id = constant("")
    favourite = flag(
        "EXISTS (SELECT FROM videos_soundfavourite k"
        " WHERE k.user_id = %(viewer_id)s AND k.sound_id = {t}.id)"
    )
    created = moment("created_at")


class SoundSectionShape(Shape):
    """A shelf of the library; the clients need the object even of a sound that is on none."""

    id = integer("id")
    name = text("name")
    created = moment("created_at")


class PlaceShape(Shape):
    """Where a video was filmed."""

    id = integer("id")
    name = text("name")
    string = text("coalesce(nullif({t}.address, ''), {t}.name)")
    lat = degrees("lat")
    long = degrees("long")
    google_place_id = text("google_place_id")
    image = constant("")
    created = moment("created_at")


class PlaylistShape(Shape):
    id = integer("id")
    user_id = integer("user_id")
    name = text("name")
    created = moment("created_at")


class PlaylistMark(Shape):
    """The playlist `pl` that a video is in, by its entry."""

    id = integer("id")
    playlist_id = integer("playlist_id")
    video_id = integer("video_id")
    order = integer("position")
    Playlist = nested(PlaylistShape, "pl")


# The first playlist that a video was put into; id 0 says "none".
PLAYLIST_MARK = Field(
    f"""coalesce((SELECT {PlaylistMark.sql("pe")} FROM videos_playlistvideo pe
        JOIN videos_playlist pl ON pl.id = pe.playlist_id
        WHERE pe.video_id = {{t}}.id ORDER BY pe.id LIMIT 1), '{{"id":0}}'::json)""",
    "{source}",
    PlaylistMark.schema(),
)


# Android lays this text over a video with `block` 1. Only its owner ever gets such a one.
VEIL = """CASE {t}.state WHEN 'ready' THEN CASE WHEN {t}.block THEN 'Under review' ELSE '' END
    WHEN 'failed' THEN 'Failed: ' || {t}.failure ELSE 'Being prepared' END"""


class VideoShape(Shape):
    """A video with the viewer's own flags (`like`, `favourite`, `repost`) and the totals."""

    id = integer("id")
    user_id = integer("user_id")
    description = text("description")
    video = media("file")
    thum = media("thumbnail")
    thumbnail = media("thumbnail")
    default_thumbnail = media("thumbnail")
    user_thumbnail = constant("")
    gif = media("gif")
    hls = media("hls")
    video_with_watermark = constant("")
    duration = number("round({t}.duration::numeric, 1)")
    width = integer("width")
    height = integer("height")
    sound_id = integer("sound_id")
    section = constant("0")
    privacy_type = text("privacy")
    allow_comments = word("{t}.allow_comments")
    allow_duet = flag("allow_duet")
    block = flag("{t}.block OR {t}.state <> 'ready'")
    story = flag("is_story")
    lat = degrees("lat")
    long = degrees("long")
    location_string = text("location")
    location_title = text("location")
    location_id = integer("place_id")
    city = constant("")
    state = constant("")
    country = constant("")
    region = constant("")
    country_id = constant(0)
    like = reacted("videos_videolike")
    favourite = reacted("videos_videofavourite")
    repost = reacted("videos_videorepost")
    view = integer("view_count")
    like_count = integer("like_count")
    comment_count = integer("comment_count")
    share = integer("share_count")
    favourite_count = integer("favourite_count")
    pin = flag("{t}.pinned_at IS NOT NULL")
    pin_comment_id = integer("pinned_comment_id")
    created = moment("created_at")
    duet_video_id = integer("duet_of_id")
    # Read by one client or the other, and nothing that this server has.
    old_video_id = constant(0)
    duet = constant(None)
    repost_user_id = constant(0)
    repost_video_id = constant(0)
    promote = constant(0)
    promotion_id = constant(0)
    viral = constant(0)
    quality_check = constant(0)
    job_id = constant("")
    aws_job_id = constant("")
    aws_label = text(VEIL)
    product_id = constant("")
    tag_product = constant(0)
    tag_store_id = constant(0)
    PlaylistVideo = PLAYLIST_MARK
    VideoComment = constant([])
    VideoLike = constant([])
    VideoProduct = constant([])


class UploadShape(Shape):
    """`state` is received, processing, ready or failed; `reason` a sentence for its owner."""

    video_id = integer("id")
    state = text("state")
    reason = text("failure")


class FeedItem(Shape):
    """One item of the home feeds: User and Sound stand beside Video."""

    Video = nested(VideoShape, "v")
    User = nested(FeedUser, "u")
    Sound = nested(SoundShape, "s", when="s.id IS NOT NULL")
    PinComment = Field(
        "json_build_object('id', coalesce({t}.pinned_comment_id, 0))",
        "{source}",
        {"type": "object", "properties": {"id": {"type": "integer"}}},
    )
    Location = nested(PlaceShape, "pc", "FROM videos_place pc WHERE pc.id = {t}.place_id")
    Store = constant(None)
    Hashtag = constant(None)
    HashtagVideo = constant(None)


class HomeVideo(VideoShape):
    """The statement's page `c` knows the promotion, 0 for none, and has its JSON as a parameter."""

    promote = flag("c.promotion_id > 0")
    promotion_id = integer("c.promotion_id")
    Promotion = Field(
        "CASE WHEN c.promotion_id > 0 THEN %(promotion)s::json END",
        "{source}",
        {"type": "object", "nullable": True},
    )


class HomeItem(FeedItem):
    """An item of the For-you feed, which may be promoted (apps.videos.promoted)."""

    Video = nested(HomeVideo, "v")


class ReactionShape(Shape):
    """The row behind a like, a favourite and the like."""

    id = integer("id")
    user_id = integer("user_id")
    video_id = integer("video_id")
    created = moment("created_at")


class LikedVideo(VideoShape):
    liked = constant("1")


class LikeAnswer(Shape):
    """`msg` of likeVideo. The statements of these answers call the person `me`."""

    VideoLike = nested(ReactionShape, "r")
    Video = nested(LikedVideo, "v")
    User = nested(PublicUser, "me")


class FavouriteAnswer(Shape):
    VideoFavourite = nested(ReactionShape, "r")
    Video = nested(VideoShape, "v")
    User = nested(PublicUser, "me")


class NotInterestedAnswer(Shape):
    NotInterestedVideo = nested(ReactionShape, "r")
    Video = nested(VideoShape, "v")
    User = nested(PublicUser, "me")


class WatchShape(Shape):
    id = integer("id")
    video_id = integer("video_id")
    user_id = integer("user_id")
    device_id = integer("device_id")
    promotion_id = constant(0)
    duration = number("longest_s")
    created = moment("served_at")


class WatchAnswer(Shape):
    """`msg` of watchVideo: the last video of the request and what is known of the viewer."""

    VideoWatch = nested(WatchShape, "w", when="w.id IS NOT NULL")
    Device = nested(DeviceShape, "d", when="d.id IS NOT NULL")
    Video = nested(VideoShape, "v")


class VideoRecord(FeedItem):
    """A video as calls that change it answer; the comments have a call of their own."""

    VideoComment = constant([])


class PostedItem(VideoRecord):
    """What postVideo and editVideo say: the video, and how far its making has come."""

    Upload = nested(UploadShape, "v")


class VideoWithAuthor(VideoShape):
    """Android's lists of liked and saved videos read the author and the sound inside Video."""

    User = nested(FeedUser, "u")
    Sound = nested(SoundShape, "s", when="s.id IS NOT NULL")


class LikedItem(FeedItem):
    """A like `f`; User beside Video is the author too, since iOS shows it as such."""

    VideoLike = nested(ReactionShape, "f")
    Video = nested(VideoWithAuthor, "v")


class FavouriteItem(FeedItem):
    VideoFavourite = nested(ReactionShape, "f")
    Video = nested(VideoWithAuthor, "v")
