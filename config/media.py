"""Stored files for a development server. In every real run Caddy or S3 serves them."""

import re

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.views.static import serve

RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
MOST_BYTES = 4 * 1024 * 1024  # players ask on for the rest


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A stored file, or the part of it that a player asks for."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response["Accept-Ranges"] = "bytes"
    wanted = RANGE.match(request.headers.get("Range", ""))
    if wanted is None or not isinstance(response, FileResponse):
        return response
    try:
        return part(response, int(wanted[1]), wanted[2])
    finally:
        response.close()


def part(whole: FileResponse, first: int, last_wanted: str) -> HttpResponse:
    size = int(whole["Content-Length"])
    last = min(int(last_wanted or size), size - 1, first + MOST_BYTES - 1)
    file = whole.file_to_stream
    if file is None or first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    file.seek(first)
    return HttpResponse(
        file.read(last - first + 1),
        status=206,
        content_type=whole["Content-Type"],
        headers={"Content-Range": f"bytes {first}-{last}/{size}", "Accept-Ranges": "bytes"},
    )
