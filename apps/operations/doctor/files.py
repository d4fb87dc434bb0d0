"""Where files are: the storages, the disks, the encoder that makes them, and their backups."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.storage.filesystem import FileSystemStorage

from apps.operations import signs
from apps.operations.doctor.findings import Finding, Wishes, ok, warning, wrong
from apps.videos import media
from config.health import nearest_folder

STORAGES = {"default": "uploads", "private": "private files"}
GIGABYTE = 1024**3
LOW_DISK_BYTES = 5 * GIGABYTE
FULL_DISK_BYTES = 1 * GIGABYTE
LOW_DISK_SHARE = 0.1
BACKUP_EVERY_S = 26 * 3600  # daily, and an hour or two late


def storage(wishes: Wishes) -> Iterator[Finding]:
    """Write, read, compare and delete a small file through each storage."""
    for alias, about in STORAGES.items():
        kept_in = storages[alias]
        content = secrets.token_bytes(64)
        name = kept_in.save(f"doctor/{secrets.token_hex(8)}.txt", ContentFile(content))
        try:
            with kept_in.open(name) as file:
                same = file.read() == content
        finally:
            kept_in.delete(name)
        if not same:
            yield wrong(f"{about}: what was read is not what was written.", "Look at the store.")
        elif kept_in.exists(name):
            yield wrong(f"{about}: a deleted file is still there.", "Allow DeleteObject.")
        else:
            yield ok(f"{about}: written, read and deleted in {place_of(alias)}")


def place_of(alias: str) -> str:
    kept_in = storages[alias]
    if isinstance(kept_in, FileSystemStorage):
        return str(kept_in.location)
    return f"bucket {getattr(kept_in, 'bucket_name', '')}"


def disk(wishes: Wishes) -> Iterator[Finding]:
    """Every file system that something is written to, once."""
    by_device: dict[int, Path] = {}
    for folder in map(nearest_folder, folders()):
        by_device.setdefault(folder.stat().st_dev, folder)
    for folder in by_device.values():
        yield space_in(folder)


def folders() -> list[Path]:
    local = [storages[alias] for alias in STORAGES]
    roots = [Path(kept.location) for kept in local if isinstance(kept, FileSystemStorage)]
    temporary = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    found = [Path(settings.DATA_DIR), *roots, Path(settings.RECORDINGS_ROOT), temporary]
    return [folder.resolve() for folder in found]


def space_in(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    said = f"{usage.free / GIGABYTE:.1f} GB free of {usage.total / GIGABYTE:.0f} at {folder}"
    mend = "Delete what nobody needs, make the disk larger, or keep files in S3."
    if usage.free < FULL_DISK_BYTES:
        return wrong(f"Only {said}.", mend)
    if usage.free < LOW_DISK_BYTES or usage.free < usage.total * LOW_DISK_SHARE:
        return warning(f"Only {said}.", mend)
    return ok(said)


def encoder(wishes: Wishes) -> Iterator[Finding]:
    """Make half a second of film and read it, within the limits that uploads get."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        try:
            media.run_ffmpeg(
                *("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=0.5"),
                *("-f", "lavfi", "-i", "sine=duration=0.5"),
                *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", str(clip)),
            )
            found = media.probe(clip)
        except media.MediaError as error:
            mend = "See MEDIA_MEMORY_MB, and IMAGEIO_FFMPEG_EXE if you named an ffmpeg of your own."
            yield wrong(f"{error} {error.detail}", mend)
            return
    yield ok(f"a clip of {found.width}x{found.height} was made and read")


def backups(wishes: Wishes) -> Iterator[Finding]:
    age = signs.age_s(signs.BACKUP)
    mend = "Let ./scripts/backup run every day (docs/operators/backups.md)."
    if age is None:
        yield warning("None has been made with manage.py backup.", mend)
    elif age > BACKUP_EVERY_S:
        yield warning(f"The last one is {age / 86400:.1f} days old.", mend)
    else:
        yield ok(f"the last one is {age / 3600:.0f} hours old")
