"""Where to publish into a room and where to watch it."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from apps.contract.urls import public_url
from apps.live.models import LiveRoom, stream_name
from apps.live.passes import QUERY_KEY, make_pass


def addresses(
    request: HttpRequest, room: LiveRoom, secret: str, *, path: str = ""
) -> dict[str, str]:
    """The URLs of an open room for its publisher. Those that publish hold the secret.

    `path` is the stream's name at MediaMTX, the room's own if it isn't given. MediaMTX's
    addresses are the settings MEDIAMTX_*_URL, or its usual ports on the host by which the caller
    reached us.
    """
    rtmp = settings.MEDIAMTX_RTMP_URL or f"rtmp://{our_host(request)}:{settings.RTMP_PORT}"
    path = path or room.path
    folder, name = path.rsplit("/", 1)
    return {
        "rtmp_url": f"{rtmp}/{path}?token={secret}",
        "rtmp_server": f"{rtmp}/{folder}",
        "stream_key": f"{name}?token={secret}",
        "whip_url": f"{webrtc_url(request)}/{path}/whip?token={secret}",
        "srt_url": srt_url(request, path, secret) if settings.MEDIAMTX_SRT else "",
    } | playing_addresses(request, path)


def playing_addresses(request: HttpRequest, path: str, query: str = "") -> dict[str, str]:
    """Where a stream can be watched."""
    hls = settings.MEDIAMTX_HLS_URL or f"http://{our_host(request)}:{settings.HLS_PORT}"
    playlist = f"{hls}/{path}/index.m3u8{query}"
    return {
        "playback_url": playlist,
        "hls_url": playlist,
        "whep_url": f"{webrtc_url(request)}/{path}/whep{query}",
    }


def watching_addresses(
    request: HttpRequest, streaming: dict[str, Any], *, viewer_id: int
) -> dict[str, str]:
    """For one viewer: the room's video, with their pass, and its events."""
    room_id = streaming["id"]
    path = stream_name(
        room_id=room_id, privacy=streaming["privacy"], price_coins=streaming["price"]
    )
    query = f"?{QUERY_KEY}={make_pass(room_id=room_id, user_id=viewer_id)}"
    events = f"{public_url(request)}/api/sessions/{streaming['session_id']}/stream"
    return playing_addresses(request, path, query) | {"events_url": events}


def srt_url(request: HttpRequest, path: str, secret: str) -> str:
    """The secret is MediaMTX's password; the user before it may be anybody."""
    host = urlsplit(settings.MEDIAMTX_RTMP_URL).hostname or our_host(request)
    return f"srt://{host}:{settings.SRT_PORT}?streamid=publish:{path}:x:{secret}&pkt_size=1316"


def webrtc_url(request: HttpRequest) -> str:
    return settings.MEDIAMTX_WEBRTC_URL or f"http://{our_host(request)}:{settings.WEBRTC_PORT}"


def our_host(request: HttpRequest) -> str:
    host = urlsplit(public_url(request)).hostname or "localhost"
    return f"[{host}]" if ":" in host else host
