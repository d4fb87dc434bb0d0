"""Clips made for a test, and the bodies that the two shipped apps upload them with."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from tests.cast import Person, Phone

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
LOCATION = "+52.5200+013.4050/"


def ffmpeg(*arguments: str) -> str:
    done = subprocess.run(
        [FFMPEG, "-nostdin", "-y", *arguments], capture_output=True, text=True, errors="replace"
    )
    return done.stderr


def film(
    path: Path, *, seconds: float = 1.5, size: str = "180x320", tone: int = 440, sound: bool = True
) -> Path:
    """A moving test picture with a tone, and a place in its metadata as phones write it."""
    heard = ("-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=44100") if sound else ()
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=24", *heard),
        *("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-metadata", f"location={LOCATION}", "-movflags", "use_metadata_tags"),
        str(path),
    )
    return path


def android_body(content: bytes, **values: Any) -> tuple[bytes, str]:
    """The multipart body of the Android app: every text part has a Content-Type of its own."""
    fields = {
        "privacy_type": "Public",
        "sound_id": "null",
        "allow_comments": "true",
        "description": "Hello",
        "allow_duet": "1",
        "users_json": "[]",
        "hashtags_json": "[]",
        "story": "0",
        "video_id": "0",
    } | values
    lines = []
    for name, value in fields.items():
        lines += [
            b"--bound",
            f'Content-Disposition: form-data; name="{name}"'.encode(),
            b"Content-Type: multipart/form-data; charset=utf-8",
            b"Content-Transfer-Encoding: binary",
            b"",
            str(value).encode(),
        ]
    lines += [
        b"--bound",
        b'Content-Disposition: form-data; name="video"; filename="my clip.mp4"',
        b"Content-Type: multipart/form-data",
        b"",
        content,
        b"--bound--",
        b"",
    ]
    return b"\r\n".join(lines), "multipart/form-data; boundary=bound"


def ios_body(content: bytes | None, **values: Any) -> tuple[bytes, str]:
    """The hand-built body of the iOS app; without a file (editVideo) it ends with a bare part."""
    fields = {
        "user_id": "0",
        "description": "Hello",
        "privacy_type": "public",
        "allow_comments": "true",
        "users_json": "[]",
        "hashtags_json": "[]",
        "lat": "0.0",
        "long": "0.0",
        "location_name": "",
        "location_string": "",
        "google_place_id": "",
        "width": "",
        "height": "",
        "firebase_video_url": "",
        "user_thumbnail": "nil",
        "default_thumbnail": "nil",
        "video_id": "0",
        "sound_id": "",
        "allow_duet": "false",
        "videoType": "0",
        "story": "0",
    } | values
    body = b""
    for name, value in fields.items():
        head = f'--Boundary-1\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        body += head.encode() + str(value).encode() + b"\r\n"
    if content is None:
        body += b"--Boundary-1\r\n\r\n"
    else:
        body += (
            b'--Boundary-1\r\nContent-Disposition: form-data; name="video"; filename="video.mp4"'
            b"\r\nContent-Type: video/mp4\r\n\r\n" + content + b"\r\n"
        )
    return body + b"--Boundary-1--\r\n", "multipart/form-data; boundary=Boundary-1"


def upload(
    phone: Phone, by: Person | None, content: bytes | None, *, part: str = "video", **values: Any
) -> dict[str, Any]:
    """postVideo as a plain multipart form."""
    fields: dict[str, Any] = dict(values)
    if content is not None:
        fields[part] = SimpleUploadedFile("clip.mp4", content, "video/mp4")
    body = encode_multipart("form", fields)
    content_type = "multipart/form-data; boundary=form"
    return phone.send("/api/postVideo", body, by=by, content_type=content_type)
