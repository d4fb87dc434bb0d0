"""GET of files that not everybody may have: `/guarded/<token>/<name>` (apps/contract/guarded.py).

Behind Caddy, Django checks and names the file and Caddy sends it. With S3 the answer leads to a
presigned address that lasts a minute; only playlists are passed on as they are, since what they
name is found beside them.
"""

import mimetypes
import re
from pathlib import Path

from django.core.files.storage import FileSystemStorage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from apps.contract.answers import Refused
from apps.contract.guarded import DESK, PREFIX, viewer_of
from apps.contract.shapes import fetch_rows
from apps.videos.access import MAY_SEE
from apps.videos.files import Stored, located
from apps.videos.services import downloads
from config.media import file_response

# What Caddy says it understands (config/Caddyfile).
ACCEL_OFFER, ACCEL = "X-Sendfile-Type", "X-Accel-Redirect"
PRESIGNED_S = 60
TOKEN = r"-?\d+\.\d+\.[0-9a-f]+"
IN_FOLDER = re.compile(r"(videos/[\w-]+)/(?:hls/)?[\w-]+\.\w+")
DOWNLOAD = re.compile(r"downloads/(\d{1,18})\.mp4")
MAY_SEE_SQL = f"""
    SELECT 1 FROM videos_videoupload p JOIN videos_video v ON v.id = p.video_id
    JOIN users_user u ON u.id = v.user_id WHERE p.folder = %(folder)s AND {MAY_SEE}"""


def guarded_file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    viewer_id = viewer_of(token)
    stored = None if viewer_id is None else find(name, viewer_id)
    if stored is None:
        raise Http404
    response = send(request, stored)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if name.startswith("downloads/"):
        response["Content-Disposition"] = f'attachment; filename="{name.rpartition("/")[2]}"'
    return response


def find(name: str, viewer_id: int) -> Stored | None:
    """The file, if the viewer may have it now."""
    if match := DOWNLOAD.fullmatch(name):
        try:
            return downloads.file_for(int(match[1]), viewer_id=max(viewer_id, 0))
        except Refused:
            return None
    match = IN_FOLDER.fullmatch(name)
    if match is None:
        return None
    values = {"folder": f"{PREFIX}{match[1]}", "viewer_id": viewer_id}
    allowed = viewer_id == DESK or fetch_rows(MAY_SEE_SQL, values)
    return located(f"{PREFIX}{name}") if allowed else None


def send(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    kind = mimetypes.guess_type(stored.name)[0] or "application/octet-stream"
    storage = stored.storage
    if isinstance(storage, FileSystemStorage):
        if request.headers.get(ACCEL_OFFER) == ACCEL and stored.alias == "private":
            return HttpResponse(headers={ACCEL: f"/{stored.name}"}, content_type=kind)
        return file_response(request, Path(storage.path(stored.name)))
    if stored.name.endswith(".m3u8"):
        with storage.open(stored.name) as playlist:
            return HttpResponse(playlist.read(), content_type="application/vnd.apple.mpegurl")
    return HttpResponseRedirect(storage.url(stored.name, expire=PRESIGNED_S))  # type: ignore[call-arg]
