"""Stored files on operators' pages."""

from django.utils.html import format_html

from apps.videos.files import desk_url
from apps.videos.models import Video


def stored_url(name: str) -> str:
    """Where a stored file is found; a name may be a URL already."""
    return name if not name or name.startswith("http") else desk_url(name)


def picture(name: str, height: int = 64) -> str:
    return (
        format_html('<img src="{}" alt="" height="{}">', stored_url(name), height) if name else ""
    )


def player(video: Video) -> str:
    return format_html(
        '<video src="{}" poster="{}" controls preload="metadata" height="360"></video>',
        stored_url(video.file),
        stored_url(video.thumbnail),
    )
