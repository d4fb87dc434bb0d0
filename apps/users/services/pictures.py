"""Profile pictures: decoded, checked, and written anew, so that nothing but pixels is kept."""

import base64
import binascii
import io
import re
import secrets
from urllib.parse import urlsplit

import pillow_heif
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import Image, ImageOps

from apps.contract.answers import Refused
from apps.users.models import User

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 30_000_000
LARGE_PX, SMALL_PX = 1080, 240
QUALITY = 85
NO_PICTURE = "This is not a picture we can use. Please send a JPEG, PNG, WebP, GIF or HEIC file."
TOO_LARGE = "This picture is too large. Please send a smaller one."


def is_allowed_url(url: str) -> bool:
    """Whether a picture may stay where it is: at a host of PICTURE_HOSTS, over HTTPS.

    Any other host would see the address of everyone who looks at the profile.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    allowed = (host == name or host.endswith("." + name) for name in settings.PICTURE_HOSTS)
    return parts.scheme == "https" and any(allowed)


def bytes_of(value: object) -> bytes:
    """The file in what a client sent: an upload, base64 (also as a data: URL or with line
    breaks), or `{"file_data": base64}`. Raises Refused."""
    if isinstance(value, dict):
        value = value.get("file_data")
    if isinstance(value, UploadedFile):
        content = value.read(MAX_BYTES + 1)
    elif isinstance(value, str):
        content = decoded(value)
    else:
        raise Refused(NO_PICTURE)
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE)
    return content


def decoded(text: str) -> bytes:
    if len(text) > MAX_BYTES * 3 // 2:
        raise Refused(TOO_LARGE)
    text = re.sub(r"^data:[^,]{0,100},", "", text)
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(NO_PICTURE) from error


def opened(content: bytes) -> Image.Image:
    """The picture, upright, without its metadata. Raises Refused for anything else."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as probe:
            width, height = probe.size
            if width * height > MAX_PIXELS:
                raise Refused(TOO_LARGE)
            probe.draft("RGB", (LARGE_PX, LARGE_PX))
            probe.load()
            upright = ImageOps.exif_transpose(probe)
            return on_white(upright)
    except Refused:
        raise
    except Exception as error:  # decoders of hostile bytes raise whatever they like
        raise Refused(NO_PICTURE) from error


def on_white(picture: Image.Image) -> Image.Image:
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def jpeg(picture: Image.Image, side_px: int) -> bytes:
    """The picture, no side longer than `side_px`."""
    copy = picture.copy()
    copy.thumbnail((side_px, side_px))
    buffer = io.BytesIO()
    copy.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def set_profile_picture(*, user_id: int, value: object) -> None:
    """Store a picture in two sizes; the old one goes. Raises Refused."""
    picture = opened(bytes_of(value))
    stem = f"users/{user_id}/{secrets.token_hex(8)}"
    large = default_storage.save(f"{stem}.jpg", ContentFile(jpeg(picture, LARGE_PX)))
    small = default_storage.save(f"{stem}_small.jpg", ContentFile(jpeg(picture, SMALL_PX)))
    replace(user_id=user_id, profile_pic=large, profile_pic_small=small)


def set_profile_picture_url(*, user_id: int, url: str) -> None:
    """Use a picture that the client has put elsewhere. Raises Refused for an unknown host."""
    if not is_allowed_url(url):
        raise Refused("Pictures from this address can't be used. Please upload the picture.")
    replace(user_id=user_id, profile_pic=url, profile_pic_small=url)


@transaction.atomic
def replace(*, user_id: int, **fields: str) -> None:
    """Set fields that name files; the files they named before go on commit. Locks the person."""
    user = User.objects.select_for_update().get(pk=user_id)
    old = [getattr(user, field) for field in fields]
    User.objects.filter(pk=user_id).update(**fields)
    transaction.on_commit(
        lambda: delete_files([name for name in old if name not in fields.values()])
    )


def delete_files(names: list[str]) -> None:
    for name in names:
        if name and not name.startswith("http"):
            default_storage.delete(name)
