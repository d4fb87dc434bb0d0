"""Where TikTok is: itself, or the servers that the settings name in its place."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Endpoints:
    """Where the client goes. Empty: to TikTok and the library's sign server."""

    app: str = ""
    webcast: str = ""
    sign: str = ""
    sign_api_key: str = ""


def endpoints_for(username: str) -> Endpoints:
    """The demo's server for names that begin with "demo" if there is one, else as set."""
    demo = settings.DEMO_WEBCAST_URL.rstrip("/")
    if demo and username.startswith("demo"):
        return Endpoints(app=demo, webcast=f"{demo}/webcast", sign=demo)
    return Endpoints(
        app=settings.TIKTOK_APP_URL.rstrip("/"),
        webcast=settings.TIKTOK_WEBCAST_URL.rstrip("/"),
        sign=settings.TIKTOK_SIGN_URL.rstrip("/"),
        sign_api_key=settings.TIKTOK_SIGN_API_KEY,
    )
