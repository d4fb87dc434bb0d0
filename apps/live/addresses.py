"""Where to publish into a room and where to watch it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from apps.contract.urls import public_url
from apps.live.models import LiveRoom


def addresses(request: HttpRequest, room: LiveRoom, secret: str) -> dict[str, str]:
    """The URLs of an open room for its publisher. Those that publish hold the secret.

    MediaMTX's addresses are the settings MEDIAMTX_*_URL, or its usual ports on the host by which
    the caller reached us.
    """
    rtmp = settings.MEDIAMTX_RTMP_URL or f"rtmp://{our_host(request)}:{settings.RTMP_PORT}"
    hls = settings.MEDIAMTX_HLS_URL or f"http://{our_host(request)}:{settings.HLS_PORT}"
    webrtc = settings.MEDIAMTX_WEBRTC_URL or f"http://{our_host(request)}:{settings.WEBRTC_PORT}"
    folder, name = room.path.split("/")
    playlist = f"{hls}/{room.path}/index.m3u8"
    return {
        "rtmp_url": f"{rtmp}/{room.path}?token={secret}",
        "rtmp_server": f"{rtmp}/{folder}",
        "stream_key": f"{name}?token={secret}",
        "whip_url": f"{webrtc}/{room.path}/whip?token={secret}",
        "playback_url": playlist,
        "hls_url": playlist,
        "whep_url": f"{webrtc}/{room.path}/whep",
    }


def our_host(request: HttpRequest) -> str:
    host = urlsplit(public_url(request)).hostname or "localhost"
    return f"[{host}]" if ":" in host else host
