"""Where to publish into a room and where to watch it."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from apps.contract.urls import public_url
from apps.live.models import LiveRoom


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
    } | playing_addresses(request, path)


def playing_addresses(request: HttpRequest, path: str) -> dict[str, str]:
    """Where a stream can be watched; a private one wants the viewer's token as `?token=`."""
    hls = settings.MEDIAMTX_HLS_URL or f"http://{our_host(request)}:{settings.HLS_PORT}"
    playlist = f"{hls}/{path}/index.m3u8"
    return {
        "playback_url": playlist,
        "hls_url": playlist,
        "whep_url": f"{webrtc_url(request)}/{path}/whep",
    }


def watching_addresses(request: HttpRequest, streaming: dict[str, Any]) -> dict[str, str]:
    """For a viewer: the room's video, and its events as server-sent events."""
    free_for_all = streaming["privacy"] == LiveRoom.Privacy.PUBLIC and not streaming["price"]
    path = f"{'pub' if free_for_all else 'prv'}/{streaming['id']}"
    events = f"{public_url(request)}/api/sessions/{streaming['session_id']}/stream"
    return playing_addresses(request, path) | {"events_url": events}


def webrtc_url(request: HttpRequest) -> str:
    return settings.MEDIAMTX_WEBRTC_URL or f"http://{our_host(request)}:{settings.WEBRTC_PORT}"


def our_host(request: HttpRequest) -> str:
    host = urlsplit(public_url(request)).hostname or "localhost"
    return f"[{host}]" if ":" in host else host
