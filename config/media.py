"""Stored files for a development server. In every real run Caddy or S3 sends them."""

import mimetypes
import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils._os import safe_join

RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
MOST_BYTES = 4 * 1024 * 1024  # players ask on for the rest


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A stored file, or the part of it that a player asks for."""
    return file_response(request, Path(safe_join(settings.MEDIA_ROOT, path)))


def file_response(request: HttpRequest, path: Path) -> HttpResponseBase:
    """A file, or the part of it that is asked for. Raises Http404."""
    if not path.is_file():
        raise Http404
    wanted = RANGE.match(request.headers.get("Range", ""))
    if wanted is not None:
        return part(path, int(wanted[1]), wanted[2])
    return FileResponse(path.open("rb"), headers={"Accept-Ranges": "bytes"})


def part(path: Path, first: int, last_wanted: str) -> HttpResponse:
    size = path.stat().st_size
    last = min(int(last_wanted or size), size - 1, first + MOST_BYTES - 1)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    with path.open("rb") as file:
        file.seek(first)
        content = file.read(last - first + 1)
    return HttpResponse(
        content,
        status=206,
        content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        headers={"Content-Range": f"bytes {first}-{last}/{size}", "Accept-Ranges": "bytes"},
    )
