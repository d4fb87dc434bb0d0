"""What the clients are told about a live room."""

from apps.contract.shapes import Shape, integer, moment, nested, text
from apps.users.shapes import OwnUser

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


class HostedStreaming(LiveStreaming):
    """A live room as its host gets it. The addresses are empty once it has ended.

    `rtmp_url` is whole; OBS wants it as `rtmp_server` and `stream_key`. `whip_url` publishes by
    WebRTC, `whep_url` watches by it. All that publish hold the room's secret.
    """

    rtmp_url = text("''")
    rtmp_server = text("''")
    stream_key = text("''")
    whip_url = text("''")
    playback_url = text("''")
    hls_url = text("''")
    whep_url = text("''")


class HostedRecord(Shape):
    """`msg` of liveStream."""

    LiveStreaming = nested(HostedStreaming, "r")
    User = nested(OwnUser, "u")
