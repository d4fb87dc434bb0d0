"""Uploads that go straight to the bucket, past the web process.

    create -> the app sends the file to a presigned address -> finish

The address is for one new name under the person's own folder, one type of content and no more
than VIDEO_MAX_BYTES. What arrives is an upload like any other: nothing of it is public before the
media worker has probed and made it.
"""

import logging
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

from apps.contract.answers import Refused
from apps.videos.files import Stored
from apps.videos.models import VideoUpload
from apps.videos.services import uploads
from apps.videos.services.removal import remove_later
from apps.videos.services.uploads import Post

logger = logging.getLogger(__name__)
LASTS_S = 3600
KEPT = timedelta(days=1)  # longer than an address lasts
SALT = "videos.direct"
UNSUPPORTED = "This server takes no direct uploads. Please send the file with postVideo."
NO_SUCH_UPLOAD = "This upload is not known, or it has expired. Please begin again."
NOT_THERE = "The file has not arrived yet."


def bucket() -> Any:
    """The private storage as a bucket. Raises Refused where uploads are kept in a folder."""
    storage: Any = storages["private"]
    if isinstance(storage, FileSystemStorage):
        raise Refused(UNSUPPORTED)
    return storage


def create(*, user_id: int, size: int, content_type: str) -> dict[str, Any]:
    """An address for one file; `upload_id` is for `finish`. Raises Refused for what we don't
    take."""
    if not content_type.startswith("video/"):
        raise Refused("Content type: a video is needed.")
    if size > settings.VIDEO_MAX_BYTES:
        raise Refused(
            f"This video is too large; {settings.VIDEO_MAX_BYTES // 2**20} MB is the most."
        )
    storage = bucket()
    name = f"uploads/direct-{user_id}/{secrets.token_urlsafe(24)}"
    form = storage.connection.meta.client.generate_presigned_post(
        storage.bucket_name,
        name,
        Fields={"Content-Type": content_type},
        Conditions=[
            {"Content-Type": content_type},
            ["content-length-range", 1, settings.VIDEO_MAX_BYTES],
        ],
        ExpiresIn=LASTS_S,
    )
    return {
        "upload_id": signing.dumps({"user": user_id, "name": name}, salt=SALT),
        "url": storage.outside(form["url"]),
        "fields": form["fields"],
        "expires_in": LASTS_S,
    }


def finish(*, user_id: int, upload_id: str, post: Post) -> int:
    """Make a video of the file that was sent; the same id when called again.

    Raises Refused for an upload of somebody else, and while the file is not there.
    """
    name = checked_name(user_id, upload_id)
    key = f"direct:{name.rpartition('/')[2]}"
    known = VideoUpload.objects.filter(user_id=user_id, key=key).first()
    if known is not None:
        uploads.retry([known.pk])
        return known.pk
    storage: Storage = bucket()
    if not storage.exists(name):
        raise Refused(NOT_THERE)
    sound = uploads.chosen_sound(user_id=user_id, post=post)
    return uploads.take(
        user_id=user_id, key=key, post=post, sound=sound, source=name, size=storage.size(name)
    )


def checked_name(user_id: int, upload_id: str) -> str:
    try:
        claim = signing.loads(upload_id, salt=SALT, max_age=int(KEPT.total_seconds()))
    except signing.BadSignature as error:
        raise Refused(NO_SUCH_UPLOAD) from error
    if claim["user"] != user_id:
        raise Refused(NO_SUCH_UPLOAD)
    return claim["name"]


def remove_strays() -> int:
    """Remove files that were sent and never became a video; how many."""
    storage = storages["private"]
    names = [f"uploads/{name}" for name in listed(storage, "uploads")[1]]
    for folder in listed(storage, "uploads")[0]:
        names += [f"uploads/{folder}/{name}" for name in listed(storage, f"uploads/{folder}")[1]]
    known = set(VideoUpload.objects.exclude(source="").values_list("source", flat=True))
    before = timezone.now() - KEPT
    strays = [
        name for name in names if name not in known and storage.get_modified_time(name) < before
    ]
    remove_later(Stored("private", name) for name in strays)
    return len(strays)


def listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []
