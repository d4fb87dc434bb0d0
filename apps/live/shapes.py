"""What the clients are told about a live room."""

from apps.contract.shapes import Field, Shape, flag, integer, listed, moment, nested, text
from apps.users.shapes import OwnUser, PublicUser

DURATION_S = """extract(epoch FROM coalesce({t}.ended_at, now())
    - coalesce({t}.started_at, {t}.ended_at, now()))::bigint"""


class LiveStreaming(Shape):
    """A live room. `started_at` is when it was opened until its first frame has come.

    Source: contract/endpoints.yaml liveStream, contract/conflicts.md row "liveStream id".
    """

    id = integer("id")
    user_id = integer("host_id")
    channel_name = text("id")
    title = text("title")
    description = text("description")
    privacy = text("privacy")
    price = integer("price_coins")
    status = text("status")
    viewers = integer("viewers_now")
    viewers_peak = integer("viewers_peak")
    started_at = moment("coalesce({t}.started_at, {t}.created_at)")
    ended_at = moment("ended_at")
    duration = integer(DURATION_S)
    session_id = text("session_id")


class HostedStreaming(LiveStreaming):
    """A live room as its host gets it. The addresses are empty once it has ended.

    `rtmp_url` is whole; OBS wants it as `rtmp_server` and `stream_key`. `whip_url` publishes by
    WebRTC, `whep_url` watches by it; `srt_url` is there where SRT is switched on. All that publish
    hold the room's secret.
    """

    rtmp_url = text("''")
    rtmp_server = text("''")
    stream_key = text("''")
    whip_url = text("''")
    srt_url = text("''")
    playback_url = text("''")
    hls_url = text("''")
    whep_url = text("''")


class HostedRecord(Shape):
    """`msg` of liveStream."""

    LiveStreaming = nested(HostedStreaming, "r")
    User = nested(OwnUser, "u")


class WatchedStreaming(LiveStreaming):
    """A live room as a viewer gets it; the addresses are empty for who may not watch yet.

    `events_url` is a stream of server-sent events for the viewer's token (`auth_token` in the
    query, or a header).
    """

    playback_url = text("''")
    hls_url = text("''")
    whep_url = text("''")
    events_url = text("''")


class LiveStreamingWatch(Shape):
    """A viewer in a room. Source: contract/endpoints.yaml watchLiveStream."""

    id = integer("id")
    user_id = integer("user_id")
    live_streaming_id = integer("room_id")
    block = flag("kicked")
    moderator = flag("moderator")
    muted = flag("muted")
    coin = integer("paid_coins")


class WatchRecord(Shape):
    """`msg` of watchLiveStream: `User` is the viewer with the wallet as it is now."""

    LiveStreamingWatch = nested(LiveStreamingWatch, "v", when="v.id IS NOT NULL")
    LiveStreaming = nested(WatchedStreaming, "r")
    User = nested(OwnUser, "u")
    Host = nested(PublicUser, "h")


class ListedRecord(Shape):
    """An item of showLiveStreams."""

    LiveStreaming = nested(LiveStreaming, "r")
    User = nested(PublicUser, "u")


class TopGifter(Shape):
    """Somebody who gave in the room, and how much: `g` sums capture_gift."""

    User = nested(PublicUser, "u")
    coins = integer("g.coins")


TOP_GIFTERS = """FROM (SELECT user_id, sum(count * diamonds_each) AS coins FROM capture_gift
        WHERE session_id = r.session_id GROUP BY user_id ORDER BY coins DESC, user_id LIMIT 10) g
    JOIN users_user u ON u.id = g.user_id"""


class RoomDetail(Shape):
    """`msg` of showLiveStreamDetail."""

    LiveStreaming = nested(WatchedStreaming, "r")
    User = nested(PublicUser, "h")
    LiveStreamingWatch = nested(LiveStreamingWatch, "v", when="v.id IS NOT NULL")
    pinned = Field("r.pinned", "{source}", {"type": "object", "nullable": True})
    TopGifters = listed(TopGifter, "u", TOP_GIFTERS)
